/** Wait for what must come, without guessing how long it takes. */
import { setTimeout as pause } from 'node:timers/promises';

const LIMIT_MS = 30_000;

type Missing = undefined | null | false;
type Look<Value> = () => Value | Missing | Promise<Value | Missing>;

/** A file that is not there yet will be. */
async function seen<Value>(look: Look<Value>): Promise<{ value?: Value | Missing; why: string }> {
  try {
    return { value: await look(), why: '' };
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code !== 'ENOENT') throw error;
    return { why: ` (${message})` };
  }
}

/** Resolves with the first value that is neither undefined, null nor false. */
export async function eventually<Value>(what: string, look: Look<Value>, limit = LIMIT_MS): Promise<Value> {
  const end = Date.now() + limit;
  for (;;) {
    const { value, why } = await seen(look);
    if (value !== undefined && value !== null && value !== false) return value;
    if (Date.now() > end) throw new Error(`did not happen: ${what}${why}`);
    await pause(5);
  }
}
