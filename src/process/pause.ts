/** setTimeout of Node takes 31 bits, and what is longer (24 days) for nothing. */
export const LONGEST_TIMEOUT_MS = 2 ** 31 - 1;

/** Node's setTimeout, of seconds, however many. */
export function afterSeconds(seconds: number, act: () => void): NodeJS.Timeout {
  return setTimeout(act, Math.min(seconds * 1000, LONGEST_TIMEOUT_MS));
}

/** (node:timers/promises would do, but loading it costs a start.) */
export function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
