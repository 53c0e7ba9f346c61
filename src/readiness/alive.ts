/** `alive:DURATION`: it has not ended by then. */
import { invalid } from '../errors';
import { parseDuration } from '../process/duration';
import { afterSeconds } from '../process/pause';
import { type Condition, type Start, type Subject, until } from './condition';

export class Alive implements Condition {
  readonly text: string;
  readonly asks = true;
  readonly state = 'it runs';
  readonly #milliseconds: number;

  constructor(text: string, rest: string) {
    const milliseconds = parseDuration(rest);
    if (milliseconds === undefined) throw invalid(`ready: '${rest}' is no duration (500ms, 10s, 2m)`);
    this.text = text;
    this.#milliseconds = milliseconds;
  }

  check({ timeout }: Start): void {
    if (this.#milliseconds >= timeout)
      throw invalid(`ready: '${this.text}' is longer than the ready timeout (${timeout / 1000} s)`);
  }

  watch(_: Subject, signal: AbortSignal): Promise<void> {
    return until(signal, (settle) => {
      const timer = afterSeconds(this.#milliseconds / 1000, settle);
      return () => clearTimeout(timer);
    });
  }
}
