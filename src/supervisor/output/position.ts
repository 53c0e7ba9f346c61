/** How far a log has been followed: in a small file, for the supervisor that goes on where this one was. */
import { closeSync, constants, openSync, readFileSync, rmSync, writeSync } from 'node:fs';

export interface Place {
  inode: number;
  /** All before is dealt with. */
  safe: number;
  /** What lies between has been told, but is needed to understand what follows: half a line, half a capture. */
  told: number;
}

const { O_RDWR, O_CREAT } = constants;
const WIDTH = 20;

export class Position {
  readonly #path: string;
  readonly #file: number | undefined;

  constructor(path: string) {
    this.#path = path;
    try {
      this.#file = openSync(path, O_RDWR | O_CREAT, 0o600);
    } catch {
      // Then it begins at the end of the log next time.
    }
  }

  /** Of a supervisor before us. */
  read(): Place | undefined {
    if (this.#file === undefined) return undefined;
    const words = readFileSync(this.#path, 'latin1').trim().split(/ +/).map(Number);
    const [inode = 0, safe, told] = words;
    return safe === undefined || told === undefined || words.some(Number.isNaN)
      ? undefined
      : { inode, safe, told };
  }

  write({ inode, safe, told }: Place): void {
    if (this.#file === undefined) return;
    const words = [inode, safe, told].map((number) => String(number).padStart(WIDTH));
    try {
      // Always as long: what was there before is replaced in one go.
      writeSync(this.#file, `${words.join(' ')}\n`, 0);
    } catch {
      // See above.
    }
  }

  close(): void {
    if (this.#file !== undefined) closeSync(this.#file);
    rmSync(this.#path, { force: true });
  }
}
