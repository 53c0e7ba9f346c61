/**
 * What the next supervisor must know of each process: one file of what it is and how it stands (`.json`), written before it is
 * started and at every change; one that the child itself writes before it executes (`.pid`): there is no moment in which
 * a program runs and nobody could know of it.
 *
 * What is started again at once, as it was, is written down when that has happened: until then the `.json` speaks of its
 * predecessor (`running`), and the `.pid` of it.
 */
import {
  closeSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import type { ProcessConfig } from '../config/model';
import { native } from '../native';
import type { ExitCounts } from './exit_counts';
import { fromJson, toJson } from './json';
import type { State } from './states';

/** While it is replaced, a process of a program is two: the one that it is known by, and one beside it that comes or goes. */
export type Role = 'main' | 'next' | 'previous';

export interface ProcessRecord {
  role: Role;
  group: string;
  /** What it was started with: an adopted program keeps it. */
  config: ProcessConfig;
  groupPriority: number;
  state: State;
  bootId: string;
  /** Milliseconds after the epoch; 0: never. */
  startedAt: number;
  stoppedAt: number;
  /** Null: none, or a signal. */
  exitStatus: number | null;
  spawnError: string;
  failures: number;
  restarts: number;
  exits: ExitCounts;
  /** EXITED, and to be started again. */
  restarting: boolean;
  /** Whom this is about; null: it does not run, or is only about to. */
  running: StartedProcess | null;
  /** Log files of its own (AUTO). */
  autoLogs: { stdout?: string; stderr?: string };
}

/** Who was started. */
export interface StartedProcess {
  pid: number;
  /** Clock ticks after boot. */
  startTime: number;
}

export class Records {
  readonly #folder: string;

  constructor(runtimeDirectory: string) {
    this.#folder = path.join(runtimeDirectory, 'programs');
  }

  #file(name: string, kind: 'json' | 'pid'): string {
    return path.join(this.#folder, `${encodeURIComponent(name)}.${kind}`);
  }

  write(name: string, record: ProcessRecord): void {
    const file = this.#file(name, 'json');
    writeFileSync(`${file}.new`, toJson(record), { mode: 0o600 });
    renameSync(`${file}.new`, file);
  }

  /** Before a start: whoever was started before is not the one that is started now, and no lock of his is ours. */
  forgetStarted(name: string): void {
    try {
      unlinkSync(this.#file(name, 'pid'));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    }
  }

  /**
   * An empty file for the child to write to, locked: whoever reads it waits until the child has executed or ended, also
   * when we die meanwhile.
   *
   * @returns a descriptor, to be closed after the start
   */
  open(name: string): number {
    const descriptor = openSync(this.#file(name, 'pid'), 'wx', 0o600);
    native.lockFile(descriptor, true);
    return descriptor;
  }

  remove(name: string): void {
    rmSync(this.#file(name, 'json'), { force: true });
    rmSync(this.#file(name, 'pid'), { force: true });
  }

  /** What supervisors before us have left. */
  read(): { name: string; record: ProcessRecord; started: StartedProcess | undefined }[] {
    const names = readdirSync(this.#folder).filter((file) => file.endsWith('.json'));
    return names.flatMap((file) => {
      const name = decodeURIComponent(file.slice(0, -'.json'.length));
      const record = parse(readFileSync(path.join(this.#folder, file), 'utf8'));
      return record ? [{ name, record, started: this.#started(name) }] : [];
    });
  }

  #started(name: string): StartedProcess | undefined {
    let descriptor: number;
    try {
      descriptor = openSync(this.#file(name, 'pid'), 'r');
    } catch {
      return undefined;
    }
    try {
      native.lockFile(descriptor, true);
      const [pid = 0, startTime = 0] = readFileSync(descriptor, 'latin1').trim().split(' ').map(Number);
      return pid > 1 ? { pid, startTime } : undefined;
    } finally {
      closeSync(descriptor);
    }
  }
}

/** They are written whole, or not at all. */
function parse(text: string): ProcessRecord | undefined {
  try {
    return fromJson<ProcessRecord>(text);
  } catch {
    return undefined;
  }
}
