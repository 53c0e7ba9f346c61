/** Send one signal to a daemon. */
import { TdaemonError } from '../errors';
import type { LiveProcess } from '../process/live_process';
import { groupOf, signalGroup } from '../process/process_group';
import { signalNumber } from '../process/signals';
import { findDaemons, type Selector } from './find_daemons';

/** Whom to signal, and with what. */
export interface SignalOptions extends Selector {
  /** By name or number. */
  signal: string | number;
  /** Signal the whole process group. Default false. */
  group?: boolean;
}

function send(live: LiveProcess, signal: number, group: boolean): boolean {
  const members = group ? groupOf(live.pid) : undefined;
  return members ? !live.hasEnded() && signalGroup(members, signal) : live.signal(signal);
}

/**
 * Send a signal through a pidfd, to the process that was checked and to no other.
 *
 * @returns the pids that were signalled
 * @throws TdaemonError: `not-running`; `setup` when one must not be signalled, or the pidfile cannot be read or
 *   trusted; `invalid` for an unknown signal or an empty selector
 */
export function signalDaemon({ signal, group = false, ...selector }: SignalOptions): number[] {
  const number = signalNumber(signal);
  const found = findDaemons(selector, true);
  const { pidfile } = found;
  const daemons = found.state === 'running' ? found.daemons : [];
  try {
    const signalled = daemons.filter((live) => send(live, number, group)).map(({ pid }) => pid);
    if (signalled.length > 0) return signalled;
  } finally {
    for (const live of daemons) live.close();
  }
  throw new TdaemonError(`not running${pidfile === undefined ? '' : ` (pidfile '${pidfile}')`}`, {
    reason: 'not-running',
    code: 'ESRCH',
    ...(pidfile !== undefined && { path: pidfile }),
  });
}
