/** End a daemon whose start has failed, with all that is in its process group. */
import { type LiveProcess, readStat } from '../process/live_process';
import { awaitGroupEnd, type ProcessGroup, signalGroup } from '../process/process_group';
import { signalNumber } from '../process/signals';

function signal(live: LiveProcess, group: ProcessGroup, number: number): void {
  try {
    // Its leader has ended long ago: a process of that very number began another group.
    if (!readStat(group.group)) signalGroup(group, number);
  } catch {
    // Somebody is in the group whom we may not touch: then the daemon alone.
  }
  // It may be in another group than the one it began in.
  live.signal(number);
}

const AFTER_KILL_MS = 5000;

/**
 * @param grace milliseconds between SIGTERM and SIGKILL; `Infinity`: however long it takes
 * @returns whether all of it has ended
 */
export async function abandon(live: LiveProcess, group: ProcessGroup, grace: number): Promise<boolean> {
  for (const [name, wait] of [
    ['TERM', grace],
    ['KILL', AFTER_KILL_MS],
  ] as const) {
    signal(live, group, signalNumber(name));
    const began = performance.now();
    const ended = await live.waitForEnd(wait);
    if (ended && (await awaitGroupEnd(group, wait - (performance.now() - began)))) return true;
  }
  return false;
}
