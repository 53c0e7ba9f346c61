/** Processes by what they are: --exec, --name, --user and --ppid, as start-stop-daemon(8) combines them. */
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import { describe, expect, it } from 'vitest';
import {
  expectNotRunning,
  expectRefused,
  expectUntouched,
  isRoot,
  lonelyUser,
  SILENT,
  startDaemon,
} from '../helpers/daemons';
import { eventually } from '../helpers/eventually';
import * as procfs from '../helpers/procfs';
import { endLater, type Scratch, scratch } from '../helpers/scratch';
import { type Ran, tdaemon } from '../helpers/tdaemon';

/** A program that is this test's alone, so that matching it meets no neighbour. */
function ownSleep(at: Scratch, name = 'own-sleep'): string {
  fs.copyFileSync('/bin/sleep', at.file(name));
  fs.chmodSync(at.file(name), 0o755);
  return at.file(name);
}

function startOwn(program: string, uid?: number): number {
  const owner = uid === undefined ? {} : { uid, gid: uid };
  const child = spawn(program, ['1000'], { stdio: 'ignore', detached: true, ...owner });
  return endLater(child.pid as number);
}

/** No two tests have the same. */
function ownName(): string {
  return `td${process.pid}-${process.hrtime.bigint().toString(36).slice(-6)}`;
}

async function found(...criteria: string[]): Promise<number[]> {
  const ran = await tdaemon(['status', '--json', ...criteria]);
  const { status, processes = [] } = JSON.parse(ran.stdout) as {
    status: number;
    processes?: { pid: number }[];
  };
  expect(ran.status).toBe(status);
  expect(status).toBe(processes.length > 0 ? 0 : 3);
  return processes.map(({ pid }) => pid).sort((a, b) => a - b);
}

describe('--exec', () => {
  it('means the file, by whatever name it is called', async () => {
    const at = scratch();
    const program = ownSleep(at);
    const pid = startOwn(program);
    fs.symlinkSync(program, at.file('link'));
    expect(await found('--exec', program)).toEqual([pid]);
    expect(await found('--exec', at.file('link'))).toEqual([pid]);
    expect(await found('-x', `${at.directory}/./own-sleep`)).toEqual([pid]);
  });

  it('is resolved against the working directory', async () => {
    const at = scratch();
    const pid = startOwn(ownSleep(at));
    const ran = await tdaemon(['status', '--json', '--exec', 'own-sleep'], { cwd: at.directory });
    expect(JSON.parse(ran.stdout)).toMatchObject({ processes: [{ pid }] });
  });

  it('does not mean a copy with the same name and content, or a script by its interpreter', async () => {
    const at = scratch();
    startOwn(ownSleep(at));
    fs.mkdirSync(at.file('other'));
    const copy = ownSleep(at, 'other/own-sleep');
    expect(await found('--exec', copy)).toEqual([]);
    expect(await found('--exec', at.file('missing'))).toEqual([]);
  });

  it('stops every process of the program, and no other', async () => {
    const at = scratch();
    const program = ownSleep(at);
    const pids = Array.from({ length: 6 }, () => startOwn(program)).sort((a, b) => a - b);
    const other = startOwn(ownSleep(at, 'other-sleep'));
    expect(await found('--exec', program)).toEqual(pids);
    const ran = await tdaemon(['stop', '--json', '--exec', program]);
    expect(JSON.parse(ran.stdout).pids.sort((a: number, b: number) => a - b)).toEqual(pids);
    for (const pid of pids) expect(procfs.isAlive(pid)).toBe(false);
    expectUntouched(other);
    expectNotRunning(await tdaemon(['stop', '--exec', program]));
    expect(await tdaemon(['stop', '--oknodo', '--exec', program])).toEqual(SILENT);
  });

  it('names all that are stopped, and shows a block for each', async () => {
    const at = scratch();
    const program = ownSleep(at);
    const pids = [startOwn(program), startOwn(program)];
    const blocks = (await tdaemon(['status', '--exec', program])).stdout;
    for (const pid of pids) expect(blocks).toMatch(new RegExp(`^pid +${pid}$`, 'm'));
    const { stderr } = await tdaemon(['stop', '--exec', program]);
    expect(stderr).toMatch(/^tdaemon: stopped process \d+, \d+\n$/);
    for (const pid of pids) expect(stderr).toContain(String(pid));
  });

  it('says 124 and who is left when one does not end', async () => {
    const at = scratch();
    const program = ownSleep(at);
    const tame = startOwn(program);
    const child = spawn('sh', ['-c', `trap "" TERM; exec ${program} 1000`], {
      stdio: 'ignore',
      detached: true,
    });
    const stubborn = endLater(child.pid as number);
    await eventually('it ignores TERM', () => procfs.stat(stubborn)?.name === 'own-sleep');
    const ran = await tdaemon(['stop', '--exec', program, '--retry', 'TERM/0.3']);
    expectRefused(ran, 124, 'still running', String(stubborn));
    expect(ran.stderr).not.toContain(String(tame));
    expect(procfs.isAlive(tame)).toBe(false);
    expectUntouched(stubborn);
  });

  it('signals each', async () => {
    const at = scratch();
    const program = ownSleep(at);
    const pids = [startOwn(program), startOwn(program)];
    const listed = (line: string, { status, stderr }: Ran) => {
      expect({ status, words: stderr.replace(/\d+/g, 'N') }).toEqual({ status: 0, words: line });
      for (const pid of pids) expect(stderr).toContain(String(pid));
    };
    listed('tdaemon: sent SIGSTOP to process N, N\n', await tdaemon(['signal', '--exec', program, 'STOP']));
    for (const pid of pids) await eventually(`${pid} has stopped`, () => procfs.stat(pid)?.state === 'T');
    const ended = await tdaemon(['reload', '--exec', program, '--signal', 'KILL']);
    listed('tdaemon: sent SIGKILL to process N, N\n', ended);
    for (const pid of pids) await eventually(`${pid} has ended`, () => !procfs.isAlive(pid));
    expectNotRunning(await tdaemon(['signal', '--exec', program, 'STOP']));
  });
});

describe('--name', () => {
  it('means the name that the kernel knows', async () => {
    const at = scratch();
    const name = ownName();
    const pid = startOwn(ownSleep(at, name));
    expect(await found('--name', name)).toEqual([pid]);
    expect(await found('--name', name.slice(0, -1))).toEqual([]);
    expect(await found('--name', `${name}x`)).toEqual([]);
  });

  it('compares fifteen bytes, which is all that the kernel keeps', async () => {
    const at = scratch();
    const name = `${ownName()}-0123456789`;
    const pid = startOwn(ownSleep(at, name));
    expect(procfs.stat(pid)?.name).toBe(name.slice(0, 15));
    expect(await found('--name', name)).toEqual([pid]);
    expect(await found('--name', name.slice(0, 15))).toEqual([pid]);
    expect(await found('--name', name.slice(0, 14))).toEqual([]);
  });

  it('may hold spaces, parentheses and UTF-8', async () => {
    const at = scratch();
    const name = `é) (${process.pid}`;
    const pid = startOwn(ownSleep(at, name));
    expect(await found('--name', name)).toEqual([pid]);
  });

  it('never means a thread of the kernel', async () => {
    expect(await found('--name', 'kthreadd')).toEqual([]);
  });
});

describe.skipIf(!isRoot)('--user (needs root: processes of another user)', () => {
  it('means the real user, by number or name', async () => {
    const at = scratch();
    const user = lonelyUser();
    const pid = startOwn(ownSleep(at), user);
    expect(await found('--user', String(user))).toEqual([pid]);
    expect(await found('--exec', at.file('own-sleep'), '--user', 'root')).toEqual([]);
  });

  it('stops all of a user', async () => {
    const at = scratch();
    const user = lonelyUser();
    const program = ownSleep(at);
    const pids = [startOwn(program, user), startOwn(program, user)];
    const ours = startOwn(program);
    // More than one is told of without -v, but not with -q.
    expect(await tdaemon(['stop', '-q', '-u', String(user)])).toEqual(SILENT);
    for (const pid of pids) expect(procfs.isAlive(pid)).toBe(false);
    expectUntouched(ours);
  });

  it('who does not exist is wrong usage', async () => {
    expectRefused(await tdaemon(['stop', '--user', 'tdaemon-test-no-such-user']), 125, 'no-such-user');
  });
});

describe('--ppid', () => {
  it('means the children of a process, not their children', async () => {
    const at = scratch();
    const { pid } = await startDaemon(at, ['sh', '-c', '(sleep 1000 & exec sleep 1001) & exec sleep 1002']);
    const children = await eventually('a child and its child', () => {
      const first = procfs.childrenOf(pid);
      return first.length === 1 && procfs.childrenOf(first[0] as number).length === 1 && first;
    });
    expect(await found('--ppid', String(pid))).toEqual(children);
    expect(await tdaemon(['stop', '--ppid', String(pid)])).toEqual(SILENT);
    expectUntouched(pid);
  });

  it.each(['x', '', '1.5'])('%j is wrong usage', async (ppid) => {
    expectRefused(await tdaemon(['stop', '--ppid', ppid]), 2, '--ppid');
  });
});

describe('criteria together', () => {
  it('must all hold', async () => {
    const at = scratch();
    const name = ownName();
    const program = ownSleep(at, name);
    const [first, second] = [startOwn(program), startOwn(program)].sort((a, b) => a - b);
    const own = String(process.pid);
    expect(await found('--exec', program, '--name', name, '--ppid', own)).toEqual([first, second]);
    expect(await found('--exec', program, '--name', 'other')).toEqual([]);
    expect(await found('--exec', program, '--ppid', '1')).toEqual([]);
    expect(await found('--exec', '/bin/sh', '--name', name)).toEqual([]);
  });

  it('restrict the process of a pidfile', async () => {
    const at = scratch();
    const program = ownSleep(at);
    const { pid, pidfile } = await startDaemon(at, [program, '1000']);
    const sibling = startOwn(program);
    expect(await found('-p', pidfile, '--exec', program)).toEqual([pid]);
    expect(await found('-p', pidfile, '--exec', '/bin/sh')).toEqual([]);
    expect(await found('-p', pidfile, '--name', 'other')).toEqual([]);
    expectNotRunning(await tdaemon(['stop', '-p', pidfile, '--exec', '/bin/sh']));
    expectNotRunning(await tdaemon(['signal', '-p', pidfile, '--name', 'other', 'KILL']));
    expectUntouched(pid);
    // It runs, though it is not meant: its pidfile is not stale.
    expect(fs.existsSync(pidfile)).toBe(true);
    expect(await tdaemon(['stop', '-p', pidfile, '--exec', program])).toEqual(SILENT);
    expect(procfs.isAlive(pid)).toBe(false);
    expect(fs.existsSync(pidfile)).toBe(false);
    expectUntouched(sibling);
  });

  it('are needed: nothing at all means nobody', async () => {
    for (const words of [['stop'], ['reload'], ['signal', 'TERM']])
      expectRefused(await tdaemon(words), 2, /pidfile/);
  });
});
