/** Follows an output file line by line: told by inotify(7), not by looking again and again. */
import { type FSWatcher, watch } from 'node:fs';
import { basename, dirname } from 'node:path';
import type { OutputFile } from './output_file';

/** Where nothing can be watched (no inotify instances left, an odd file system). */
const LOOK_MS = 100;
/** An unfinished line counts when nothing has followed for so long: some programs print no newline and wait. */
const QUIET_MS = 1000;
/** A longer line is taken in pieces. */
const LONGEST_LINE = 16 * 1024 * 1024;

const NEWLINE = 10;

/** Calls with every batch of complete lines, without their ends. */
export class LineFollower {
  readonly #output: OutputFile;
  readonly #onLines: (lines: Buffer[]) => void;
  readonly #watchers: FSWatcher[] = [];
  #fileWatcher: FSWatcher | undefined;
  #timer: NodeJS.Timeout | undefined;
  #quiet: NodeJS.Timeout | undefined;
  #unfinished: Buffer[] = [];
  #unfinishedBytes = 0;
  #closed = false;

  constructor(output: OutputFile, onLines: (lines: Buffer[]) => void) {
    // Its own: each reader is somewhere else in it.
    this.#output = output.again();
    this.#onLines = onLines;
  }

  begin(): void {
    this.#watchDirectory();
    this.#watchFile();
    this.#drain();
  }

  #drain(): void {
    const { generation } = this.#output;
    while (!this.#closed) {
      const chunk = this.#output.read();
      if (chunk.length === 0) break;
      this.#take(chunk);
    }
    this.#awaitSilence();
    if (this.#output.generation !== generation) this.#watchFile();
  }

  close(): void {
    this.#closed = true;
    clearInterval(this.#timer);
    clearTimeout(this.#quiet);
    for (const watcher of this.#watchers) watcher.close();
    this.#fileWatcher?.close();
    this.#output.close();
  }

  #take(chunk: Buffer): void {
    const lines: Buffer[] = [];
    let from = 0;
    for (let end = chunk.indexOf(NEWLINE); end !== -1; end = chunk.indexOf(NEWLINE, from)) {
      lines.push(this.#join(chunk.subarray(from, end)));
      from = end + 1;
    }
    this.#unfinished.push(chunk.subarray(from));
    this.#unfinishedBytes += chunk.length - from;
    if (this.#unfinishedBytes > LONGEST_LINE) lines.push(this.#join(Buffer.alloc(0)));
    if (lines.length > 0) this.#onLines(lines);
  }

  #join(end: Buffer): Buffer {
    const line = this.#unfinished.length === 0 ? end : Buffer.concat([...this.#unfinished, end]);
    this.#unfinished = [];
    this.#unfinishedBytes = 0;
    return line;
  }

  #finishLine(): void {
    if (this.#unfinishedBytes > 0 && !this.#closed) this.#onLines([this.#join(Buffer.alloc(0))]);
  }

  #awaitSilence(): void {
    clearTimeout(this.#quiet);
    if (this.#unfinishedBytes === 0 || this.#closed) return;
    this.#quiet = setTimeout(() => {
      // It stays unfinished: what follows belongs to it.
      const kept = this.#unfinished;
      const bytes = this.#unfinishedBytes;
      this.#finishLine();
      this.#unfinished = kept;
      this.#unfinishedBytes = bytes;
    }, QUIET_MS);
  }

  #watchFile(): void {
    if (this.#closed) return;
    this.#fileWatcher?.close();
    this.#fileWatcher = this.#watch(this.#output.watchable, () => this.#drain());
    // What was written before the watch was there.
    queueMicrotask(() => this.#drain());
  }

  /** A rotated log gets a new file of the same name. */
  #watchDirectory(): void {
    const name = basename(this.#output.path);
    const watcher = this.#watch(dirname(this.#output.path), (changed) => {
      if (changed === null || changed === name) this.#drain();
    });
    if (watcher) this.#watchers.push(watcher);
  }

  #watch(path: string, changed: (name: string | null) => void): FSWatcher | undefined {
    try {
      const watcher = watch(path, (_, name) => changed(name));
      watcher.on('error', () => this.#lookAgain());
      return watcher;
    } catch {
      this.#lookAgain();
      return undefined;
    }
  }

  #lookAgain(): void {
    if (!this.#closed) this.#timer ??= setInterval(() => this.#drain(), LOOK_MS);
  }
}
