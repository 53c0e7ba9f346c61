/** Processes that are easily taken for something else: threads, a dead leader, a child that has the daemon's descriptors. */
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import { expect, it } from 'vitest';
import { expectNotRunning, SILENT, startDaemon } from '../helpers/daemons';
import { eventually } from '../helpers/eventually';
import { TDAEMON } from '../helpers/paths';
import { lockElsewhere } from '../helpers/pidfiles';
import * as procfs from '../helpers/procfs';
import { scratch } from '../helpers/scratch';
import { run, tdaemon } from '../helpers/tdaemon';
import { startLeaderless } from '../helpers/unendable';

it('stop --group ends a process whose first thread has ended: state Z is not the end of it', async () => {
  const { pidfile } = await startLeaderless(scratch());
  expect(await tdaemon(['stop', '--group', '-p', pidfile, '--retry', 'TERM/20/KILL/5'])).toEqual(SILENT);
  expect(fs.existsSync(pidfile)).toBe(false);
});

it("a daemon's child, which inherits the pidfile's descriptor, sees the daemon and not itself", async () => {
  const at = scratch();
  const pidfile = at.file('pid');
  const line = '"$0" status --json -p "$1" > "$2"; exec sleep 1000';
  const { pid } = await startDaemon(at, ['sh', '-c', line, TDAEMON, pidfile, at.file('told')]);
  await eventually('the answer', () => procfs.stat(pid)?.name === 'sleep');
  expect(JSON.parse(fs.readFileSync(at.file('told'), 'utf8'))).toMatchObject({ processes: [{ pid }] });
});

it("a daemon's child stops the daemon", async () => {
  const at = scratch();
  const line = '(until [ -e "$3" ]; do sleep 0.01; done; exec "$0" stop -p "$1" 2> "$2") & exec sleep 1000';
  const { pid, pidfile } = await startDaemon(at, [
    ...['sh', '-c', line],
    ...[TDAEMON, at.file('pid'), at.file('told'), at.file('go')],
  ]);
  // The pidfile has been read by then.
  at.write('go', '');
  await eventually('its end, or a complaint', () => {
    return !procfs.isAlive(pid) || (fs.existsSync(at.file('told')) && fs.statSync(at.file('told')).size > 0);
  });
  expect(fs.readFileSync(at.file('told'), 'utf8')).toBe('');
  await eventually('the end of the pidfile', () => !fs.existsSync(pidfile));
});

it('without pidfds, a process whose thread has the number is spared', async () => {
  const at = scratch();
  const child = spawn(process.execPath, ['-e', 'console.log(1); setInterval(() => {}, 1e6)', at.directory], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  await new Promise((resolve) => child.stdout.once('data', resolve));
  const pid = child.pid as number;
  const threads = fs.readdirSync(`/proc/${pid}/task`).map(Number);
  const pidfile = at.write('pid', `${threads.find((id) => id !== pid)}\n`);
  const stracing = ['-f', '-qq', '-o', at.file('strace.log'), '-e', 'inject=pidfd_open:error=ENOSYS'];
  expectNotRunning(await run('strace', [...stracing, TDAEMON, 'stop', '-p', pidfile]));
  expect(procfs.isAlive(pid)).toBe(true);
});

it.each(['posix', 'ofd'] as const)(
  "anybody's read lock (%s) on the pidfile does not hide the daemon",
  async (kind) => {
    const { pid, pidfile } = await startDaemon(scratch());
    const lock = await lockElsewhere(pidfile, 'read', kind);
    expect((await tdaemon(['status', '-q', '-p', pidfile])).status).toBe(0);
    await tdaemon(['stop', '-p', pidfile]);
    expect(procfs.isAlive(pid)).toBe(false);
    await lock.release();
  },
);

it.each(['posix', 'ofd'] as const)('nor does one (%s) where the daemon has lost its own', async (kind) => {
  const at = scratch();
  // It lost its lock: the shell closes what it inherited. The identity beside the pid must do.
  const { pid, pidfile } = await startDaemon(at, ['bash', '-c', 'exec 255>&-; exec sleep 1000']);
  await eventually('no lock', () => procfs.locksOn(pidfile).length === 0);
  const lock = await lockElsewhere(pidfile, 'read', kind);
  expect((await tdaemon(['status', '-q', '-p', pidfile])).status).toBe(0);
  await tdaemon(['stop', '-p', pidfile]);
  expect(procfs.isAlive(pid)).toBe(false);
  await lock.release();
});
