/**
 * How those have ended who are no children of ours: the keeper tells it, and goes on telling every supervisor until one has written it
 * down.
 */
import type { Exit } from '../native';
import { exitOf, type LiveProcess, readStat } from '../process/live_process';
import type { KeeperLink, KeptExit } from './keeper_link';
import type { StartedProcess } from './records';

/** How long the keeper may take to say how a process has ended. */
const ENDING_MS = 2000;

export class KeptExits {
  readonly #keeper: KeeperLink;
  readonly #isOurs: (pid: number) => boolean;
  /** Told, and not written down yet, by pid. */
  readonly #exits = new Map<number, KeptExit>();
  readonly #askers = new Map<number, Set<(exit: KeptExit) => void>>();
  #hasBegun = false;

  /** @param isOurs whether it is the pid of one that is looked after */
  constructor(keeper: KeeperLink, isOurs: (pid: number) => boolean) {
    this.#keeper = keeper;
    this.#isOurs = isOurs;
    keeper.on('exit', (exit) => this.#hear(exit));
  }

  /** All that there is has been taken over or started: nobody else is waited for who has ended before. */
  begin(): void {
    this.#hasBegun = true;
    for (const exit of [...this.#exits.values()]) this.#hear(exit);
  }

  #hear(exit: KeptExit): void {
    this.#exits.set(exit.pid, exit);
    for (const tell of this.#askers.get(exit.pid) ?? []) tell(exit);
    if (this.#hasBegun && !this.#isOurs(exit.pid)) this.note(exit);
  }

  /** It is written down: nobody need be told again. */
  note({ pid }: { pid: number }): void {
    if (this.#exits.delete(pid)) this.#keeper.seen(pid);
  }

  async endingOf(started: StartedProcess, live?: LiveProcess): Promise<Exit | undefined> {
    const told = () => {
      const exit = this.#exits.get(started.pid);
      return exit?.startTime === started.startTime ? exitOf(exit.status) : undefined;
    };
    // At once, if it is known: what nobody has asked for is forgotten some day.
    const known = told();
    if (known) return known;
    await this.#keeper.exitsTold;
    // It may have ended just now: then the keeper has said so and we have not listened yet, or is about to.
    if (!live) await this.#keeper.heard();
    const last = told();
    if (last) return last;
    if (!live && readStat(started.pid)?.startTime !== started.startTime) return undefined;
    return (await this.#askKeeper(started)) ?? live?.exit();
  }

  #askKeeper({ pid, startTime }: StartedProcess): Promise<Exit | undefined> {
    return new Promise((resolve) => {
      const settle = (exit?: KeptExit) => {
        clearTimeout(timer);
        askers.delete(settle);
        if (askers.size === 0) this.#askers.delete(pid);
        resolve(exit?.startTime === startTime ? exitOf(exit.status) : undefined);
      };
      const timer = setTimeout(settle, ENDING_MS);
      const askers = this.#askers.get(pid) ?? new Set();
      this.#askers.set(pid, askers.add(settle));
    });
  }
}
