/** What happens to a process at an exact place: before a system call. */
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import { eventually } from './eventually';
import { endLater } from './scratch';

async function trace(pid: number, calls: string, what: string, more: readonly string[] = []): Promise<void> {
  const words = ['-qq', '-o', '/dev/null', '-e', `trace=${calls}`, '-e', `inject=${calls}:${what}`];
  const tracer = spawn('strace', [...more, ...words, '-p', String(pid)], { stdio: 'ignore' });
  endLater(tracer.pid as number);
  await eventually('strace', () =>
    /^TracerPid:\s+[1-9]/m.test(fs.readFileSync(`/proc/${pid}/status`, 'latin1')),
  );
}

/** SIGKILL when it is about to make its next call of these, or the one of that count. */
export function killAt(pid: number, calls: string, when = 1): Promise<void> {
  return trace(pid, calls, `signal=KILL:when=${when}`);
}

/** Each such call of it, and of those that it starts, begins so many seconds later. */
export function slowDown(pid: number, call: string, seconds: number): Promise<void> {
  return trace(pid, call, `delay_enter=${seconds * 1_000_000}`, ['-f']);
}

/** SIGKILL when it is about to remove this file. */
export function killAtRemovalOf(pid: number, file: string): Promise<void> {
  return trace(pid, 'unlink,unlinkat', 'signal=KILL:when=1', ['-P', file]);
}
