/** The listening sockets that the keeper keeps: a client who comes between two supervisors waits, and is served by the next. */
import { closeSync } from 'node:fs';
import type { KeeperLink } from '../supervisor/keeper_link';
import { decodeWord } from '../supervisor/words';

/** TDAEMON_HELD: what supervisors before us have left, by ID. */
export function readHeld(variable: string | undefined): Map<string, number> {
  const entries = (variable ?? '').split(',').flatMap((entry): [string, number][] => {
    const [id = '', descriptor = ''] = entry.split('=');
    return /^\d+$/.test(descriptor) ? [[decodeWord(id), Number(descriptor)]] : [];
  });
  return new Map(entries);
}

const PREFIX = 'http:';

/** Those of one kind, by what identifies them. */
export class HeldDescriptors {
  readonly #keeper: KeeperLink;
  readonly #found: Map<string, number>;
  readonly #kept = new Map<string, number>();

  constructor(keeper: KeeperLink, variable = process.env.TDAEMON_HELD) {
    this.#keeper = keeper;
    this.#found = new Map([...readHeld(variable)].filter(([id]) => id.startsWith(PREFIX)));
  }

  /** What was left and nobody has taken yet. */
  get left(): string[] {
    return [...this.#found.keys()].map((id) => id.slice(PREFIX.length));
  }

  take(name: string): number | undefined {
    const id = PREFIX + name;
    const descriptor = this.#found.get(id);
    if (descriptor === undefined) return undefined;
    this.#found.delete(id);
    this.#kept.set(id, descriptor);
    return descriptor;
  }

  /** Nobody wants it any more. Resolves when nobody has it. */
  async discard(name: string): Promise<void> {
    const id = PREFIX + name;
    const descriptor = this.#found.get(id);
    this.#found.delete(id);
    this.#kept.delete(id);
    if (descriptor !== undefined) closeSync(descriptor);
    await this.#keeper.drop(id);
  }

  /** Where the keeper has no room for it, it works all the same, until we end. */
  async keep(name: string, descriptor: number): Promise<void> {
    const id = PREFIX + name;
    this.#kept.set(id, descriptor);
    await this.#keeper.keep(id, descriptor);
  }

  /** Another keeper knows nothing of them. */
  async keepAgain(): Promise<void> {
    await Promise.all([...this.#kept].map(([id, descriptor]) => this.#keeper.keep(id, descriptor)));
  }
}
