/** `depends_on`: who waits for whom, and what happens to them when that is ready, or never will be. */
import { STOPPED_STATES } from './states';
import type { StateChange, SupervisedProcess } from './supervised_process';

export class Dependencies {
  readonly #all: () => Iterable<SupervisedProcess>;
  readonly #waiting = new Set<SupervisedProcess>();

  /** @param all processes that there are */
  constructor(all: () => Iterable<SupervisedProcess>) {
    this.#all = all;
  }

  /** A name means a program (all its processes) or a group. */
  #named(name: string): SupervisedProcess[] {
    return [...this.#all()].filter(({ config, group }) => config.program === name || group === name);
  }

  /** What a process needs, directly. */
  of(process: SupervisedProcess): SupervisedProcess[] {
    return process.config.dependsOn.flatMap((name) => this.#named(name));
  }

  /** Who needs it, directly. */
  on(process: SupervisedProcess): SupervisedProcess[] {
    return [...this.#all()].filter((other) => this.of(other).includes(process));
  }

  /**
   * Starts it, and what it needs before it.
   *
   * @returns false: it is not in a state from which it can be started
   */
  start(process: SupervisedProcess): boolean {
    if (!STOPPED_STATES.has(process.state)) return false;
    const lacking = process.config.dependsOn.find((name) => this.#named(name).length === 0);
    if (lacking !== undefined) {
      // It is wrong in the configuration, or was removed.
      process.dependencyIsFatal(lacking);
      return true;
    }
    const missing = this.#missing(process);
    if (missing.length === 0) {
      this.#waiting.delete(process);
      process.waitingFor = [];
      return process.start();
    }
    process.waitingFor = missing.map(({ name }) => name);
    this.#waiting.add(process);
    for (const other of missing) if (!this.#waiting.has(other)) this.start(other);
    return true;
  }

  /** It is not to be started any more. */
  forget(process: SupervisedProcess): void {
    this.#waiting.delete(process);
    process.waitingFor = [];
  }

  #missing(process: SupervisedProcess): SupervisedProcess[] {
    return this.of(process).filter(({ state }) => state !== 'RUNNING');
  }

  onStateChange({ process, to }: StateChange): void {
    if (to === 'RUNNING') this.#wake();
    if (to === 'FATAL') this.#fail(process);
  }

  #wake(): void {
    for (const process of [...this.#waiting]) {
      if (!this.#waiting.has(process)) continue;
      const missing = this.#missing(process);
      process.waitingFor = missing.map(({ name }) => name);
      if (missing.length > 0) continue;
      this.#waiting.delete(process);
      process.start();
    }
  }

  #fail(dependency: SupervisedProcess): void {
    for (const process of this.on(dependency)) {
      if (!this.#waiting.delete(process)) continue;
      process.dependencyIsFatal(dependency.name);
    }
  }

  /** Those that need others before those: in which order they are to be stopped. */
  dependentsFirst(processes: readonly SupervisedProcess[]): SupervisedProcess[][] {
    const left = new Set(processes);
    const waves: SupervisedProcess[][] = [];
    while (left.size > 0) {
      const free = [...left].filter((process) => !this.on(process).some((other) => left.has(other)));
      // A cycle is an error of the configuration; still nobody is forgotten.
      const wave = free.length > 0 ? free : [...left];
      waves.push(wave);
      for (const process of wave) left.delete(process);
    }
    return waves;
  }
}
