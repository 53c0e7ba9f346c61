/**
 * A cgroup (version 2) for each process of a program, where we may make them: whatever the program starts stays in it, whatever
 * session it makes and whoever becomes its parent, and all of it can be ended at once.
 */
import { constants, mkdirSync, openSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { cgroupOf, ownCgroup } from '../process/own_cgroup';
import type { MainLog } from './main_log';

const codeOf = (error: unknown) => (error as NodeJS.ErrnoException).code ?? '';

export class Cgroup {
  readonly #directory: string;

  constructor(directory: string) {
    this.#directory = directory;
  }

  /** For the start of its first process. */
  openDirectory(): number {
    return openSync(this.#directory, constants.O_RDONLY | constants.O_DIRECTORY);
  }

  openIfThere(): number | undefined {
    try {
      return this.openDirectory();
    } catch {
      return undefined;
    }
  }

  has(pid: number): boolean {
    // What is before that depends on how it is mounted.
    const tail = (name: string) => name.split('/').slice(-2).join('/');
    return tail(cgroupOf(pid) ?? '') === tail(this.#directory);
  }

  /** Whether nobody is in it, nor below it; zombies do not count. */
  get isEmpty(): boolean {
    try {
      return /^populated 0$/m.test(readFileSync(path.join(this.#directory, 'cgroup.events'), 'latin1'));
    } catch {
      return true;
    }
  }

  /** All that is in it, and below: also those who are being born. @returns false: the kernel cannot do that (before Linux 5.14) */
  kill(): boolean {
    try {
      writeFileSync(path.join(this.#directory, 'cgroup.kill'), '1');
      return true;
    } catch (error) {
      return codeOf(error) !== 'ENOENT' || this.isEmpty;
    }
  }

  /** Whom it has now. */
  get members(): number[] {
    try {
      const text = readFileSync(path.join(this.#directory, 'cgroup.procs'), 'latin1');
      return text.split('\n').filter(Boolean).map(Number);
    } catch {
      return [];
    }
  }
}

/** The files of a cgroup go with it. */
function removeTree(directory: string): void {
  try {
    for (const entry of readdirSync(directory, { withFileTypes: true }))
      if (entry.isDirectory()) removeTree(path.join(directory, entry.name));
    rmdirSync(directory);
  } catch {
    // It is in use, or gone.
  }
}

function makeDirectory(directory: string): void {
  try {
    mkdirSync(directory);
  } catch (error) {
    if (codeOf(error) !== 'EEXIST') throw error;
  }
}

/** Programs that were seen in none have none: their process group must do. */
export class Cgroups {
  readonly #log: MainLog;
  /** In our own; undefined: cgroups are not to be had. */
  #base: string | undefined;
  /** Made by us, and not removed. */
  readonly #made = new Set<string>();

  constructor(runtimeDirectory: string, log: MainLog) {
    this.#log = log;
    this.#base = cgroupBase(runtimeDirectory);
  }

  get areUsed(): boolean {
    return this.#base !== undefined;
  }

  /** For a start. Undefined: there is none to be had. */
  make(name: string): { cgroup: Cgroup; descriptor: number } | undefined {
    const directory = this.#directoryOf(name);
    if (directory === undefined) return undefined;
    const cgroup = new Cgroup(directory);
    try {
      const kept = this.#made.has(name) ? cgroup.openIfThere() : undefined;
      if (kept !== undefined) return { cgroup, descriptor: kept };
      makeDirectory(path.dirname(directory));
      makeDirectory(directory);
      this.#made.add(name);
      return { cgroup, descriptor: cgroup.openDirectory() };
    } catch (error) {
      // Too many, too long a name: the next may be had.
      if (!['EAGAIN', 'ENAMETOOLONG'].includes(codeOf(error))) this.refuse(codeOf(error));
      return undefined;
    }
  }

  /** Of a process that runs already. */
  of(name: string, pid: number): Cgroup | undefined {
    const directory = this.#directoryOf(name);
    const found = directory === undefined ? undefined : new Cgroup(directory);
    return found?.has(pid) ? found : undefined;
  }

  /** Of a process that has ended, and has left others behind in it. */
  left(name: string): Cgroup | undefined {
    const directory = this.#directoryOf(name);
    const found = directory === undefined ? undefined : new Cgroup(directory);
    return found?.isEmpty ? undefined : found;
  }

  /** It has ended: with those that it has left behind the cgroup stays. */
  remove(name: string): void {
    const directory = this.#directoryOf(name);
    this.#made.delete(name);
    if (directory !== undefined) removeTree(directory);
  }

  #directoryOf(name: string): string | undefined {
    return this.#base && path.join(this.#base, encodeURIComponent(name));
  }

  /** It turned out that they are not for us. */
  refuse(why: string): void {
    if (this.#base === undefined) return;
    this.#log.say(
      'info',
      `no cgroups of our own below '${path.dirname(this.#base)}' (${why}): programs are ended by their process groups`,
    );
    this.#base = undefined;
  }

  /** All is stopped. */
  close(): void {
    if (this.#base !== undefined) removeTree(this.#base);
  }
}

/** One directory for each supervisor, below our own cgroup. */
export function cgroupBase(runtimeDirectory: string): string | undefined {
  const own = ownCgroup();
  return own === undefined ? undefined : path.join(own, `tdaemon-${path.basename(runtimeDirectory)}`);
}
