/**
 * Follows a log file for one client: told by inotify(7) when something is written, goes on in the next file after a rotation.
 * Reads in the background: a disk that hangs keeps this client waiting, and nobody else.
 */
import { type FSWatcher, watch } from 'node:fs';
import { type FileHandle, stat } from 'node:fs/promises';
import path from 'node:path';
import { openLog } from './log_reading';

const CHUNK = 64 * 1024;
/** Where nothing can be watched (no inotify instances left). */
const LOOK_MS = 1000;
export const TRUNCATED = '==> File truncated <==\n';

/** Takes what was read. Resolves when it is ready for more. */
export type Sink = (bytes: Buffer) => Promise<void> | void;

/** For who would rather miss something than lag behind. */
export interface Skipping {
  /** Bytes that are written and not read yet. */
  mostBehind: number;
  onSkip(bytes: number): void;
}

interface Followed {
  file: FileHandle;
  inode: bigint;
  device: bigint;
  offset: number;
  watcher: FSWatcher | undefined;
}

export class LogTail {
  readonly #path: string;
  readonly #sink: Sink;
  readonly #skipping: Skipping | undefined;
  #followed: Followed | undefined;
  #directory: FSWatcher | undefined;
  #timer: NodeJS.Timeout | undefined;
  #isLooking = false;
  #isChanged = false;
  #closed = false;

  constructor(file: string, sink: Sink, skipping?: Skipping) {
    this.#path = file;
    this.#sink = sink;
    this.#skipping = skipping;
  }

  /**
   * @param last so many bytes of what is there come first
   * @returns when the file was written last; undefined: it is not there
   */
  async begin(last: number): Promise<Date | undefined> {
    const opened = await openLog(this.#path);
    if (!opened) return undefined;
    this.#followed = await this.#follow(opened.file, Math.max(0, opened.size - last));
    const name = path.basename(this.#path);
    this.#directory = this.#watch(path.dirname(this.#path), (changed) => {
      if (changed === null || changed === name) this.#look();
    });
    const { mtime } = await opened.file.stat();
    return mtime;
  }

  /** From now on the sink is called. */
  flow(): void {
    this.#look();
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    clearInterval(this.#timer);
    this.#directory?.close();
    // A look that is under way closes what it reads.
    if (!this.#isLooking) await this.#leave();
  }

  async #follow(file: FileHandle, offset: number): Promise<Followed> {
    const { ino, dev } = await file.stat({ bigint: true });
    // This very file, whatever its name is by now.
    const watcher = this.#watch(`/proc/self/fd/${file.fd}`, () => this.#look());
    return { file, inode: ino, device: dev, offset, watcher };
  }

  async #leave(): Promise<void> {
    const { file, watcher } = this.#followed ?? {};
    this.#followed = undefined;
    watcher?.close();
    await file?.close().catch(() => undefined);
  }

  #watch(what: string, changed: (name: string | null) => void): FSWatcher | undefined {
    try {
      return watch(what, (_, name) => changed(name)).on('error', () => this.#lookAgain());
    } catch {
      this.#lookAgain();
      return undefined;
    }
  }

  #lookAgain(): void {
    if (!this.#closed) this.#timer ??= setInterval(() => this.#look(), LOOK_MS);
  }

  #look(): void {
    this.#isChanged = true;
    if (this.#isLooking || this.#closed) return;
    this.#isLooking = true;
    void this.#catchUp().finally(async () => {
      this.#isLooking = false;
      if (this.#closed) await this.#leave();
    });
  }

  async #catchUp(): Promise<void> {
    while (this.#isChanged && !this.#closed) {
      this.#isChanged = false;
      try {
        // First whether there is another file: what the old one still got before is not missed then.
        const next = await this.#next();
        await this.#readOn();
        if (next && !this.#closed) {
          await this.#leave();
          this.#followed = next;
          this.#isChanged = true;
        } else if (next) {
          next.watcher?.close();
          await next.file.close();
        }
      } catch {
        // It cannot be read just now: the next change says when to try again.
      }
    }
  }

  /** The file that has the name now, if it is another one. */
  async #next(): Promise<Followed | undefined> {
    const found = await stat(this.#path, { bigint: true }).catch(() => undefined);
    const { inode, device } = this.#followed ?? {};
    if (!found || (found.ino === inode && found.dev === device)) return undefined;
    const opened = await openLog(this.#path);
    return opened && this.#follow(opened.file, 0);
  }

  async #readOn(): Promise<void> {
    const followed = this.#followed;
    while (followed && !this.#closed) {
      const { size } = await followed.file.stat();
      if (size < followed.offset) {
        followed.offset = 0;
        await this.#sink(Buffer.from(TRUNCATED));
      }
      this.#skip(followed, size);
      const bytes = Buffer.allocUnsafe(Math.min(CHUNK, size - followed.offset));
      const { bytesRead } = await followed.file.read(bytes, 0, bytes.length, followed.offset);
      if (bytesRead === 0) return;
      followed.offset += bytesRead;
      if (!this.#closed) await this.#sink(bytes.subarray(0, bytesRead));
    }
  }

  #skip(followed: Followed, size: number): void {
    const { mostBehind, onSkip } = this.#skipping ?? {};
    const behind = size - followed.offset;
    if (mostBehind === undefined || behind <= mostBehind) return;
    followed.offset = size - CHUNK;
    onSkip?.(behind - CHUNK);
  }
}
