/** The library's main call. */
import { native } from '../native';
import type { Bytes } from '../process/bytes';
import { bootId, isAlive, isSameProcess } from '../process/identity';
import { startDetached } from './launch';
import type { DaemonizeOptions } from './options';
import { makePlan } from './plan';

/** A started daemon. It holds no descriptor and needs no closing: the identity is what tells it from a later process. */
export interface Daemon {
  /** Its process id, which is the pidfile's too. */
  readonly pid: number;
  /** The absolute path, if one was asked for. */
  readonly pidfile?: string;
  /** Clock ticks after boot (proc_pid_stat(5), field 22); 0 where the system does not say. */
  readonly startTime: number;
  /** The lines that made `line:` conditions true, without their ends; bytes where they are not UTF-8. */
  readonly readyLines?: readonly Bytes[];
  /** Whether it still runs: false for a zombie, and for another process that got its pid. */
  isRunning(): boolean;
}

function daemonOf(pid: number, startTime: number, pidfile: string | undefined): Daemon {
  const isRunning = () => (startTime === 0 ? isAlive(pid) : isSameProcess(pid, `${bootId()} ${startTime}`));
  return { pid, startTime, ...(pidfile !== undefined && { pidfile }), isRunning };
}

/** Whether there is anything to wait for. */
export function hasReadiness({ ready }: DaemonizeOptions): boolean {
  return typeof ready === 'string' || (ready?.length ?? 0) > 0;
}

/**
 * Start a command as a daemon (daemon(7), "SysV daemons"): a double fork, a session of its own, and exec.
 *
 * Resolves when the command is executing and its pidfile is in place and locked; with `ready`, when it is ready
 * besides. The start takes about a millisecond and is done in one native call; Node itself is never forked.
 *
 * @throws TdaemonError for every failure up to and including exec, and `ended`, `not-ready` or `interrupted` for a
 *   daemon that did not become ready. No daemon and no pidfile is left then (unless `readyKeep`).
 */
export async function daemonize(options: DaemonizeOptions): Promise<Daemon> {
  const plan = makePlan(options);
  const { pidfile } = plan.spawn;
  if (hasReadiness(options)) {
    // Only who waits needs what waits.
    const { Readiness } = await import('./readiness');
    const { pid, startTime, lines } = await new Readiness(plan, options).startAndWait();
    return { ...daemonOf(pid, startTime, pidfile), readyLines: lines };
  }
  const { pid, startTime, pidfd } = await startDetached(plan);
  if (pidfd) native.closePidfd(pidfd);
  return daemonOf(pid, startTime, pidfile);
}
