/** `*_logfile_compress`: backups become `.N.gz`, one at a time, by threads of Node's own; the logger puts them in their place. */
import { constants, type Stats } from 'node:fs';
import { type FileHandle, open, readdir, realpath, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import type { LoggerLink } from '../logger_link';
import type { MainLog } from '../main_log';
import { DiskTurns, mountPointOf } from './disk_turns';
import { type NamedFile, withInode } from './log_files';

const { O_RDONLY, O_NONBLOCK, O_NOFOLLOW } = constants;

export interface CompressedLog {
  /** Of the logger's channel. */
  id: string;
  log: string;
  backups: number;
  /** Resolves when nobody needs its backups as they are. */
  isFree(): Promise<void>;
}

export class Compressor {
  readonly #logger: LoggerLink;
  readonly #log: MainLog;
  readonly #logs = new Map<string, CompressedLog>();
  /** Its own: whoever only reads does not wait for it. */
  readonly #turns = new DiskTurns();
  readonly #works = new Set<Promise<void>>();
  readonly #end = new AbortController();

  constructor(logger: LoggerLink, log: MainLog) {
    this.#logger = logger;
    this.#log = log;
    logger.on('rotated', (id, inode) => {
      const rotated = this.#logs.get(id);
      if (rotated && inode > 0) this.#enqueue(rotated, inode);
    });
  }

  /** From now on; and what a supervisor before us has left. */
  add(log: CompressedLog): void {
    this.#logs.set(log.id, log);
    this.#then(log, () => this.#findLeft(log));
  }

  remove(id: string): void {
    this.#logs.delete(id);
  }

  #enqueue(log: CompressedLog, inode: number): void {
    this.#then(log, () => this.#compress(log, inode));
  }

  #then(log: CompressedLog, work: () => Promise<void>): void {
    const done = this.#turns.take(mountPointOf(log.log), work).catch((error: Error) => {
      if (this.#end.signal.aborted) return;
      this.#log.say('error', `cannot compress a backup of '${log.log}': ${error.message}`);
    });
    this.#works.add(done);
    void done.then(() => this.#works.delete(done));
  }

  async #findLeft(log: CompressedLog): Promise<void> {
    // From now on we are told.
    await this.#logger.flush(log.id);
    const real = await realpath(log.log).catch(() => log.log);
    const { dir, base } = path.parse(real);
    for (const name of await readdir(dir).catch(() => []))
      if (name.startsWith(`${base}.`) && /^\.\d+\.gz\.tmp$/.test(name.slice(base.length)))
        await rm(path.join(dir, name), { force: true }).catch(() => undefined);
    // Upwards, as they move.
    for (let number = 1; number <= log.backups; number++) {
      const found = await stat(`${real}.${number}`).catch(() => undefined);
      if (found?.isFile()) this.#enqueue(log, found.ino);
    }
  }

  async #compress(log: CompressedLog, inode: number): Promise<void> {
    if (this.#logs.get(log.id) !== log) return;
    await log.isFree();
    const real = await realpath(log.log).catch(() => log.log);
    const made = `${real}.${inode}.gz.tmp`;
    try {
      for (;;) {
        const found = await withInode(real, log.backups, inode);
        // It has become too old meanwhile.
        if (found === undefined || found.name === real) return;
        if (await this.#write(found, made)) break;
      }
      if (!(await this.#logger.compressed(log.id, inode, made))) await rm(made, { force: true });
    } catch (error) {
      await rm(made, { force: true }).catch(() => undefined);
      throw error;
    }
  }

  /** @returns false: another has its name by now */
  async #write({ name, inode }: NamedFile, made: string): Promise<boolean> {
    const source = await openIfThere(name);
    if (!source) return false;
    try {
      const found = await source.stat();
      if (found.ino !== inode) return false;
      if (!found.isFile()) throw new Error('it is no regular file');
      await rm(made, { force: true });
      await this.#gzip(source, await openLike(made, found));
      return true;
    } finally {
      await source.close();
    }
  }

  #gzip(source: FileHandle, target: FileHandle): Promise<void> {
    return pipeline(source.createReadStream({ autoClose: false }), createGzip(), target.createWriteStream(), {
      signal: this.#end.signal,
    });
  }

  /** What is not done yet is for the next supervisor. */
  async close(): Promise<void> {
    this.#logs.clear();
    this.#end.abort();
    await Promise.all(this.#works);
  }
}

async function openIfThere(name: string): Promise<FileHandle | undefined> {
  try {
    return await open(name, O_RDONLY | O_NONBLOCK | O_NOFOLLOW);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/** Whoever may read the log may read it compressed. */
async function openLike(file: string, { mode, uid, gid, atime, mtime }: Stats): Promise<FileHandle> {
  const handle = await open(file, 'wx', 0o600);
  try {
    const own = await handle.stat();
    if (own.uid !== uid || own.gid !== gid) await handle.chown(uid, gid);
    await handle.chmod(mode & 0o777);
    await handle.utimes(atime, mtime);
    return handle;
  } catch (error) {
    await handle.close();
    throw error;
  }
}
