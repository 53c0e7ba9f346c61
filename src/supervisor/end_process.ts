/** Signals to a program: to it alone, or to all that belong to it. */
import { kill, type LiveProcess } from '../process/live_process';

/** @returns what went wrong, if anything */
export function endProcess(
  live: LiveProcess,
  group: number,
  signal: number,
  asGroup: boolean,
): string | undefined {
  try {
    // It leads its group and is not reaped yet, so the number is its own.
    if (!asGroup) live.signal(signal);
    else if (!live.hasEnded()) kill(-group, signal);
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}
