/**
 * What a listener says on its standard output: `READY\n`, and `RESULT LENGTH\n` with so many bytes after each event. Nothing is
 * kept of it but what is needed: it may say what it likes, as long as it likes.
 */

export type ListenerState = 'ACKNOWLEDGED' | 'READY' | 'BUSY' | 'UNKNOWN';

/** supervisord's numbers. */
export const LISTENER_STATES: Readonly<Record<ListenerState, number>> = {
  READY: 10,
  BUSY: 20,
  ACKNOWLEDGED: 30,
  UNKNOWN: 40,
};

export interface ListenerWitness {
  onState(from: ListenerState, to: ListenerState): void;
  /** It has dealt with its event, or not: then somebody must. */
  onResult(accepted: boolean): void;
  onNonsense(line: string): void;
}

const READY = Buffer.from('READY\n');
const ACCEPTED = Buffer.from('OK');
const LONGEST_LINE = 1024;
const NEWLINE = 10;

export class ListenerProtocol {
  readonly #witness: ListenerWitness;
  #state: ListenerState = 'ACKNOWLEDGED';
  /** Not understood yet: never longer than a line. */
  #rest: Buffer = Buffer.alloc(0);
  /** Bytes of the result that are still to come; undefined: its length is not known. */
  #missing: number | undefined;
  /** How the result begins: just enough to tell it from another. */
  #result: Buffer = Buffer.alloc(0);

  constructor(witness: ListenerWitness) {
    this.#witness = witness;
  }

  get state(): ListenerState {
    return this.#state;
  }

  /** An event has been given to it. */
  sent(): void {
    this.#become('BUSY');
  }

  #become(state: ListenerState): void {
    const from = this.#state;
    this.#state = state;
    this.#missing = undefined;
    this.#result = Buffer.alloc(0);
    this.#witness.onState(from, state);
  }

  take(chunk: Buffer): void {
    this.#rest = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    while (this.#rest.length > 0 && this.#step());
    if (this.#state === 'UNKNOWN') this.#rest = Buffer.alloc(0);
  }

  /** @returns false: more must come before anything can be said */
  #step(): boolean {
    if (this.#state === 'ACKNOWLEDGED') return this.#takeReady();
    if (this.#state === 'BUSY') return this.#missing === undefined ? this.#takeLength() : this.#takeResult();
    // Nobody has asked it.
    if (this.#state === 'READY') this.#become('UNKNOWN');
    return false;
  }

  #takeReady(): boolean {
    const head = this.#rest.subarray(0, READY.length);
    if (head.length < READY.length && READY.subarray(0, head.length).equals(head)) return false;
    this.#rest = this.#rest.subarray(head.length);
    this.#become(head.equals(READY) ? 'READY' : 'UNKNOWN');
    return true;
  }

  #takeLength(): boolean {
    const end = this.#rest.indexOf(NEWLINE);
    if (end === -1 && this.#rest.length <= LONGEST_LINE) return false;
    const line = this.#rest.subarray(0, end === -1 ? LONGEST_LINE : end).toString();
    const found = end === -1 ? null : /^RESULT\s+(\d{1,15})\s*$/.exec(line);
    this.#rest = this.#rest.subarray(end === -1 ? this.#rest.length : end + 1);
    if (found) {
      this.#missing = Number(found[1]);
      return this.#missing > 0 || this.#judge();
    }
    this.#witness.onNonsense(line);
    this.#become('UNKNOWN');
    this.#witness.onResult(false);
    return true;
  }

  #takeResult(): boolean {
    const part = this.#rest.subarray(0, this.#missing);
    this.#rest = this.#rest.subarray(part.length);
    this.#missing = (this.#missing ?? 0) - part.length;
    const room = ACCEPTED.length + 1 - this.#result.length;
    this.#result = Buffer.concat([this.#result, part.subarray(0, room)]);
    return this.#missing > 0 || this.#judge();
  }

  #judge(): boolean {
    const accepted = this.#result.equals(ACCEPTED);
    this.#become('ACKNOWLEDGED');
    this.#witness.onResult(accepted);
    return true;
  }
}
