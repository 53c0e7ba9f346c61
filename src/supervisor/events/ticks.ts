/** TICK_5, TICK_60, TICK_3600: when the clock passes a multiple of so many seconds; no timer where nobody listens. */

const PERIODS = [5, 60, 3600] as const;

export class Ticks {
  readonly #tell: (period: number, when: number) => void;
  readonly #timers = new Map<number, NodeJS.Timeout>();

  constructor(tell: (period: number, when: number) => void) {
    this.#tell = tell;
  }

  /** @param isWanted whether somebody listens to this event */
  want(isWanted: (type: string) => boolean): void {
    for (const period of PERIODS) {
      const wanted = isWanted(`TICK_${period}`);
      if (wanted && !this.#timers.has(period)) this.#await(period, slice(period));
      else if (!wanted) {
        clearTimeout(this.#timers.get(period));
        this.#timers.delete(period);
      }
    }
  }

  /** The next is as far away as the clock says now: where the clock jumps, one comes early or late, and none is lost. */
  #await(period: number, last: number): void {
    const left = period * 1000 - (Date.now() % (period * 1000));
    const timer = setTimeout(() => {
      const now = slice(period);
      if (now !== last) this.#tell(period, now);
      if (this.#timers.get(period) === timer) this.#await(period, now);
    }, left);
    this.#timers.set(period, timer);
  }
}

function slice(period: number): number {
  const now = Math.floor(Date.now() / 1000);
  return now - (now % period);
}
