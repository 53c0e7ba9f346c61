/** `unix:PATH`: the daemon accepts a connection on a stream socket. */
import type { Socket } from 'node:net';
import { invalid } from '../errors';
import { native } from '../native';
import type { Condition, Start, Subject } from './condition';
import { judgeListener, tryToConnect } from './connect';
import { whoListensOnUnix } from './listener';
import { inRoot } from './paths';
import { poll } from './poll';

/** unix(7): sun_path with its NUL. */
const LONGEST = 107;

/** There is no public way to a socket's descriptor; without it only /proc is asked who listens. */
function descriptorOf(socket: Socket): number {
  return (socket as unknown as { _handle?: { fd?: number } })._handle?.fd ?? -1;
}

export class UnixAccepts implements Condition {
  readonly text: string;
  readonly #given: string;
  #path = '';
  /** As the daemon has bound it. */
  #bound = '';
  state: string | undefined;

  constructor(text: string, rest: string) {
    this.text = text;
    this.#given = rest;
  }

  check(start: Start): void {
    const abstract = this.#given.startsWith('@');
    this.#path = abstract ? `\0${this.#given.slice(1)}` : inRoot(start, this.#given);
    this.#bound = abstract || start.spawn.chroot !== undefined ? this.#given : this.#path;
    if (Buffer.byteLength(this.#path) > LONGEST)
      throw invalid(`ready: '${this.text}' is longer than the ${LONGEST} bytes that a socket's name has`);
  }

  watch(subject: Subject, signal: AbortSignal): Promise<void> {
    return poll(signal, async (ended) => {
      let stranger: string | undefined;
      const failed = await tryToConnect({ path: this.#path }, ended, (socket) => {
        const listener = whoListensOnUnix(this.#bound, native.peerPid(descriptorOf(socket)), subject);
        stranger = judgeListener(listener, this.text, subject);
      });
      this.state = failed ?? stranger;
      return this.state === undefined;
    });
  }
}
