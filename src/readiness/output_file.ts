/** An output of the daemon's that goes to a log file, from where the daemon began to write, through rotation. */
import { type BigIntStats, closeSync, constants, fstatSync, lstatSync, openSync, statSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import type { OpenedOutput } from '../native';
import { LogFile } from './log_file';

const { O_RDONLY, O_DIRECTORY, O_NOFOLLOW } = constants;
/** Of which the last lines are taken. */
const TAIL_BYTES = 64 * 1024;
/** Who rotates faster than that is not followed any more in the oldest. */
const MOST_FILES = 8;
/** Of a line that is shown to people. */
const LONGEST_SHOWN = 1000;
const OTHERS_MAY_WRITE = 0o022n;
const STICKY = 0o1000n;

const isRoot = () => process.geteuid?.() === 0;

export class OutputFile {
  readonly path: string;
  /** Of the daemon, 1 or 2. */
  readonly descriptor: number;
  readonly #uid: number;
  /** Where root has found the log, held open; the path may lead elsewhere by now. */
  #directory: number | undefined;
  /** All that have had the name, the newest last: who has renamed a log goes on writing to it until it is told. */
  readonly files: LogFile[] = [];

  /** @param uid the daemon's: a file of anybody else's is no log of its, whatever its name. @param pid the daemon's */
  constructor(path: string, descriptor: number, opened: OpenedOutput, uid: number, pid: number) {
    this.path = path;
    this.descriptor = descriptor;
    this.#uid = uid;
    const meant = ({ dev, ino }: BigIntStats) => dev === opened.device && ino === opened.inode;
    const file =
      LogFile.open(path, opened.size, 0, meant) ??
      // Renamed or removed already: the daemon itself may still have it.
      LogFile.open(`/proc/${pid}/fd/${descriptor}`, opened.size, 0, meant);
    if (file) this.files.push(file);
    if (isRoot()) this.#directory = directoryOf(path, file);
    this.lookForNew();
  }

  /** Another file may have the name now. */
  lookForNew(): void {
    if (!this.#hasMoved()) return;
    const next = LogFile.open(this.#named, 0, isRoot() ? O_NOFOLLOW : 0, (found) => {
      if (this.files.some((file) => file.is(found))) return false;
      if (!isRoot()) return true;
      if (found.nlink !== 1n) return false;
      return found.uid === 0n ? this.#isRootsPlace() : found.uid === BigInt(this.#uid);
    });
    if (!next) return;
    this.files.push(next);
    if (this.files.length > MOST_FILES) this.files.shift()?.close();
  }

  get #named(): string {
    if (this.#directory === undefined) return this.path;
    return `/proc/self/fd/${this.#directory}/${basename(this.path)}`;
  }

  /** Whether the name means another file by now. */
  #hasMoved(): boolean {
    try {
      const named = statSync(this.path, { bigint: true });
      return this.files.at(-1)?.is(named) !== true;
    } catch {
      return false;
    }
  }

  /** Where others can rename and link, a root-only file may come to have the log's name, and we would print it. */
  #isRootsPlace(): boolean {
    return (
      this.#directory !== undefined && mayBeChangedByRootOnly(fstatSync(this.#directory, { bigint: true }))
    );
  }

  /** The last lines that have been written since the start, as text. */
  lastLines(count: number): string[] {
    this.lookForNew();
    const lines = this.files.flatMap((file) => {
      const { size } = file;
      const from = Math.max(size < file.start ? 0 : file.start, size - TAIL_BYTES);
      const found = file.read(from, TAIL_BYTES).toString('utf8').split('\n');
      if (found.at(-1) === '') found.pop();
      return found;
    });
    return lines.slice(-count).map((line) => line.slice(0, LONGEST_SHOWN));
  }

  close(): void {
    for (const file of this.files.splice(0)) file.close();
    if (this.#directory !== undefined) closeSync(this.#directory);
    this.#directory = undefined;
  }
}

/** The directory that really holds the log; undefined: it is elsewhere, or may be. */
function directoryOf(path: string, file: LogFile | undefined): number | undefined {
  let directory: number | undefined;
  try {
    directory = openSync(dirname(path), O_RDONLY | O_DIRECTORY);
    if (isRootsPath(dirname(path))) return directory;
    if (file?.is(lstatSync(`/proc/self/fd/${directory}/${basename(path)}`, { bigint: true })))
      return directory;
  } catch {
    // No /proc, or it has moved meanwhile.
  }
  if (directory !== undefined) closeSync(directory);
  return undefined;
}

/** Whether nobody but root can make it lead elsewhere, whatever has become of the log. */
function isRootsPath(directory: string): boolean {
  const found = lstatSync(directory, { bigint: true });
  if (!found.isDirectory() || !mayBeChangedByRootOnly(found)) return false;
  return directory === dirname(directory) || isRootsPath(dirname(directory));
}

/** In a sticky one others may make files, but not rename root's. */
function mayBeChangedByRootOnly({ uid, mode }: BigIntStats): boolean {
  return uid === 0n && ((mode & OTHERS_MAY_WRITE) === 0n || (mode & STICKY) !== 0n);
}
