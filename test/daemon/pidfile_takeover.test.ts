/** What a start makes of a pidfile that is already there: a live daemon, a dead one, or another's process. */
import fs from 'node:fs';
import { describe, expect, it } from 'vitest';
import { IS_FALLBACK } from '../helpers/needs';
import * as pidfiles from '../helpers/pidfiles';
import * as procfs from '../helpers/procfs';
import { type Scratch, scratch } from '../helpers/scratch';

/** Starts over the file that is there; it must be replaced by a new one that is whole and locked. */
async function expectTakeover(at: Scratch, file = at.file('pid')): Promise<number> {
  const pid = await pidfiles.startWith(at, file);
  expect(procfs.locksOn(file)).toMatchObject([{ kind: 'POSIX', access: 'READ', pid }]);
  if (!IS_FALLBACK) expect(pidfiles.getAttribute(file)).toBe(pidfiles.identityOf(pid));
  expect(fs.statSync(file).mode & 0o7777).toBe(0o644);
  expect(procfs.mentioning(at.directory)).toEqual([pid]);
  expect(fs.readdirSync(at.directory)).toEqual(['pid']);
  return pid;
}

async function expectRunning(at: Scratch, pid: number): Promise<void> {
  const before = pidfiles.fingerprint(at.file('pid'));
  const ran = await pidfiles.start(at, ['-p', at.file('pid')]);
  expect(ran).toMatchObject({ status: 1, stdout: '' });
  expect(ran.stderr).toContain(`already running: process ${pid} `);
  expect(pidfiles.fingerprint(at.file('pid'))).toEqual(before);
}

describe('a stale pidfile is taken over', () => {
  it('when its daemon was killed', async () => {
    const at = scratch();
    const first = await pidfiles.startWith(at, at.file('pid'));
    await pidfiles.kill(first);
    await expectTakeover(at);
  });

  it('when another tool wrote it and the process has ended', async () => {
    const at = scratch();
    at.write('pid', `${pidfiles.deadPid()}\n`);
    await expectTakeover(at);
  });

  it.each([
    ['no newline', (pid: number) => `${pid}`],
    ['blanks, as some tools pad it', (pid: number) => `${String(pid).padStart(9)} \n`],
    ['a carriage return', (pid: number) => `${pid}\r\n`],
  ])('when it is written with %s', async (_, text) => {
    const at = scratch();
    at.write('pid', text(pidfiles.deadPid()));
    await expectTakeover(at);
  });

  it('when the pid was reused since, by the start time beside it: the stranger lives on', async () => {
    const at = scratch();
    const stranger = pidfiles.stranger();
    at.write('pid', `${stranger}\n`);
    const [boot, ticks] = pidfiles.identityOf(stranger).split(' ');
    pidfiles.setAttribute(at.file('pid'), `${boot} ${Number(ticks) - 1}`);
    await expectTakeover(at);
    expect(procfs.isAlive(stranger)).toBe(true);
  });

  it('when it is of an earlier boot, though pid and start time fit', async () => {
    const at = scratch();
    const stranger = pidfiles.stranger();
    at.write('pid', `${stranger}\n`);
    const ticks = pidfiles.identityOf(stranger).split(' ')[1];
    pidfiles.setAttribute(at.file('pid'), `00000000-0000-4000-8000-000000000000 ${ticks}`);
    await expectTakeover(at);
    expect(procfs.isAlive(stranger)).toBe(true);
  });

  it('when another tool wrote it before the process began that has the pid now', async () => {
    const at = scratch();
    const stranger = pidfiles.stranger();
    at.write('pid', `${stranger}\n`);
    pidfiles.setAge(at.file('pid'), 3600);
    await expectTakeover(at);
    expect(procfs.isAlive(stranger)).toBe(true);
  });

  it('when its process is a zombie', async () => {
    const at = scratch();
    const zombie = await pidfiles.zombiePid();
    at.write('pid', `${zombie}\n`);
    await expectTakeover(at);
    expect(procfs.stat(zombie)?.state).toBe('Z');
  });

  it('when it names a thread: no process has that pid', async () => {
    const at = scratch();
    const thread = fs
      .readdirSync('/proc/self/task')
      .map(Number)
      .find((id) => id !== process.pid);
    expect(thread).toBeDefined();
    at.write('pid', `${thread}\n`);
    await expectTakeover(at);
  });

  it('when it is empty', async () => {
    const at = scratch();
    at.write('pid', '');
    await expectTakeover(at);
  });

  it('again and again', async () => {
    const at = scratch();
    for (let turn = 0; turn < 10; turn++) await pidfiles.kill(await expectTakeover(at));
  });
});

describe('a live process counts as running', () => {
  it('when another tool wrote the pidfile after it began', async () => {
    const at = scratch();
    const stranger = pidfiles.stranger();
    at.write('pid', `${stranger}\n`);
    await expectRunning(at, stranger);
  });

  it('when another tool wrote the pidfile long after it began', async () => {
    const at = scratch();
    at.write('pid', '1\n');
    await expectRunning(at, 1);
  });

  it('when the pidfile seems a moment older than it, as clocks of coarse grain make it', async () => {
    const at = scratch();
    const stranger = pidfiles.stranger();
    at.write('pid', `${stranger}\n`);
    pidfiles.setAge(at.file('pid'), 1);
    await expectRunning(at, stranger);
  });

  it('when the lock is gone and the start time beside the pid fits, though the clock has jumped', async () => {
    const at = scratch();
    const stranger = pidfiles.stranger();
    at.write('pid', `${stranger}\n`);
    pidfiles.setAttribute(at.file('pid'), pidfiles.identityOf(stranger));
    pidfiles.setAge(at.file('pid'), 1_000_000_000);
    await expectRunning(at, stranger);
  });

  it('when it holds a lock of its own on the pidfile that another tool wrote', async () => {
    const at = scratch();
    at.write('pid', '');
    const holder = await pidfiles.lockElsewhere(at.file('pid'), 'write');
    at.write('pid', `${holder.pid}\n`);
    pidfiles.setAge(at.file('pid'), 3600);
    await expectRunning(at, holder.pid);
  });
});

describe('locks of others', () => {
  it.each(['posix', 'ofd'] as const)('a read lock (%s) does not hide a live daemon', async (kind) => {
    const at = scratch();
    const pid = await pidfiles.startWith(at, at.file('pid'));
    const holder = await pidfiles.lockElsewhere(at.file('pid'), 'read', kind);
    await expectRunning(at, pid);
    expect(procfs.isAlive(holder.pid)).toBe(true);
  });

  it.each(['read', 'write'] as const)(
    'a %s lock does not make a dead daemon live: refused, holder named',
    async (access) => {
      const at = scratch();
      at.write('pid', `${pidfiles.deadPid()}\n`);
      const holder = await pidfiles.lockElsewhere(at.file('pid'), access);
      const before = pidfiles.fingerprint(at.file('pid'));
      const ran = await pidfiles.start(at, ['-p', at.file('pid')]);
      pidfiles.expectRefused(ran, new RegExp(`locked by process ${holder.pid}\\b`));
      expect(pidfiles.fingerprint(at.file('pid'))).toEqual(before);
      await holder.release();
      await expectTakeover(at);
    },
  );

  it('a lock by the process that has the pid now does not make it the daemon', async () => {
    const at = scratch();
    at.write('pid', '');
    const holder = await pidfiles.lockElsewhere(at.file('pid'), 'read');
    at.write('pid', `${holder.pid}\n`);
    pidfiles.setAttribute(at.file('pid'), `${pidfiles.identityOf(holder.pid)}0`);
    const before = pidfiles.fingerprint(at.file('pid'));
    pidfiles.expectRefused(await pidfiles.start(at, ['-p', at.file('pid')]), 'locked by process');
    expect(pidfiles.fingerprint(at.file('pid'))).toEqual(before);
    expect(procfs.isAlive(holder.pid)).toBe(true);
  });

  it('a write lock on an empty file means that somebody is about to write it', async () => {
    const at = scratch();
    at.write('pid', '');
    const holder = await pidfiles.lockElsewhere(at.file('pid'), 'write');
    pidfiles.expectRefused(
      await pidfiles.start(at, ['-p', at.file('pid')]),
      new RegExp(`locked by process ${holder.pid}\\b`),
    );
    expect(fs.readFileSync(at.file('pid'), 'utf8')).toBe('');
  });

  it.each(['read', 'write'] as const)(
    'a %s lock that names nobody (OFD) on a stale file: refused, unchanged',
    async (access) => {
      const at = scratch();
      at.write('pid', `${pidfiles.deadPid()}\n`);
      await pidfiles.lockElsewhere(at.file('pid'), access, 'ofd');
      const before = pidfiles.fingerprint(at.file('pid'));
      pidfiles.expectRefused(await pidfiles.start(at, ['-p', at.file('pid')]));
      expect(pidfiles.fingerprint(at.file('pid'))).toEqual(before);
    },
  );
});
