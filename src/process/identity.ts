/** Which process a pid means: it may have been reused since somebody wrote it down. */
import { readFileSync } from 'node:fs';
import { native } from '../native';
import { LiveProcess } from './live_process';

/** Clock ticks a second in /proc: USER_HZ, 100 on every architecture that tdaemon supports. */
export const TICKS = 100;

let bootIdOnce: string | undefined;

/** random(4): /proc/sys/kernel/random/boot_id. Undefined where the system has none. */
export function bootId(): string | undefined {
  if (bootIdOnce === undefined) {
    try {
      bootIdOnce = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
    } catch {
      bootIdOnce = '';
    }
  }
  return bootIdOnce || undefined;
}

/** Seconds after the epoch at which a process started, by the clock as it is set now. */
function startedAt(ticks: number): number {
  return Date.now() / 1000 - native.secondsSinceBoot() + ticks / TICKS;
}

/** Calls judge with the start time of a live process, held so that its pid cannot be reused meanwhile. */
function whileAlive(pid: number, judge: (ticks: number | undefined) => boolean): boolean {
  const live = LiveProcess.open(pid);
  if (!live) return false;
  try {
    return judge(live.startTime);
  } finally {
    live.close();
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
