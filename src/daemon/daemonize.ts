/** The library's main call. */
import { native } from '../native';
import { bootId, isAlive, isSameProcess } from '../process/identity';
import { startDetached } from './launch';
import type { DaemonizeOptions } from './options';
import { makePlan } from './plan';

/** A started daemon. It holds no descriptor and needs no closing: the identity is what tells it from a later process. */
export interface Daemon {
  readonly pid: number;
  /** The absolute path, if one was asked for. */
  readonly pidfile?: string;
  /** Clock ticks after boot (proc_pid_stat(5), field 22); 0 where the system does not say. */
  readonly startTime: number;
  /** Whether it still runs: false for a zombie, and for another process that got its pid. */
  isRunning(): boolean;
}

/**
 * Start a command as a daemon (daemon(7), "SysV daemons"): a double fork, a session of its own, and exec.
 *
 * Resolves when the command is executing and its pidfile is in place and locked. The work takes about a
 * millisecond and is done in one native call; Node itself is never forked.
 *
 * @throws TdaemonError for every failure up to and including exec; no daemon and no pidfile is left then.
 */
export async function daemonize(options: DaemonizeOptions): Promise<Daemon> {
  const plan = makePlan(options);
  const { pid, startTime, pidfd } = await startDetached(plan);
  if (pidfd) native.closePidfd(pidfd);
  const { pidfile } = plan.spawn;
  const isRunning = () => (startTime === 0 ? isAlive(pid) : isSameProcess(pid, `${bootId()} ${startTime}`));
  return { pid, startTime, ...(pidfile !== undefined && { pidfile }), isRunning };
}
