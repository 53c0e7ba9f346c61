/** The live daemons that are meant, held by their pidfds so that nobody else can be met. */
import { readFileSync } from 'node:fs';
import { invalid, TdaemonError } from '../errors';
import { uidOf } from '../process/account';
import { isKernelThread, LiveProcess, readStat } from '../process/live_process';
import { type Criteria, findMatches, isEmpty, isMatch } from '../process/match';
import { absolutePath } from '../process/working_directory';
import { readPidfile } from './pidfile';

/** A pidfile, or criteria, or both: then the pidfile's process must fit them. */
export interface Selector {
  /** The pidfile that it was started with, or that of another tool. */
  pidfile?: string;
  /** The program's file. */
  exec?: string;
  /** The process's name, of which the kernel keeps 15 bytes. */
  name?: string;
  /** Its real user, by name or number. */
  user?: string | number;
  /** Its parent. */
  ppid?: number;
}

export type Found =
  | { state: 'running'; pidfile?: string; daemons: LiveProcess[] }
  | { state: 'absent'; pidfile?: string }
  /** Its process has ended. */
  | { state: 'stale'; pidfile?: string; pid?: number };

/**
 * The user who could signal it himself: kill(2) asks for the real and the saved uid. Root's where they differ, or
 * cannot be seen.
 */
function ownerOf(pid: number): number {
  try {
    const [, real, saved] =
      /^Uid:\s+(\d+)\s+\d+\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1')) ?? [];
    return real !== undefined && real === saved ? Number(real) : 0;
  } catch {
    return 0;
  }
}

function refused(pid: number, why: string): TdaemonError {
  return new TdaemonError(`process ${pid} is not touched: ${why}`, { reason: 'setup', code: 'EPERM', pid });
}

function read(path: string, uid: number | undefined) {
  const found = readPidfile(path, uid);
  // Somebody is replacing it: what it named has ended.
  return found.state === 'busy' ? { state: 'absent' as const } : found;
}

/**
 * The process is opened first and the pidfile judged afterwards: what it then names is what is held.
 *
 * Root trusts a pidfile only as far as those who can write it could act for themselves: besides root only the
 * daemon's own user.
 */
function findByPidfile(pidfile: string, toAct: boolean): Found {
  const first = read(pidfile, undefined);
  if (first.state !== 'running') return { ...first, pidfile };
  const live = LiveProcess.open(first.pid);
  if (!live) return { state: 'stale', pidfile, pid: first.pid };
  try {
    const again = read(pidfile, toAct ? ownerOf(first.pid) : undefined);
    if (again.state === 'running' && again.pid === first.pid) {
      if (toAct && live.pid === process.pid) throw refused(live.pid, 'it is this very process');
      if (toAct && isKernelThread(readStat(live.pid)))
        throw refused(live.pid, 'it is a thread of the kernel');
      if (toAct && live.pid === 1) throw refused(live.pid, 'process 1 is no daemon');
      return { state: 'running', pidfile, daemons: [live] };
    }
    live.close();
    return again.state === 'running' ? findByPidfile(pidfile, toAct) : { ...again, pidfile };
  } catch (error) {
    live.close();
    throw error;
  }
}

function criteriaOf({ exec, name, user, ppid }: Selector): Criteria {
  return {
    ...(exec !== undefined && { exec: absolutePath(exec) }),
    ...(name !== undefined && { name }),
    ...(user !== undefined && { uid: uidOf(user) }),
    ...(ppid !== undefined && { ppid }),
  };
}

/**
 * @param toAct they will be signalled: a pidfile must then be trusted. Otherwise they are only looked at.
 * @throws TdaemonError: `invalid` for an empty selector; `setup` for what is no pidfile, or cannot be trusted.
 */
export function findDaemons(selector: Selector, toAct: boolean): Found {
  const criteria = criteriaOf(selector);
  if (selector.pidfile === undefined) {
    if (isEmpty(criteria))
      throw invalid('which process is meant? Give a pidfile (or --exec, --name, --user, --ppid)');
    const daemons = findMatches(criteria);
    return daemons.length > 0 ? { state: 'running', daemons } : { state: 'absent' };
  }
  const found = findByPidfile(absolutePath(selector.pidfile), toAct);
  if (found.state !== 'running' || isEmpty(criteria)) return found;
  const fitting = found.daemons.filter((live) => isMatch(live, criteria));
  if (fitting.length === found.daemons.length) return found;
  for (const live of found.daemons) live.close();
  return { state: 'absent', ...(found.pidfile !== undefined && { pidfile: found.pidfile }) };
}
