/**
 * One page that somebody looks at: its stream of events. What it does not take in time is not kept: it gets what holds then, once
 * it is ready again. One that takes nothing for long is dropped.
 */
import type { ServerResponse } from 'node:http';
import type { Events, Outcome } from './messages';

/** For what it has been sent. */
const TAKE_MS = 15_000;
const MOST_OUTCOMES = 50;

export function event<Name extends keyof Events>(name: Name, data: Events[Name]): string {
  return `event: ${name}\ndata: ${JSON.stringify(data)}\n\n`;
}

/** What it has missed. */
interface Missed {
  programs: Set<string>;
  vitals: boolean;
  supervisor: boolean;
  outcomes: Outcome[];
}

const nothing = (): Missed => ({ programs: new Set(), vitals: false, supervisor: false, outcomes: [] });

export class Looker {
  readonly #response: ServerResponse;
  /** What it has missed, as it is now: events. */
  readonly #now: (missed: Missed) => string;
  #missed = nothing();
  #isFree = true;
  #timer: NodeJS.Timeout | undefined;
  #waiting: (() => void)[] = [];

  constructor(response: ServerResponse, now: (missed: Missed) => string) {
    this.#response = response;
    this.#now = now;
    response.on('drain', () => this.#drained());
    response.on('close', () => this.#end());
  }

  /** Whether it takes something right now. */
  get isFree(): boolean {
    return this.#isFree;
  }

  /** Resolves when it is free, or has gone. */
  free(): Promise<void> {
    return new Promise((resolve) => {
      if (this.#isFree) resolve();
      else this.#waiting.push(resolve);
    });
  }

  send(events: string): void {
    if (events === '' || this.#response.writableEnded || this.#response.destroyed) return;
    if (this.#response.write(events)) return;
    this.#isFree = false;
    this.#timer ??= setTimeout(() => this.#response.destroy(), TAKE_MS);
  }

  tellPrograms(keys: Iterable<string>, events: string): void {
    if (this.#isFree) this.send(events);
    else for (const key of keys) this.#missed.programs.add(key);
  }

  tellVitals(events: string): void {
    if (this.#isFree) this.send(events);
    else this.#missed.vitals = true;
  }

  tellSupervisor(events: string): void {
    if (this.#isFree) this.send(events);
    else this.#missed.supervisor = true;
  }

  tellOutcome(outcome: Outcome): void {
    if (this.#isFree) this.send(event('outcome', outcome));
    else this.#missed.outcomes = [...this.#missed.outcomes, outcome].slice(-MOST_OUTCOMES);
  }

  #drained(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#isFree = true;
    const missed = this.#missed;
    this.#missed = nothing();
    this.send(this.#now(missed));
    if (this.#isFree) this.#wake();
  }

  #end(): void {
    clearTimeout(this.#timer);
    this.#isFree = true;
    this.#wake();
  }

  #wake(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const resolve of waiting) resolve();
  }
}
