/** `file:PATH`: the file is there, and newer than the start. */
import { type BigIntStats, statSync } from 'node:fs';
import type { Condition, Start, Subject } from './condition';
import { inRoot } from './paths';
import { poll } from './poll';

/** Time stamps of files lag behind the clock by a tick, and by two seconds on some file systems. */
const SLACK_MS = 2000n;

function look(path: string): BigIntStats | undefined {
  try {
    return statSync(path, { bigint: true });
  } catch {
    return undefined;
  }
}

export class FileAppears implements Condition {
  readonly text: string;
  readonly asks = true;
  readonly #given: string;
  /** Where it is now. */
  #path = '';
  #before: BigIntStats | undefined;
  #started = 0n;

  constructor(text: string, rest: string) {
    this.text = text;
    this.#given = rest;
  }

  get state(): string {
    return look(this.#path) ? 'it is older than the start' : 'no such file';
  }

  prepare(start: Start): void {
    // What was there before somebody else's start only its time stamp tells.
    this.#before = start.startedAt === undefined ? look(inRoot(start, this.#given)) : undefined;
    this.#started = BigInt(Math.floor(start.startedAt ?? Date.now()));
  }

  watch(subject: Subject, signal: AbortSignal): Promise<void> {
    return poll(signal, async () => {
      this.#path = inRoot(subject, this.#given);
      const now = look(this.#path);
      const before = this.#before;
      if (!now || now.mtimeMs < this.#started - SLACK_MS) return false;
      // What was there and has not been touched is older, whatever its time stamp says.
      return now.ino !== before?.ino || now.dev !== before.dev || now.mtimeNs !== before.mtimeNs;
    });
  }
}
