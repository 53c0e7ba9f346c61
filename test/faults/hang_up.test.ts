/**
 * The terminal goes away, or ^C is typed, or tdaemon is killed, in the moment between fork and setsid. Whichever
 * is first: there is a complete daemon without a terminal, or nothing.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import fs from 'node:fs';
import { describe, expect, it } from 'vitest';
import { asleep } from '../helpers/asleep';
import { eventually } from '../helpers/eventually';
import { emptyDirectory } from '../helpers/nothing_left';
import { fixture, TDAEMON } from '../helpers/paths';
import { isRoot } from '../helpers/privileges';
import * as procfs from '../helpers/procfs';
import { type Scratch, scratch } from '../helpers/scratch';
import { mark, SLEEPER } from '../helpers/start';

/**
 * -DDD: strace watches from a session of its own, out of reach of the terminal. Nor may it hold the terminal open:
 * the shell becomes it with 0 to 2 elsewhere.
 */
const DELAYED = [
  'strace',
  '-DDD',
  '-f',
  '-qq',
  '-e',
  'trace=setsid',
  '-e',
  'inject=setsid:delay_enter=600000000',
];

interface Pending {
  terminal: ChildProcess;
  ended: Promise<unknown>;
  tdaemon: number;
  leader: number;
}

/** A start on a terminal, whose first child is held before its setsid. */
async function pendingStart(at: Scratch, options: readonly string[]): Promise<Pending> {
  const pidfile = ['--pidfile', `${emptyDirectory(at)}/pid`];
  const words = [
    ...DELAYED,
    '-o',
    at.file('strace.log'),
    TDAEMON,
    ...mark(at),
    ...pidfile,
    ...options,
    '--',
    ...SLEEPER,
  ];
  const terminal = spawn(fixture('terminal'), words, { stdio: ['pipe', 'ignore', 'inherit'] });
  const ended = new Promise((resolve) => terminal.on('close', resolve));
  const [tdaemon, leader] = await eventually('the first fork', () => {
    for (const pid of procfs.mentioning(at.directory)) {
      const parent = procfs.stat(pid)?.ppid ?? 0;
      // Both are node's program still: the wrapper's children are not.
      if (procfs.stat(pid)?.name === 'node' && procfs.stat(parent)?.name === 'node')
        return [parent, pid] as const;
    }
    return undefined;
  });
  return { terminal, ended, tdaemon, leader };
}

/** The delay is longer than any test: it ends with strace, which lets go of all that it traces. */
async function letGo(at: Scratch): Promise<void> {
  const isTracer = (pid: number) => procfs.stat(pid)?.name === 'strace';
  for (const pid of procfs.mentioning(at.directory).filter(isTracer)) {
    // TERM would make it wait for the stopped child to stop.
    process.kill(pid, 'SIGKILL');
    await eventually('the end of strace', () => !procfs.isAlive(pid));
  }
}

/** All or nothing. */
async function expectAllOrNothing(at: Scratch): Promise<void> {
  const directory = at.file('run');
  const isOver = () => {
    // strace and the terminal mention the directory, too.
    const ours = procfs.mentioning(at.directory).filter((pid) => procfs.stat(pid)?.name === 'node');
    return ours.length === 0;
  };
  await eventually('the end of the start', isOver);
  const files = fs.readdirSync(directory);
  if (files.length === 0) {
    const daemons = procfs.mentioning(at.directory).filter((pid) => procfs.stat(pid)?.name === 'sleep');
    expect(daemons).toEqual([]);
    return;
  }
  expect(files).toEqual(['pid']);
  const pid = await asleep(Number(fs.readFileSync(`${directory}/pid`, 'latin1')));
  expect(procfs.stat(pid)).toMatchObject({ name: 'sleep', tty: 0 });
  expect(procfs.locksOn(`${directory}/pid`)).toMatchObject([{ access: 'READ', pid }]);
  expect([...procfs.descriptors(pid).keys()]).toEqual([0, 1, 2, 255]);
  for (const set of ['SigBlk', 'SigIgn', 'ShdPnd', 'SigPnd'])
    expect(procfs.status(pid, set), set).toBe('0000000000000000');
}

const WAYS = [
  { way: 'as the caller', options: [] as string[] },
  ...(isRoot ? [{ way: 'with --user', options: ['--user', 'nobody'] }] : []),
];

describe.each(WAYS)('before setsid, $way', ({ options }) => {
  it('the terminal hangs up', async () => {
    const at = scratch();
    const { terminal, ended } = await pendingStart(at, options);
    terminal.stdin?.end();
    await letGo(at);
    await ended;
    await expectAllOrNothing(at);
  });

  it('^C is typed', async () => {
    const at = scratch();
    const { terminal, ended } = await pendingStart(at, options);
    terminal.stdin?.write('\x03');
    await letGo(at);
    await ended;
    await expectAllOrNothing(at);
  });

  it.each(['SIGTERM', 'SIGKILL'] as const)('tdaemon gets %s', async (signal) => {
    const at = scratch();
    const { tdaemon, ended } = await pendingStart(at, options);
    process.kill(tdaemon, signal);
    await letGo(at);
    await ended;
    await expectAllOrNothing(at);
  });

  it('the first child gets SIGTERM: it is blocked, and the start succeeds', async () => {
    const at = scratch();
    const { leader, ended } = await pendingStart(at, options);
    process.kill(leader, 'SIGTERM');
    await letGo(at);
    expect(await ended).toBe(0);
    await expectAllOrNothing(at);
    expect(fs.readdirSync(at.file('run'))).toEqual(['pid']);
  });
});
