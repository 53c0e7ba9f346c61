/**
 * What was refused, for the main log: so much of each kind in a while, and how many more there were. Whoever may not ask must not be
 * able to fill the disk, or to rotate away what the log has said of others.
 */
import type { MainLog } from '../supervisor/main_log';

const MOST = 20;
const WHILE_MS = 10_000;

interface Told {
  since: number;
  count: number;
}

export class Refusals {
  readonly #log: MainLog;
  readonly #server: string;
  readonly #told = new Map<string, Told>();

  /** @param server as the log calls it */
  constructor(log: MainLog, server: string) {
    this.#log = log;
    this.#server = server;
  }

  /** @param why one of few */
  say(from: string, why: string): void {
    const now = performance.now();
    const before = this.#told.get(why);
    const isNew = !before || now - before.since > WHILE_MS;
    const { since, count } = isNew ? { since: now, count: 0 } : before;
    this.#told.set(why, { since, count: count + 1 });
    if (count >= MOST) return;
    const untold = isNew && before ? Math.max(0, before.count - MOST) : 0;
    const more = untold > 0 ? ` (and ${untold} before it)` : '';
    this.#log.say('warn', `${this.#server}: refused a request of ${from}: ${why}${more}`);
  }
}
