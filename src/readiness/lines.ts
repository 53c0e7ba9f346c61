/** Follows an output line by line: told by inotify(7), not by looking again and again. */
import { type FSWatcher, watch } from 'node:fs';
import { basename, dirname } from 'node:path';
import { LineSplitter } from './line_splitter';
import type { LogFile } from './log_file';
import type { OutputFile } from './output_file';

/** Where nothing can be watched (no inotify instances left, an odd file system). */
const LOOK_MS = 100;
/** An unfinished line counts when nothing has followed for so long: some programs print no newline and wait. */
const QUIET_MS = 1000;

/** How far one file has been read. Others may follow the same file. */
interface Place {
  offset: number;
  readonly splitter: LineSplitter;
  readonly watcher: FSWatcher | undefined;
}

/** Calls with every batch of complete lines, without their ends. */
export class LineFollower {
  readonly #output: OutputFile;
  readonly #onLines: (lines: Buffer[]) => void;
  readonly #places = new Map<LogFile, Place>();
  #directoryWatcher: FSWatcher | undefined;
  #timer: NodeJS.Timeout | undefined;
  #quiet: NodeJS.Timeout | undefined;
  #next: NodeJS.Immediate | undefined;
  #closed = false;

  constructor(output: OutputFile, onLines: (lines: Buffer[]) => void) {
    this.#output = output;
    this.#onLines = onLines;
  }

  begin(): void {
    // A rotated log gets a new file of the same name.
    const name = basename(this.#output.path);
    this.#directoryWatcher = this.#watch(dirname(this.#output.path), (changed) => {
      if (changed === null || changed === name) this.#look();
    });
    this.#look();
  }

  close(): void {
    this.#closed = true;
    clearInterval(this.#timer);
    clearTimeout(this.#quiet);
    clearImmediate(this.#next);
    this.#directoryWatcher?.close();
    for (const { watcher } of this.#places.values()) watcher?.close();
  }

  /** Reads a piece only: a daemon that writes faster than we read must not keep time, ^C or its end from us. */
  #look(): void {
    if (this.#closed) return;
    this.#output.lookForNew();
    const { files } = this.#output;
    for (const [file, { watcher }] of this.#places) {
      if (files.includes(file)) continue;
      watcher?.close();
      this.#places.delete(file);
    }
    // What was written before the watch was there is found by reading after it.
    const read = files.map((file) => this.#read(file)).includes(true);
    if (this.#closed) return;
    if (read) {
      clearImmediate(this.#next);
      this.#next = setImmediate(() => this.#look());
    }
    this.#awaitSilence();
  }

  /** @returns whether there may be more */
  #read(file: LogFile): boolean {
    const place = this.#placeIn(file);
    if (file.size < place.offset) {
      // Truncated: what was there is over, and its last line too.
      file.start = 0;
      place.offset = 0;
      this.#tell(place.splitter.finish());
    }
    const chunk = file.read(place.offset);
    place.offset += chunk.length;
    this.#tell(place.splitter.take(chunk));
    return chunk.length > 0;
  }

  #placeIn(file: LogFile): Place {
    const known = this.#places.get(file);
    if (known) return known;
    const place = {
      offset: file.start,
      splitter: new LineSplitter(),
      watcher: this.#watch(file.watchable, () => this.#look()),
    };
    this.#places.set(file, place);
    return place;
  }

  #tell(lines: Buffer[]): void {
    if (lines.length > 0 && !this.#closed) this.#onLines(lines);
  }

  /** It stays unfinished: what follows belongs to it. */
  #awaitSilence(): void {
    clearTimeout(this.#quiet);
    const unfinished = [...this.#places.values()].filter(({ splitter }) => splitter.hasUnfinished);
    if (unfinished.length === 0) return;
    this.#quiet = setTimeout(() => this.#tell(unfinished.map(({ splitter }) => splitter.peek())), QUIET_MS);
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
    if (!this.#closed) this.#timer ??= setInterval(() => this.#look(), LOOK_MS);
  }
}
