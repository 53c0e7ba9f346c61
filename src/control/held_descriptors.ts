/** The listening sockets that the keeper keeps: a client who comes between two supervisors waits, and is served by the next. */
import { closeSync } from 'node:fs';
import type { KeeperLink } from '../supervisor/keeper_link';
import { heldDescriptors } from '../supervisor/listening_sockets';

const PREFIX = 'http:';

/** Those of HTTP servers, by what they are. */
export class HeldDescriptors {
  readonly #keeper: KeeperLink;
  readonly #found: Map<string, number>;

  constructor(keeper: KeeperLink, variable = process.env.TDAEMON_HELD) {
    this.#keeper = keeper;
    this.#found = new Map([...heldDescriptors(variable)].filter(([id]) => id.startsWith(PREFIX)));
  }

  /** What was left and nobody has taken yet. */
  get left(): string[] {
    return [...this.#found.keys()].map((id) => id.slice(PREFIX.length));
  }

  async take(name: string): Promise<number | undefined> {
    const descriptor = this.#found.get(PREFIX + name);
    if (descriptor === undefined) return undefined;
    this.#found.delete(PREFIX + name);
    // This keeper has it; one that may have to take its place must get it too.
    await this.keep(name, descriptor);
    return descriptor;
  }

  /** Nobody wants it any more. Resolves when nobody has it. */
  async discard(name: string): Promise<void> {
    const descriptor = this.#found.get(PREFIX + name);
    this.#found.delete(PREFIX + name);
    if (descriptor !== undefined) closeSync(descriptor);
    await this.#keeper.drop(PREFIX + name);
  }

  /** Where the keeper has no room for it, it works all the same, until we end. */
  async keep(name: string, descriptor: number): Promise<void> {
    await this.#keeper.keep(PREFIX + name, descriptor);
  }
}
