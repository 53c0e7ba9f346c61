/**
 * A daemon runs as soon as tdaemon has returned, and for some microseconds has files of its own open: those of its
 * libraries. When sleep(1) sleeps, all that is left is what it was given.
 */
import fs from 'node:fs';
import { eventually } from './eventually';
import { stat } from './procfs';

export async function asleep(pid: number): Promise<number> {
  // Under strace the state may be `t` for a while.
  await eventually(`sleep of process ${pid}`, () => stat(pid)?.state === 'S');
  return pid;
}

/** The pid in a pidfile, once its daemon sleeps. */
export function sleeperIn(pidfile: string): Promise<number> {
  return asleep(Number(fs.readFileSync(pidfile, 'latin1')));
}
