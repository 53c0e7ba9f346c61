/**
 * What all processes take, again and again while somebody looks. A few at a time: the supervisor has more important things to do
 * than to wait until a thousand have been asked.
 */
import { vitalsOf } from '../../process/vitals';
import type { SupervisedProcess } from '../../supervisor/supervised_process';
import type { VitalsRow } from './messages';

const EVERY_MS = 2000;
/** How much of a processor a process takes is known after the second look. */
const SECOND_MS = 500;
const SLICE = 20;
const SLICE_PAUSE_MS = 15;
/** Told together. What is larger would lie about in the memory until it is cleaned up as a whole. */
const TOGETHER = 100;

interface Sample {
  pid: number;
  at: number;
  cpuSeconds: number | undefined;
}

/** Not as exact as it could be: what has hardly changed need not be told. */
function rounded(value: number | undefined, step: number): number | null {
  return value === undefined ? null : Math.round(value / step) * step;
}

const CPU_STEP = 0.001;
const MEMORY_STEP = 4096;

function limit(value: number | undefined): number | null {
  if (value === undefined) return null;
  return value === Number.POSITIVE_INFINITY ? -1 : value;
}

const FIELDS = ['pid', 'cpu', 'memory', 'openFiles', 'softLimit', 'hardLimit'] as const;

const isSame = (one: VitalsRow, other: VitalsRow) => FIELDS.every((field) => one[field] === other[field]);

export class Sampler {
  readonly #processes: () => Iterable<SupervisedProcess>;
  readonly #told: (changed: VitalsRow[]) => void;
  readonly #samples = new Map<string, Sample>();
  readonly #rows = new Map<string, VitalsRow>();
  #timer: NodeJS.Timeout | undefined;
  #rounds = 0;

  /** @param told of some that have changed */
  constructor(processes: () => Iterable<SupervisedProcess>, told: (changed: VitalsRow[]) => void) {
    this.#processes = processes;
    this.#told = told;
  }

  start(): void {
    this.#rounds = 0;
    this.#later(0, () => this.#round());
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#samples.clear();
    this.#rows.clear();
  }

  /** What was seen last. */
  get rows(): VitalsRow[] {
    return [...this.#rows.values()];
  }

  #later(milliseconds: number, go: () => void): void {
    this.#timer = setTimeout(go, milliseconds);
  }

  #round(): void {
    this.#slice([...this.#processes()], 0, []);
  }

  #slice(all: readonly SupervisedProcess[], from: number, changed: VitalsRow[]): void {
    for (const process of all.slice(from, from + SLICE)) {
      const row = this.#look(process);
      if (row) changed.push(row);
    }
    const next = from + SLICE;
    const isOver = next >= all.length;
    const isEnough = isOver || changed.length >= TOGETHER;
    if (isEnough && changed.length > 0) this.#told(changed);
    if (isOver) {
      this.#forgetOthers(all);
      this.#later(this.#rounds++ === 0 ? SECOND_MS : EVERY_MS, () => this.#round());
    } else this.#later(SLICE_PAUSE_MS, () => this.#slice(all, next, isEnough ? [] : changed));
  }

  #forgetOthers(all: readonly SupervisedProcess[]): void {
    if (this.#samples.size <= all.length) return;
    const keys = new Set(all.map(({ fullName }) => fullName));
    for (const key of this.#samples.keys()) if (!keys.has(key)) this.#forget(key);
  }

  #forget(key: string): void {
    this.#samples.delete(key);
    this.#rows.delete(key);
  }

  /** Undefined: nothing new. */
  #look({ fullName: key, pid }: SupervisedProcess): VitalsRow | undefined {
    if (pid === 0) {
      this.#forget(key);
      return undefined;
    }
    const at = performance.now();
    const { cpuSeconds, residentBytes, openFiles, openFilesLimit } = vitalsOf(pid);
    const before = this.#samples.get(key);
    this.#samples.set(key, { pid, at, cpuSeconds });
    const isKnown = before?.pid === pid && before.cpuSeconds !== undefined && cpuSeconds !== undefined;
    const cpu = isKnown
      ? ((cpuSeconds - (before.cpuSeconds ?? 0)) * 1000) / Math.max(1, at - before.at)
      : undefined;
    const row: VitalsRow = {
      key,
      pid,
      cpu: rounded(cpu, CPU_STEP),
      memory: rounded(residentBytes, MEMORY_STEP),
      openFiles: openFiles ?? null,
      softLimit: limit(openFilesLimit?.soft),
      hardLimit: limit(openFilesLimit?.hard),
    };
    const last = this.#rows.get(key);
    this.#rows.set(key, row);
    return last && isSame(last, row) ? undefined : row;
  }
}
