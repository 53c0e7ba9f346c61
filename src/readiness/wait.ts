/** Waits until all conditions are true, or the daemon has ended, or time is up, whichever comes first. */
import { LiveProcess } from '../process/live_process';
import { LONGEST_TIMEOUT_MS } from '../process/pause';
import { descendsFrom } from '../process/tree';
import type { Condition, Subject } from './condition';

export type Outcome =
  | { kind: 'ready' }
  | { kind: 'ended' }
  | { kind: 'late'; missing: Condition[] }
  /** A condition that can never become true. */
  | { kind: 'hopeless'; error: unknown }
  | { kind: 'interrupted' };

export interface Waiting {
  conditions: readonly Condition[];
  /** Milliseconds. */
  timeout: number;
  /** Ends the wait: `interrupted`. */
  signal: AbortSignal | undefined;
  subject: Omit<Subject, 'live' | 'extend' | 'becomes'>;
  /** Another process is the daemon from now on, which must be written down before the former one may end. */
  onBecomes(former: LiveProcess, live: LiveProcess): void;
}

/** A log that is gone, a descriptor that was closed: perhaps because the daemon has ended or is about to, which says more. */
const LAST_BREATH_MS = 200;

export class ReadinessWait {
  /** The daemon: another process once it has named one (MAINPID). The caller closes it. */
  live: LiveProcess;
  readonly #waiting: Waiting;
  readonly #missing: Set<Condition>;
  readonly #over = new AbortController();
  #deadline: number;
  #timer: NodeJS.Timeout | undefined;
  #cancelEnd: () => void = () => undefined;
  #finish: (outcome: Outcome) => void = () => undefined;

  constructor(live: LiveProcess, waiting: Waiting) {
    this.live = live;
    this.#waiting = waiting;
    this.#missing = new Set(waiting.conditions);
    this.#deadline = performance.now() + waiting.timeout;
  }

  async outcome(): Promise<Outcome> {
    const { conditions, signal } = this.#waiting;
    const finished = new Promise<Outcome>((resolve) => {
      this.#finish = resolve;
    });
    const interrupt = () => this.#finish({ kind: 'interrupted' });
    signal?.addEventListener('abort', interrupt);
    if (signal?.aborted) interrupt();
    this.#setTimer();
    this.#watchEnd();
    const subject = this.#subject();
    for (const condition of conditions)
      condition.watch(subject, this.#over.signal).then(
        () => this.#isTrue(condition),
        (error) => this.#isHopeless(error),
      );
    try {
      return await finished;
    } finally {
      this.#over.abort();
      signal?.removeEventListener('abort', interrupt);
      clearTimeout(this.#timer);
      this.#cancelEnd();
    }
  }

  #subject(): Subject {
    const wait = this;
    return {
      ...this.#waiting.subject,
      get live() {
        return wait.live;
      },
      extend: (milliseconds) => {
        this.#deadline = Math.max(this.#deadline, performance.now() + milliseconds);
        this.#setTimer();
      },
      becomes: (pid) => this.#becomes(pid),
    };
  }

  #isTrue(condition: Condition): void {
    this.#missing.delete(condition);
    if (this.#missing.size > 0) return;
    this.#finish(this.live.hasEnded() ? { kind: 'ended' } : { kind: 'ready' });
  }

  #isHopeless(error: unknown): void {
    clearTimeout(this.#timer);
    this.live
      .waitForEnd(LAST_BREATH_MS)
      .then((ended) => this.#finish(ended ? { kind: 'ended' } : { kind: 'hopeless', error }));
  }

  #setTimer(): void {
    clearTimeout(this.#timer);
    const left = Math.max(0, Math.min(LONGEST_TIMEOUT_MS, this.#deadline - performance.now()));
    this.#timer = setTimeout(() => {
      if (performance.now() < this.#deadline - 1) this.#setTimer();
      else this.#finish({ kind: 'late', missing: [...this.#missing] });
    }, left);
  }

  #watchEnd(): void {
    const { live } = this;
    this.#cancelEnd = live.onEnd(() => {
      // What it sent just before, such as that another process is the main one, has arrived by then.
      setImmediate(() => {
        if (this.live === live) this.#finish({ kind: 'ended' });
      });
    });
  }

  #becomes(pid: number): void {
    const next = LiveProcess.open(pid);
    if (!next) return;
    // Asked again, because the number might have been given anew before it was opened.
    if (descendsFrom(pid, this.live.pid, this.#waiting.subject.group) !== true) {
      next.close();
      return;
    }
    this.#cancelEnd();
    const former = this.live;
    this.live = next;
    this.#watchEnd();
    try {
      this.#waiting.onBecomes(former, next);
    } finally {
      former.close();
    }
  }
}
