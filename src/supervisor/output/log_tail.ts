/**
 * Follows a log through its rotation, by offset: all that is written to it, once and in order, as long as the backups last. Waits for
 * nothing but the disk, and never makes anybody else wait for it.
 */
import { constants, type FSWatcher, watch } from 'node:fs';
import { type FileHandle, open, realpath, stat } from 'node:fs/promises';
import type { DirectoryWatch } from './directory_watch';
import { type DiskTurns, mountPointOf } from './disk_turns';
import { filesOf, judge, type NamedFile, successorOf, withInode } from './log_files';

const CHUNK = 64 * 1024;
const MOST_TRIES = 100;
const { O_RDONLY, O_NONBLOCK, O_NOCTTY } = constants;

export interface Spot {
  /** 0: a file that is not there yet. */
  inode: number;
  offset: number;
}

export interface TailParts {
  turns: DiskTurns;
  directories: DirectoryWatch;
}

export interface TailWitness {
  /** Nothing more is read until it resolves. @param end where it ends */
  onChunk(chunk: Buffer, end: Spot): Promise<void> | undefined;
  /** What follows comes from another file. */
  onNewFile(spot: Spot): void;
  /** It cannot be followed, and why. */
  onTrouble(message: string): void;
}

interface Opened {
  file: FileHandle;
  inode: number;
  watcher: FSWatcher | undefined;
}

export class LogTail {
  #path: string;
  readonly #backups: number;
  readonly #parts: TailParts;
  readonly #witness: TailWitness;
  readonly #disk: string;
  #spot: Spot = { inode: 0, offset: 0 };
  #opened: Opened | undefined;
  /** Backups of a log that was not there. */
  readonly #before = new Set<number>();
  #unwatch: (() => void) | undefined;
  /** Something may have changed since it was looked at. */
  #dirty = false;
  #running: Promise<void> | undefined;
  #closed = false;
  #troubled = '';

  constructor(path: string, backups: number, parts: TailParts, witness: TailWitness) {
    this.#path = path;
    this.#backups = backups;
    this.#parts = parts;
    this.#witness = witness;
    this.#disk = mountPointOf(path);
  }

  get spot(): Spot {
    return { ...this.#spot };
  }

  #turn<Result>(work: () => Promise<Result>): Promise<Result> {
    return this.#parts.turns.take(this.#disk, work);
  }

  /** Resolves when the place is known from which it follows. @param spot undefined: the end of what is there */
  async begin(spot: Spot | undefined): Promise<void> {
    await this.#turn(() => this.#findPlace(spot)).catch((error: Error) => this.#complain(error.message));
    if (this.#closed) return this.close();
    this.#unwatch = this.#parts.directories.on(this.#path, () => this.look());
    this.look();
  }

  async #findPlace(spot: Spot | undefined): Promise<void> {
    // Its backups lie where it lies.
    this.#path = await realpath(this.#path).catch(() => this.#path);
    // It may be rotated while it is looked for.
    for (let tries = 0; spot && tries < MOST_TRIES; tries++) {
      const found = await withInode(this.#path, this.#backups, spot.inode);
      if (!found) break;
      if (await this.#open(found.name, spot.offset, spot.inode)) return;
    }
    // Before the log itself: it may be made while we look.
    const before = await filesOf(this.#path, this.#backups);
    if (await this.#open(this.#path, 0)) this.#spot.offset = spot ? 0 : await this.#size();
    else for (const { inode } of before) this.#before.add(inode);
  }

  /** There was no log; now there may be one, and backups of it already. */
  async #openFirst(): Promise<boolean> {
    for (const { name, inode } of await filesOf(this.#path, this.#backups))
      if (!this.#before.has(inode))
        return (await this.#open(name, 0, inode)) || this.#mayHaveMoved({ name, inode });
    return false;
  }

  async #size(): Promise<number> {
    return (await this.#opened?.file.stat())?.size ?? 0;
  }

  /** Something may have been written. */
  look(): void {
    this.#dirty = true;
    this.#running ??= this.#run().finally(() => {
      this.#running = undefined;
      if (this.#dirty && !this.#closed) this.look();
    });
  }

  /** Resolves when all has been told that was there at the time of the call. */
  async caughtUp(): Promise<void> {
    this.look();
    while (this.#running) await this.#running;
  }

  async #run(): Promise<void> {
    while (this.#dirty && !this.#closed) {
      this.#dirty = false;
      try {
        while (!this.#closed && (await this.#step()));
        this.#troubled = '';
      } catch (error) {
        this.#complain((error as Error).message);
      }
    }
  }

  #complain(message: string): void {
    if (message !== this.#troubled) this.#witness.onTrouble(message);
    this.#troubled = message;
  }

  /** @returns false: there is nothing more for now */
  async #step(): Promise<boolean> {
    const chunk = await this.#turn(() => this.#read());
    if (chunk.length > 0) {
      await this.#witness.onChunk(chunk, this.spot);
      return true;
    }
    return this.#turn(() => this.#advance());
  }

  async #read(): Promise<Buffer> {
    if (!this.#opened) return Buffer.alloc(0);
    const { file } = this.#opened;
    // Truncated: what was there is over.
    if ((await this.#size()) < this.#spot.offset) this.#spot.offset = 0;
    const buffer = Buffer.allocUnsafe(CHUNK);
    const { bytesRead } = await file.read(buffer, 0, CHUNK, this.#spot.offset);
    this.#spot.offset += bytesRead;
    return buffer.subarray(0, bytesRead);
  }

  /** @returns whether there is another file, or more in this one after all */
  async #advance(): Promise<boolean> {
    if (!this.#opened) return this.#openFirst();
    const next = await successorOf(this.#path, this.#backups, await this.#opened.file.stat());
    if (next === undefined) return false;
    // It may have been written to just before it got another name.
    if ((await this.#size()) > this.#spot.offset) return true;
    // Rotated meanwhile: it is looked for again.
    return (await this.#open(next.name, 0, next.inode)) || this.#mayHaveMoved(next);
  }

  async #mayHaveMoved({ name, inode }: NamedFile): Promise<boolean> {
    return (await stat(name).catch(() => undefined))?.ino !== inode;
  }

  /** @param inode that is meant; default: any */
  async #open(path: string, offset: number, inode?: number): Promise<boolean> {
    let file: FileHandle;
    try {
      file = await open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
      throw error;
    }
    const found = await file.stat();
    const isMeant = inode === undefined || found.ino === inode;
    const judgement = isMeant ? await judge(path, found) : 'moved';
    if (judgement !== 'followable' || this.#closed) {
      await file.close();
      if (typeof judgement === 'object') this.#complain(`'${path}' ${judgement.refused}`);
      return false;
    }
    await this.#leave();
    this.#opened = { file, inode: found.ino, watcher: this.#watch(file.fd) };
    this.#spot = { inode: found.ino, offset };
    this.#witness.onNewFile(this.spot);
    return true;
  }

  /** This very file, whatever its name is by now. */
  #watch(descriptor: number): FSWatcher | undefined {
    try {
      return watch(`/proc/self/fd/${descriptor}`, () => this.look()).on('error', () => undefined);
    } catch {
      return undefined;
    }
  }

  async #leave(): Promise<void> {
    const opened = this.#opened;
    this.#opened = undefined;
    opened?.watcher?.close();
    await opened?.file.close();
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#unwatch?.();
    this.#unwatch = undefined;
    await this.#running;
    await this.#turn(() => this.#leave());
  }
}
