/** Wait for what must come, without guessing how long it takes. */
import { setTimeout as pause } from 'node:timers/promises';

const LIMIT_MS = 30_000;

type Missing = undefined | null | false;

/** Resolves with the first value that is neither undefined, null nor false. */
export async function eventually<Value>(
  what: string,
  look: () => Value | Missing | Promise<Value | Missing>,
  limit = LIMIT_MS,
): Promise<Value> {
  const end = Date.now() + limit;
  for (;;) {
    const value = await look();
    if (value !== undefined && value !== null && value !== false) return value;
    if (Date.now() > end) throw new Error(`did not happen: ${what}`);
    await pause(5);
  }
}
