/** `unix:PATH`: the daemon accepts a connection on a stream socket. */
import { invalid } from '../errors';
import { native } from '../native';
import { errnoName } from '../process/errno';
import type { Condition, Start, Subject } from './condition';
import { inWords, judgeListener } from './connect';
import { whoListensOnUnix } from './listener';
import { inRoot } from './paths';
import { poll } from './poll';

/** unix(7): sun_path with its NUL. */
const LONGEST = 107;

export class UnixAccepts implements Condition {
  readonly text: string;
  readonly asks = true;
  readonly #given: string;
  state: string | undefined;

  constructor(text: string, rest: string) {
    this.text = text;
    this.#given = rest;
  }

  #address(start: Pick<Start, 'spawn'>): string {
    return this.#given.startsWith('@') ? this.#given : inRoot(start, this.#given);
  }

  check(start: Start): void {
    if (Buffer.byteLength(this.#address(start)) > LONGEST)
      throw invalid(`ready: '${this.text}' is longer than the ${LONGEST} bytes that a socket's name has`);
  }

  watch(subject: Subject, signal: AbortSignal): Promise<void> {
    return poll(signal, async () => {
      this.state = this.#look(subject);
      return this.state === undefined;
    });
  }

  /** @returns why not */
  #look(subject: Subject): string | undefined {
    const address = this.#address(subject);
    const accepting = native.connectUnix(address);
    if (typeof accepting === 'number') return inWords(errnoName(accepting));
    // As the daemon has bound it.
    const bound = subject.spawn.chroot === undefined ? address : this.#given;
    return judgeListener(whoListensOnUnix(bound, accepting.pid, subject), this.text, subject);
  }
}
