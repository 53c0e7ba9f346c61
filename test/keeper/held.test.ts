/** Descriptors that the keeper holds for supervisors. */
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import { describe, expect, it } from 'vitest';
import { type Keeper, readyKeeper } from '../helpers/keeper';
import * as procfs from '../helpers/procfs';
import { type Scratch, scratch } from '../helpers/scratch';

const ERRNO = { ENOENT: 2, EBADF: 9, E2BIG: 7, EINVAL: 22, EMFILE: 24 };

function fifo(at: Scratch, name: string): string {
  execFileSync('mkfifo', [at.file(name)]);
  return at.file(name);
}

const openOn = (pid: number, path: string) =>
  [...procfs.descriptors(pid)].filter(([, file]) => file === path).map(([descriptor]) => descriptor);

function heldBy(pid: number): Record<string, number> {
  const entry = procfs
    .environment(pid)
    .map(String)
    .find((each) => each.startsWith('TDAEMON_HELD=')) as string;
  const pairs = entry.slice('TDAEMON_HELD='.length).split(',').filter(Boolean);
  return Object.fromEntries(pairs.map((pair) => [pair.split('=')[0], Number(pair.split('=')[1])]));
}

async function next(keeper: Keeper, index: number) {
  const supervisor = await keeper.supervisor(index);
  await supervisor.hears('end-of-exits');
  return supervisor;
}

describe('hold', () => {
  it('keeps a FIFO open, so that what was written stays though nobody else has it open', async () => {
    const at = scratch();
    const { keeper, first } = await readyKeeper(at);
    const path = fifo(at, 'fifo');
    first.say('hold', 'web:web.1', path);
    await first.hears('held web:web.1');
    fs.writeFileSync(path, 'last words\n');
    first.kill();
    const second = await next(keeper, 1);
    expect(openOn(keeper.pid, path)).toHaveLength(1);
    expect(openOn(second.pid, path)).toEqual([]);
    expect(heldBy(second.pid)).toEqual({});
    const descriptor = fs.openSync(path, fs.constants.O_RDONLY | fs.constants.O_NONBLOCK);
    expect(fs.readSync(descriptor, Buffer.alloc(100))).toBe('last words\n'.length);
    fs.closeSync(descriptor);
    second.say('drop', 'web:web.1');
    await second.hears('dropped web:web.1');
    expect(openOn(keeper.pid, path)).toEqual([]);
  });

  it('again opens anew, and replaces; a failure leaves the old one', async () => {
    const at = scratch();
    const { keeper, first } = await readyKeeper(at);
    const [before, after] = [fifo(at, 'before'), fifo(at, 'after')];
    for (const path of [before, after, at.file('missing')]) first.say('hold', 'id', path);
    await first.hears(`failed id ${ERRNO.ENOENT}`);
    expect(first.told('held')).toEqual(['held id', 'held id']);
    expect(openOn(keeper.pid, before)).toEqual([]);
    expect(openOn(keeper.pid, after)).toHaveLength(1);
  });

  it('takes nothing but FIFOs, and follows no links', async () => {
    const at = scratch();
    const { keeper, first } = await readyKeeper(at);
    fs.symlinkSync(fifo(at, 'fifo'), at.file('link'));
    const odd = [at.file('link'), at.write('file', ''), at.directory, '/dev/null', `${keeper.run}/logger`];
    const open = procfs.descriptors(keeper.pid).size;
    for (const [index, path] of odd.entries()) {
      first.say('hold', `id${index}`, path);
      await first.hears(`failed id${index} ${ERRNO.EINVAL}`);
    }
    first.say('drop', 'id0');
    await first.hears(`failed id0 ${ERRNO.ENOENT}`);
    expect(procfs.descriptors(keeper.pid).size).toBe(open);
  });

  it('decodes and encodes words', async () => {
    const at = scratch();
    const { keeper, first } = await readyKeeper(at);
    const path = fifo(at, 'a b%ü');
    first.say(
      'hold',
      'x%20%25%3D%C3%BC',
      path.replaceAll('%', '%25').replace(' ', '%20').replace('ü', '%C3%BC'),
    );
    await first.hears('held x%20%25=%C3%BC');
    expect(openOn(keeper.pid, path)).toHaveLength(1);
  });
});

describe('keep', () => {
  it('each supervisor from now on inherits it, and is told as what', async () => {
    const at = scratch();
    const { keeper, first } = await readyKeeper(at);
    const files = ['one', 'two', 'three'].map((name) => at.write(name, name));
    for (const [index, path] of files.entries())
      first.do(`keep 1 web:${index},=% ${path}`.replace('%', '%25'));
    await first.hears('held web:2,=%25');
    expect(openOn(first.pid, files[0] as string)).toEqual([]);
    first.say('drop', 'web:1,=%25');
    await first.hears('dropped web:1,=%25');
    for (const index of [1, 2]) {
      (await next(keeper, index - 1)).kill();
      const { pid } = await next(keeper, index);
      const held = heldBy(pid);
      expect(Object.keys(held).sort()).toEqual(['web:0%2C%3D%25', 'web:2%2C%3D%25']);
      expect(openOn(pid, files[0] as string)).toEqual([held['web:0%2C%3D%25']]);
      expect(openOn(pid, files[2] as string)).toEqual([held['web:2%2C%3D%25']]);
      expect(openOn(pid, files[1] as string)).toEqual([]);
      // And nothing else of the keeper's: standard streams, and the link.
      expect([...procfs.descriptors(pid).keys()].filter((each) => each < 4)).toEqual([0, 1, 2, 3]);
    }
  });

  it('is not inherited by the logger', async () => {
    const at = scratch();
    const { keeper, first } = await readyKeeper(at);
    first.do(`keep 1 id ${at.write('file', '')}`);
    await first.hears('held id');
    process.kill(Number((await first.hears('logger')).split(' ')[1]), 'SIGKILL');
    await first.hears('logger-ended');
    const logger = await (async () => {
      first.kill();
      return Number((await (await next(keeper, 1)).hears('logger')).split(' ')[1]);
    })();
    expect(openOn(logger, at.file('file'))).toEqual([]);
  });

  it('without a descriptor fails; more than one: the first is kept, the others are closed', async () => {
    const at = scratch();
    const { keeper, first } = await readyKeeper(at);
    const open = procfs.descriptors(keeper.pid).size;
    first.say('keep', 'id');
    await first.hears(`failed id ${ERRNO.EBADF}`);
    const path = at.write('file', '');
    for (const [index, count] of [1, 2, 16, 17, 200].entries()) {
      first.do(`keep ${count} id${index} ${path}`);
      await first.hears(`held id${index}`);
      await first.settled();
      expect(openOn(keeper.pid, path)).toHaveLength(index + 1);
    }
    for (let index = 0; index < 5; index++) first.say('drop', `id${index}`);
    await first.settled();
    expect(procfs.descriptors(keeper.pid).size).toBe(open);
  });

  it('more than an environment can say: refused', async () => {
    const at = scratch();
    const { keeper, first } = await readyKeeper(at);
    const path = at.write('file', '');
    const name = (index: number) => `${index}`.padEnd(250, '=');
    for (let index = 0; index < 400; index++) {
      first.do(`keep 1 ${name(index)} ${path}`);
      // The played one does not read while it writes.
      if (index % 50 === 49) await first.settled();
    }
    await first.hears(`failed ${name(399)} ${ERRNO.E2BIG}`);
    const kept = first.told('held').length;
    expect(kept).toBeGreaterThan(100);
    expect(openOn(keeper.pid, path)).toHaveLength(kept);
    first.kill();
    expect(Object.keys(heldBy((await next(keeper, 1)).pid))).toHaveLength(kept);
  });
});

it('with the last descriptors nothing is held: a supervisor can always be started', async () => {
  const at = scratch();
  const { keeper, first } = await readyKeeper(at, { by: ['prlimit', '--nofile=50:150'] });
  const path = fifo(at, 'fifo');
  for (let index = 0; index < 300; index++) first.say('hold', `id${index}`, path);
  await first.hears(`failed id299 ${ERRNO.EMFILE}`);
  expect(openOn(keeper.pid, path).length).toBeGreaterThan(20);
  first.kill();
  const second = await next(keeper, 1);
  expect(procfs.limit(second.pid, 'Max open files')).toEqual({ soft: '50', hard: '150' });
});
