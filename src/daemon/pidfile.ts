/** What a pidfile that is already there means: a live daemon, a dead one, or something that is none of ours. */
import { TdaemonError } from '../errors';
import { native, type OpenedPidfile } from '../native';
import { errnoName, errnoWords } from '../process/errno';
import { bootId, isAlive, isSameProcess, startedBefore } from '../process/identity';
import type { LiveProcess } from '../process/live_process';

export type PidfileState =
  | { state: 'absent' }
  | { state: 'running'; pid: number }
  /** Its process has ended, or the pid is another's now. No pid: the file is empty. */
  | { state: 'stale'; pid?: number }
  /** Another process is at it just now: look again. */
  | { state: 'busy' };

/** The largest pid that any Linux gives: PID_MAX_LIMIT. */
const MOST_PID = 4_194_304;

function refusal(path: string, code: string, why: string): TdaemonError {
  return new TdaemonError(`cannot use pidfile '${path}': ${why} (${code})`, {
    reason: 'setup',
    stage: 'pidfile',
    code,
    path,
  });
}

/** Nothing but decimal digits on one line. */
function parsePid(content: Buffer): number | undefined {
  const digits = /^[ \t]*(\d{1,10})[ \t]*\r?\n?$/.exec(content.toString('latin1'))?.[1];
  const pid = Number(digits ?? 0);
  return pid >= 1 && pid <= MOST_PID ? pid : undefined;
}

function judge(path: string, file: OpenedPidfile, trusted: boolean): PidfileState {
  if (trusted && file.othersCanWrite && process.geteuid?.() === 0)
    throw refusal(path, 'EPERM', file.othersCanWrite);
  const { lockHolder, identity, modified } = file;
  // -1: a lock that belongs to a descriptor and names nobody, as another tdaemon holds while it takes a stale file over.
  const held = (pid?: number): PidfileState => {
    if (lockHolder === null) return pid === undefined ? { state: 'stale' } : { state: 'stale', pid };
    // Its own: it has ended between the two looks; or a stranger has got its pid, and the lock for a purpose.
    if (lockHolder === -1 || (lockHolder === pid && !isAlive(pid))) return { state: 'busy' };
    throw refusal(
      path,
      'EAGAIN',
      `it is locked by process ${lockHolder}, which is not the one that it means`,
    );
  };
  // Some tool was killed between creating and writing it. Nothing is lost by replacing it.
  if (file.content.length === 0) return held();
  const pid = file.size === file.content.length ? parsePid(file.content) : undefined;
  if (pid === undefined)
    throw refusal(path, 'EINVAL', 'it does not hold a pid; remove it if it is not needed');
  // Anybody who can read the file can lock it, and with patience have the pid that it names: a lock is believed where
  // nothing better is known.
  if (identity === undefined && lockHolder === pid) return { state: 'running', pid };
  const alive = identity === undefined ? startedBefore(pid, modified) : isSameProcess(pid, identity);
  return alive ? { state: 'running', pid } : held(pid);
}

function open(path: string, daemonUid: number | undefined) {
  const file = native.openPidfile(path, daemonUid ?? 0);
  if (file.ok) return file;
  const code = errnoName(file.errno);
  if (code === 'ENOENT') return undefined;
  throw refusal(path, code, file.reason || errnoWords(file.errno));
}

/**
 * @param daemonUid the uid of the daemon that it is meant for: besides root the only one that may be able to write it,
 *   or root does not believe it. Undefined: not asked, for when nothing is done to the process.
 * @throws TdaemonError (`setup`) for what is no pidfile, or cannot be trusted.
 */
export function readPidfile(path: string, daemonUid: number | undefined): PidfileState {
  const file = open(path, daemonUid);
  if (!file) return { state: 'absent' };
  if (file.own) return { state: 'running', pid: process.pid };
  try {
    return judge(path, file, daemonUid !== undefined);
  } finally {
    native.closePidfile(file.handle);
  }
}

/**
 * The daemon has named another process as itself: from now on its pidfile names that one. The lock is the former's and
 * goes with it; the identity remains.
 *
 * @throws TdaemonError (`setup`) when it cannot be written, or is no longer the daemon's
 */
export function repointPidfile(path: string, daemonUid: number, from: number, to: LiveProcess): void {
  const file = open(path, daemonUid);
  if (!file || file.own) throw refusal(path, 'ENOENT', 'it is gone');
  try {
    if (file.othersCanWrite && process.geteuid?.() === 0) throw refusal(path, 'EPERM', file.othersCanWrite);
    const named = parsePid(file.content) === from;
    const { pid, startTime = 0 } = to;
    const done = named && native.replacePidfile(file.handle, file.content, pid, bootId() ?? '', startTime);
    if (done === true) return;
    if (done === false) throw refusal(path, 'EBUSY', "it is not this daemon's any more");
    throw refusal(path, errnoName(done), errnoWords(done));
  } finally {
    native.closePidfile(file.handle);
  }
}

/** As readPidfile, and a stale file is removed, unless it has become another one meanwhile: then `busy`. */
export function clearStalePidfile(path: string, daemonUid: number | undefined): PidfileState {
  const file = open(path, daemonUid);
  if (!file) return { state: 'absent' };
  if (file.own) return { state: 'running', pid: process.pid };
  try {
    const verdict = judge(path, file, daemonUid !== undefined);
    if (verdict.state !== 'stale') return verdict;
    const removed = native.removePidfile(file.handle, file.content);
    if (removed === true) return verdict;
    if (removed === false) return { state: 'busy' };
    throw refusal(path, errnoName(removed), `it is stale and cannot be removed: ${errnoWords(removed)}`);
  } finally {
    native.closePidfile(file.handle);
  }
}
