/** Processes by what they are instead of by a pidfile: the criteria of start-stop-daemon(8), all of which must hold. */
import { readdirSync, statSync } from 'node:fs';
import { isKernelThread, LiveProcess, readStat } from './live_process';
import { readProcFile } from './proc_file';

export interface Criteria {
  /** The program's file: /proc/PID/exe must be this very inode. */
  exec?: string;
  /** Name of the process as the kernel knows it (its first 15 bytes). */
  name?: string;
  /** Real uid. */
  uid?: number;
  /** Parent. */
  ppid?: number;
}

/** TASK_COMM_LEN less its NUL. */
const NAME_BYTES = 15;

export function isEmpty(criteria: Criteria): boolean {
  return Object.values(criteria).every((value) => value === undefined);
}

function identify(file: string): string | undefined {
  try {
    const { dev, ino } = statSync(file);
    return `${dev}:${ino}`;
  } catch {
    return undefined;
  }
}

/** @param execFile what identify says of criteria.exec */
function matches(pid: number, criteria: Criteria, execFile: string | undefined): boolean {
  const stat = readProcFile(pid, 'stat');
  if (stat === '') return false;
  const name = stat.slice(stat.indexOf('(') + 1, stat.lastIndexOf(')'));
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  if (isKernelThread(readStat(pid))) return false;
  if (criteria.ppid !== undefined && Number(fields[1]) !== criteria.ppid) return false;
  if (criteria.name !== undefined && name !== Buffer.from(criteria.name).toString('latin1', 0, NAME_BYTES))
    return false;
  if (
    criteria.uid !== undefined &&
    Number(/^Uid:\s+(\d+)/m.exec(readProcFile(pid, 'status'))?.[1]) !== criteria.uid
  )
    return false;
  return criteria.exec === undefined || (execFile !== undefined && identify(`/proc/${pid}/exe`) === execFile);
}

/** Whether a process that is held matches. */
export function isMatch(live: LiveProcess, criteria: Criteria): boolean {
  const execFile = criteria.exec === undefined ? undefined : identify(criteria.exec);
  return matches(live.pid, criteria, execFile) && !live.hasEnded();
}

/** Every live match but this process and process 1, held. Close them after use. */
export function findMatches(criteria: Criteria): LiveProcess[] {
  const execFile = criteria.exec === undefined ? undefined : identify(criteria.exec);
  const found: LiveProcess[] = [];
  for (const name of readdirSync('/proc')) {
    const pid = Number(name);
    if (!Number.isInteger(pid) || pid <= 1 || pid === process.pid) continue;
    if (!matches(pid, criteria, execFile)) continue;
    // Held first and looked at again: the pid may have become another's between.
    const live = LiveProcess.open(pid);
    if (live && matches(pid, criteria, execFile) && !live.hasEnded()) found.push(live);
    else live?.close();
  }
  return found;
}
