/** Which process a pid means: it may have been reused since somebody wrote it down. */
import fs from 'node:fs';
import os from 'node:os';
import { native, type Pidfd } from '../native';

/** Clock ticks a second in /proc: USER_HZ, 100 on every architecture that tdaemon supports. */
const TICKS = 100;

let bootIdOnce: string | undefined;

/** random(4): /proc/sys/kernel/random/boot_id. Undefined where the system has none. */
export function bootId(): string | undefined {
  if (bootIdOnce === undefined) {
    try {
      bootIdOnce = fs.readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
    } catch {
      bootIdOnce = '';
    }
  }
  return bootIdOnce || undefined;
}

/** proc_pid_stat(5) field 22; undefined when it cannot be read. */
export function startTime(pid: number): number | undefined {
  try {
    const stat = fs.readFileSync(`/proc/${pid}/stat`, 'latin1');
    // Field 2, the name, may hold spaces and parentheses.
    return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]);
  } catch {
    return undefined;
  }
}

/** Seconds after the epoch at which a process started, by the clock as it is set now. */
function startedAt(ticks: number): number {
  return Date.now() / 1000 - os.uptime() + ticks / TICKS;
}

function openPidfd(pid: number): Pidfd | 'ended' | 'unsupported' {
  const opened = native.openPidfd(pid);
  if (typeof opened !== 'number') return opened;
  const { ESRCH, EINVAL, ENOENT } = os.constants.errno;
  // EINVAL: the number is a thread's, not a process's.
  return opened === ESRCH || opened === EINVAL || opened === ENOENT ? 'ended' : 'unsupported';
}

function exists(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** Calls judge with the start time of a live process, held so that its pid cannot be reused meanwhile. */
function whileAlive(pid: number, judge: (ticks: number | undefined) => boolean): boolean {
  const pidfd = openPidfd(pid);
  if (pidfd === 'ended') return false;
  if (pidfd === 'unsupported') return exists(pid) && judge(startTime(pid));
  try {
    // A zombie is dead, although kill(pid, 0) finds it.
    return !native.hasEnded(pidfd) && judge(startTime(pid));
  } finally {
    native.closePidfd(pidfd);
  }
}

export function isAlive(pid: number): boolean {
  return whileAlive(pid, () => true);
}

/** `<boot id> <start time>`: what tdaemon writes beside the pid. */
export function isSameProcess(pid: number, identity: string): boolean {
  return whileAlive(pid, (ticks) => ticks === undefined || identity === `${bootId()} ${ticks}`);
}

/**
 * Whether pid can be the process that a file of another tool means: it started no later than the file was
 * written, give or take two seconds.
 *
 * @param written seconds after the epoch
 */
export function startedBefore(pid: number, written: number): boolean {
  return whileAlive(pid, (ticks) => ticks === undefined || startedAt(ticks) <= written + 2);
}
