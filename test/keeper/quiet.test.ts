/** What the keeper costs, and what it leaves open. */
import fs from 'node:fs';
import { describe, expect, it } from 'vitest';
import { eventually } from '../helpers/eventually';
import { KEEPER, noZombies, readyKeeper, startKeeper } from '../helpers/keeper';
import * as procfs from '../helpers/procfs';
import { scratch } from '../helpers/scratch';
import { run } from '../helpers/tdaemon';

const anonymousKb = (pid: number) => Number.parseInt(procfs.status(pid, 'RssAnon') as string, 10);
const wakes = (pid: number) =>
  ['voluntary_ctxt_switches', 'nonvoluntary_ctxt_switches'].map((field) => procfs.status(pid, field));

it('does not wake while others work', async () => {
  const { keeper, first } = await readyKeeper(scratch());
  await eventually('its sleep', () => procfs.stat(keeper.pid)?.state === 'S');
  const before = wakes(keeper.pid);
  for (let times = 0; times < 30; times++) {
    const pid = await first.starts('run', 'exit 0');
    await eventually('its end', () => !procfs.isAlive(pid));
  }
  expect(wakes(keeper.pid)).toEqual(before);
});

it('has little memory of its own, also after much has happened', async () => {
  const { keeper, first } = await readyKeeper(scratch());
  const atFirst = anonymousKb(keeper.pid);
  expect(atFirst).toBeLessThan(200);
  for (let times = 1; times <= 10; times++) {
    first.do('storm 100 /dev/null');
    await eventually('exits', () => first.told('exit').length === times * 100);
    for (const line of first.told('exit').slice(-100)) first.say('seen', line.split(' ')[1] as string);
    await first.settled();
  }
  await noZombies(keeper.pid);
  expect(anonymousKb(keeper.pid)).toBeLessThan(atFirst + 100);
});

describe('descriptors', () => {
  it('all that is inherited, such as a lock, goes to each supervisor, even from 3; not to the logger', async () => {
    const at = scratch();
    const lock = at.write('lock', '');
    const { keeper, first } = await readyKeeper(at, { by: ['sh', '-c', `exec "$0" "$@" 3<${lock}`] });
    const logger = Number((await first.hears('logger')).split(' ')[1]);
    const holds = (pid: number) =>
      [...procfs.descriptors(pid).values()].filter((file) => file === lock).length;
    await eventually('the end of the start', () => procfs.stat(logger)?.name === 'tdaemon-logger');
    expect([keeper.pid, first.pid, logger].map(holds)).toEqual([1, 1, 0]);
    first.kill();
    const second = await keeper.supervisor(1);
    expect(holds(second.pid)).toBe(1);
    // Besides, it has what it has opened itself.
    const opened = [...procfs.descriptors(logger)].filter(
      ([number, file]) => number > 2 && file.startsWith('/'),
    );
    expect(opened.filter(([, file]) => file !== '/dev/null' && !file.startsWith('/proc/'))).toEqual([]);
  });

  it('standard ones that are closed are none of its own', async () => {
    const at = scratch();
    const { keeper, first } = await readyKeeper(at, { by: ['sh', '-c', 'exec "$0" "$@" <&- >&- 2>&-'] });
    for (const pid of [keeper.pid, first.pid])
      for (const descriptor of [0, 1, 2]) expect(procfs.descriptors(pid).get(descriptor)).toBe('/dev/null');
  });

  it.each([3, 7])('readiness is said on descriptor %i once, and it is closed', async (descriptor) => {
    const at = scratch();
    const file = at.write('ready', '');
    const redirected = ['sh', '-c', `exec "$0" "$@" ${descriptor}>>${file}`];
    const keeper = await startKeeper(at, { by: redirected, options: [`--ready-fd=${descriptor}`] });
    const first = await keeper.supervisor(0);
    await first.settled();
    expect(fs.readFileSync(file, 'latin1')).toBe('');
    for (let times = 0; times < 3; times++) first.say('ready');
    await first.settled();
    expect(fs.readFileSync(file, 'latin1')).toBe('\n');
    for (const pid of [keeper.pid, first.pid])
      expect([...procfs.descriptors(pid).values()]).not.toContain(file);
  });

  it('readiness on a pipe that is full is not waited for', async () => {
    const at = scratch();
    const full = `exec 7<>"$0"; head -c 65536 /dev/zero >&7; exec "$@"`;
    const keeper = await startKeeper(at, {
      by: ['sh', '-c', `mkfifo ${at.file('pipe')}; exec sh -c '${full}' ${at.file('pipe')} "$0" "$@"`],
      options: ['--ready-fd=7'],
    });
    const first = await keeper.supervisor(0);
    first.say('ready');
    await first.settled();
    expect([...procfs.descriptors(keeper.pid).values()]).not.toContain(at.file('pipe'));
  });
});

describe('a wrong command line', () => {
  it.each([
    [[]],
    [['run']],
    [['run', '--']],
    [['run', '--ready-fd=x', '--', 'a']],
    [['run', '--adopt=5', '--', 'a']],
    [['run', '--logger-pid=5', '--', 'a']],
    [['run', '--dance', '--', 'a']],
    [['--', 'a']],
  ])('%j: one line, and 125', async (words) => {
    const ran = await run(KEEPER, words);
    expect(ran).toMatchObject({ status: 125, stdout: '' });
    expect(ran.stderr).toMatch(/^tdaemon-keeper: usage: [^\n]*\n$/);
  });

  it.each([
    [['/nowhere/run', '--', '/bin/true'], 'cannot open /nowhere/run: No such file or directory'],
    [['/tmp', '--ready-fd=900', '--', '/bin/true'], 'cannot use --ready-fd: Bad file descriptor'],
  ])('%j says what is wrong', async (words, complaint) => {
    expect(await run(KEEPER, words)).toEqual({
      status: 125,
      signal: null,
      stdout: '',
      stderr: `tdaemon-keeper: ${complaint}\n`,
    });
  });
});
