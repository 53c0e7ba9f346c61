/** Processes of several users at once: what one of them may not do is not done in their name. */
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import { describe, expect, it } from 'vitest';
import {
  expectRefused,
  expectUntouched,
  isRoot,
  lonelyUser,
  NOBODY,
  settled,
  writePidfile,
} from '../helpers/daemons';
import { eventually } from '../helpers/eventually';
import * as procfs from '../helpers/procfs';
import { endLater, type Scratch, scratch } from '../helpers/scratch';
import { run, tdaemon } from '../helpers/tdaemon';

/** A pidfile that is nobody's, in a directory that is nobody's. */
function theirPidfile(at: Scratch, pid: number): string {
  fs.mkdirSync(at.file('theirs'));
  fs.chownSync(at.file('theirs'), NOBODY, NOBODY);
  const pidfile = writePidfile(at, pid, 'theirs/pid');
  fs.chownSync(pidfile, NOBODY, NOBODY);
  return pidfile;
}

describe.skipIf(!isRoot)("a user's pidfile and root's group (needs root: another user's process)", () => {
  it("refuses to signal root's processes by way of a group in which the user has one", async () => {
    const at = scratch();
    // As a script of root's does with `su nobody -c …`: no job control, one group for all.
    const { stdout } = await run('setsid', [
      ...['sh', '-c'],
      'sleep 1000 >/dev/null 2>&1 & ours=$!; setpriv --reuid=65534 --regid=65534 --clear-groups sleep 1000 >/dev/null 2>&1 & echo $! $ours',
    ]);
    const [theirs = 0, ours = 0] = stdout.trim().split(/\s+/).map(Number);
    expect(theirs).not.toBe(ours);
    for (const pid of [theirs, ours]) endLater(pid);
    await eventually('it is nobody', () => procfs.status(theirs, 'Uid')?.startsWith(String(NOBODY)));
    await settled(theirs);
    expect(procfs.stat(theirs)?.group).toBe(procfs.stat(ours)?.group);
    const pidfile = theirPidfile(at, theirs);
    const ran = await tdaemon(['stop', '--group', '-p', pidfile, '--retry', 'TERM/0.5']);
    expectUntouched(ours);
    expectRefused(ran, 125);
  });
});

describe.skipIf(!isRoot)('a process of two users (needs root)', () => {
  // kill(2) asks for the real and the saved uid of the target: nobody himself could not signal it.
  it("is not nobody's where only the effective uid is", async () => {
    const at = scratch();
    const script = 'process.seteuid(65534); console.log(1); setInterval(() => {}, 1e6)';
    const child = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'ignore'] });
    const pid = endLater(child.pid as number);
    await new Promise((resolve) => child.stdout.once('data', resolve));
    expect(procfs.status(pid, 'Uid')?.split('\t').slice(0, 3)).toEqual(['0', '65534', '0']);
    const pidfile = theirPidfile(at, pid);
    const ran = await tdaemon(['stop', '-p', pidfile, '--retry', 'TERM/0']);
    expectUntouched(pid);
    expectRefused(ran, 125);
  });
});

describe.skipIf(!isRoot)('a match that may not be signalled (needs root: two users)', () => {
  it('is named, and the others are stopped by their schedule all the same', async () => {
    const at = scratch();
    const name = `td${process.pid}-users`;
    const program = at.file(name);
    fs.copyFileSync('/bin/sleep', program);
    fs.chmodSync(program, 0o755);
    const user = lonelyUser();
    const ours = endLater(spawn(program, ['1000'], { stdio: 'ignore', detached: true }).pid as number);
    const child = spawn('sh', ['-c', `trap "" TERM; exec ${program} 1000`], {
      stdio: 'ignore',
      detached: true,
      uid: user,
      gid: user,
    });
    const theirs = endLater(child.pid as number);
    await eventually('it ignores TERM', () => procfs.stat(theirs)?.name === name);
    const as = { uid: user, gid: user };
    const ran = await tdaemon(['stop', '--name', name, '--retry', 'TERM/0.5/KILL/20'], as);
    expectRefused(ran, 125, 'not permitted', String(ours));
    expectUntouched(ours);
    expect(procfs.isAlive(theirs)).toBe(false);
  });
});
