/** Which notification sockets a supervisor has made, so that the next one can remove those of one that was killed. */
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Notes } from '../readiness/condition';
import { removeAddress } from '../readiness/notify_address';

export class MadeAddresses implements Notes {
  readonly #folder: string;

  /** One file for each, which has its path. */
  constructor(runtimeDirectory: string) {
    this.#folder = path.join(runtimeDirectory, 'notify');
  }

  #noteOf(directory: string): string {
    return path.join(this.#folder, path.basename(directory));
  }

  note(directory: string): void {
    mkdirSync(this.#folder, { recursive: true, mode: 0o700 });
    writeFileSync(this.#noteOf(directory), directory, { mode: 0o600 });
  }

  forget(directory: string): void {
    rmSync(this.#noteOf(directory), { force: true });
  }

  /** Those of a predecessor. Nothing of it is worth not to begin for. */
  clear(): void {
    try {
      for (const name of readdirSync(this.#folder)) {
        const directory = readFileSync(path.join(this.#folder, name), 'utf8');
        removeAddress(directory);
        this.forget(directory);
      }
    } catch {
      // There are none.
    }
  }
}
