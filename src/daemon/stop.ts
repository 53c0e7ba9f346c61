/** End a daemon, and know that it has ended. */
import { TdaemonError } from '../errors';
import type { LiveProcess } from '../process/live_process';
import { awaitGroupEnd, groupOf, type ProcessGroup, signalGroup } from '../process/process_group';
import { signalNumber } from '../process/signals';
import { findDaemons, type Selector } from './find_daemons';
import { clearStalePidfile } from './pidfile';
import { DEFAULT_SCHEDULE, parseRetrySchedule, stepsOf } from './retry_schedule';

/** Whom to stop, and how. */
export interface StopOptions extends Selector {
  /** Grammar of start-stop-daemon(8), `TIMEOUT`, or `SIGNAL/TIMEOUT/…` with times in seconds. Default `TERM/10/KILL/5`. */
  retry?: string;
  /** First signal, where `retry` is absent or only a time. Default TERM. */
  signal?: string | number;
  /** Signal the whole process group, and wait until all of it has ended. Default false. */
  group?: boolean;
  /** Told once a wait begins: which process, and for how long, in milliseconds (`Infinity`: until it ends). */
  onWait?: (pid: number, milliseconds: number) => void;
}

/** What came of a stop. */
export type Stopped =
  /** They have ended (one, where a pidfile names it), and the pidfile is gone. */
  | { outcome: 'stopped'; pids: number[] }
  /** There was nothing to stop; a stale pidfile has been removed. */
  | { outcome: 'not-running' };

function scheduleOf({ retry, signal }: StopOptions) {
  const first = signalNumber(signal ?? 'TERM');
  if (retry !== undefined) return parseRetrySchedule(retry, first);
  return parseRetrySchedule(signal === undefined ? DEFAULT_SCHEDULE : `-${first}/10/KILL/5`, first);
}

/** A daemon, and with `group` everybody who is left of its process group. */
class Target {
  readonly #live: LiveProcess;
  readonly #group: ProcessGroup | undefined;

  constructor(live: LiveProcess, whole: boolean) {
    this.#live = live;
    this.#group = whole ? groupOf(live.pid) : undefined;
  }

  signal(signal: number): void {
    if (this.#group) signalGroup(this.#group, signal);
    else this.#live.signal(signal);
  }

  async hasEndedWithin(milliseconds: number): Promise<boolean> {
    const began = performance.now();
    if (!(await this.#live.waitForEnd(milliseconds))) return false;
    return this.#group ? awaitGroupEnd(this.#group, milliseconds - (performance.now() - began)) : true;
  }
}

async function runSchedule(live: LiveProcess, options: StopOptions): Promise<boolean> {
  const target = new Target(live, options.group ?? false);
  for (const step of stepsOf(scheduleOf(options))) {
    if (step.kind === 'signal') {
      target.signal(step.signal);
      continue;
    }
    options.onWait?.(live.pid, step.milliseconds);
    if (await target.hasEndedWithin(step.milliseconds)) return true;
  }
  return target.hasEndedWithin(0);
}

/**
 * Signal a daemon after its schedule until it has ended (pidfd, no polling), and remove its pidfile.
 *
 * @throws TdaemonError: `still-running` after the whole schedule; `setup` when it must not be signalled, or the
 *   pidfile cannot be read or trusted; `invalid` for a wrong schedule or an empty selector.
 */
export async function stop(options: StopOptions): Promise<Stopped> {
  scheduleOf(options);
  const found = findDaemons(options, true);
  const { pidfile } = found;
  if (found.state !== 'running') {
    if (pidfile !== undefined && found.state === 'stale') clearStalePidfile(pidfile, undefined);
    return { outcome: 'not-running' };
  }
  const pids = found.daemons.map(({ pid }) => pid);
  try {
    // What fails for one is told when all others have had their schedule.
    const outcomes = await Promise.allSettled(found.daemons.map((live) => runSchedule(live, options)));
    for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason;
    const left = pids.filter((_, at) => (outcomes[at] as PromiseFulfilledResult<boolean>).value === false);
    if (left.length > 0) {
      throw new TdaemonError(`still running after the whole schedule: process ${left.join(', ')}`, {
        reason: 'still-running',
        code: 'ETIMEDOUT',
        ...(left[0] !== undefined && { pid: left[0] }),
        ...(pidfile !== undefined && { path: pidfile }),
      });
    }
  } finally {
    for (const live of found.daemons) live.close();
  }
  // A well-behaved daemon has removed it, and somebody may have started the next: only a stale one goes.
  if (pidfile !== undefined) clearStalePidfile(pidfile, undefined);
  return { outcome: 'stopped', pids };
}
