/** Whether a daemon runs, and what there is to say of it. */
import { describeProcess, type ProcessDescription } from '../process/describe';
import { supervisedBy } from '../process/supervised';
import { findDaemons, type Selector } from './find_daemons';

/** What statusOf() found. */
export type DaemonStatus =
  | { state: 'running'; pidfile?: string; processes: ProcessDescription[] }
  /** The pidfile is there, its process is not. */
  | { state: 'dead'; pidfile?: string; pid?: number }
  | { state: 'not-running'; pidfile?: string };

/**
 * Look whether a daemon runs; nothing is signalled or changed, and anybody's pidfile may be asked for.
 *
 * @throws TdaemonError (`setup`) where it cannot be told: the pidfile is unreadable, or holds no pid. */
export function statusOf(selector: Selector): DaemonStatus {
  const found = findDaemons(selector, false);
  const pidfile = found.pidfile === undefined ? {} : { pidfile: found.pidfile };
  if (found.state === 'stale')
    return { state: 'dead', ...pidfile, ...(found.pid !== undefined && { pid: found.pid }) };
  if (found.state === 'absent') return { state: 'not-running', ...pidfile };
  const processes = found.daemons.flatMap((live) => {
    // Of a keeper, what it looks after is what people want to know.
    const pids = [live.pid, ...supervisedBy(live.pid)];
    live.close();
    return pids.map(describeProcess);
  });
  return { state: 'running', ...pidfile, processes };
}
