/** One file that the daemon writes to, or has written to under the same name: held open, so it is never another. */
import { type BigIntStats, closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';

const { O_RDONLY, O_NONBLOCK, O_NOCTTY } = constants;
const CHUNK = 64 * 1024;

export class LogFile {
  /** What lies before is not the daemon's. */
  start: number;
  readonly #file: number;
  readonly #found: BigIntStats;

  private constructor(file: number, found: BigIntStats, start: number) {
    this.#file = file;
    this.#found = found;
    this.start = start;
  }

  /** Undefined: it is not there just now, or not ours to read, or not the one that is meant. */
  static open(
    path: string,
    start: number,
    flags: number,
    isMeant: (found: BigIntStats) => boolean,
  ): LogFile | undefined {
    let file: number | undefined;
    try {
      file = openSync(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | flags);
      const found = fstatSync(file, { bigint: true });
      if (found.isFile() && isMeant(found)) return new LogFile(file, found, start);
    } catch {
      // See above.
    }
    if (file !== undefined) closeSync(file);
    return undefined;
  }

  is({ dev, ino }: Pick<BigIntStats, 'dev' | 'ino'>): boolean {
    return this.#found.dev === dev && this.#found.ino === ino;
  }

  /** What inotify(7) can watch: this very file, whatever its name is by now. */
  get watchable(): string {
    return `/proc/self/fd/${this.#file}`;
  }

  get size(): number {
    return fstatSync(this.#file).size;
  }

  /** At most some of what is there; empty: nothing. */
  read(offset: number, most = CHUNK): Buffer {
    const chunk = Buffer.allocUnsafe(Math.max(0, Math.min(most, this.size - offset)));
    return chunk.subarray(0, readSync(this.#file, chunk, 0, chunk.length, offset));
  }

  close(): void {
    closeSync(this.#file);
  }
}
