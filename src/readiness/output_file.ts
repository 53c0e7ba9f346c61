/** A log file of the daemon's, read from where the daemon began to write, through rotation and truncation. */
import { type BigIntStats, closeSync, constants, fstatSync, openSync, readSync, statSync } from 'node:fs';
import type { OpenedOutput } from '../native';

const { O_RDONLY, O_NONBLOCK, O_NOCTTY } = constants;
const CHUNK = 64 * 1024;
/** Of which the last lines are taken. */
const TAIL_BYTES = 64 * 1024;

export class OutputFile {
  readonly path: string;
  /** Of the daemon, 1 or 2. */
  readonly descriptor: number;
  readonly #opened: OpenedOutput;
  readonly #uid: number;
  #file: number | undefined;
  #start: number;
  #offset: number;
  /** Counts the files that have had the name. */
  generation = 0;

  /** @param uid the daemon's: a file of anybody else's is no log of its, whatever its name */
  constructor(path: string, descriptor: number, opened: OpenedOutput, uid: number) {
    this.path = path;
    this.descriptor = descriptor;
    this.#opened = opened;
    this.#uid = uid;
    this.#start = opened.size;
    this.#offset = opened.size;
    this.#file = this.#open(({ dev, ino }) => dev === opened.device && ino === opened.inode);
    // Rotated already: what was written meanwhile is in a file of another name.
    if (this.#file === undefined) this.#takeNew();
  }

  /** The same from its beginning, for another reader. */
  again(): OutputFile {
    return new OutputFile(this.path, this.descriptor, this.#opened, this.#uid);
  }

  /** Whether it can be read: who may write to a log may not always read it. */
  get isReadable(): boolean {
    return this.#file !== undefined;
  }

  /** What inotify(7) can watch: this very file, whatever its name is by now. */
  get watchable(): string {
    return this.#file === undefined ? this.path : `/proc/self/fd/${this.#file}`;
  }

  #open(isMeant: (found: BigIntStats) => boolean): number | undefined {
    let file: number | undefined;
    try {
      file = openSync(this.path, O_RDONLY | O_NONBLOCK | O_NOCTTY);
      const found = fstatSync(file, { bigint: true });
      if (found.isFile() && isMeant(found)) return file;
    } catch {
      // Not there just now, or not ours to read.
    }
    if (file !== undefined) closeSync(file);
    return undefined;
  }

  /** Another file has the name now. Root reads no third user's. @returns whether it was taken */
  #takeNew(): boolean {
    const own = this.#file === undefined ? undefined : fstatSync(this.#file, { bigint: true });
    const isRoot = process.geteuid?.() === 0;
    const next = this.#open(({ dev, ino, uid, nlink }) => {
      if (own && own.dev === dev && own.ino === ino) return false;
      return !isRoot || (nlink === 1n && (uid === 0n || uid === BigInt(this.#uid)));
    });
    if (next === undefined) return false;
    this.close();
    this.#file = next;
    this.#start = 0;
    this.#offset = 0;
    this.generation++;
    return true;
  }

  /** What has been written since the last call, at most some; empty: nothing more for now. */
  read(): Buffer {
    const chunk = this.#readOn();
    return chunk.length === 0 && this.#hasMoved() && this.#takeNew() ? this.#readOn() : chunk;
  }

  #readOn(): Buffer {
    if (this.#file === undefined) return Buffer.alloc(0);
    const { size } = fstatSync(this.#file);
    if (size < this.#offset) {
      this.#start = 0;
      this.#offset = 0;
    }
    if (size === this.#offset) return Buffer.alloc(0);
    const chunk = Buffer.allocUnsafe(Math.min(CHUNK, size - this.#offset));
    const length = readSync(this.#file, chunk, 0, chunk.length, this.#offset);
    this.#offset += length;
    return chunk.subarray(0, length);
  }

  /** Whether the name means another file by now. */
  #hasMoved(): boolean {
    try {
      const named = statSync(this.path, { bigint: true });
      const own = this.#file === undefined ? undefined : fstatSync(this.#file, { bigint: true });
      return own === undefined || named.ino !== own.ino || named.dev !== own.dev;
    } catch {
      return false;
    }
  }

  /** The last lines that have been written since the start, as text. */
  lastLines(count: number): string[] {
    if (this.#hasMoved()) this.#takeNew();
    if (this.#file === undefined) return [];
    const { size } = fstatSync(this.#file);
    const from = Math.max(size < this.#start ? 0 : this.#start, size - TAIL_BYTES);
    const bytes = Buffer.alloc(Math.max(0, size - from));
    const length = readSync(this.#file, bytes, 0, bytes.length, from);
    const lines = bytes.toString('utf8', 0, length).split('\n');
    if (lines.at(-1) === '') lines.pop();
    return lines.slice(-count);
  }

  close(): void {
    if (this.#file !== undefined) closeSync(this.#file);
    this.#file = undefined;
  }
}
