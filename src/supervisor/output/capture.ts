/**
 * What a program writes, as events have it: pieces of its output and, with `*_capture_maxbytes`, what stands between the markers.
 * What is between them is output too.
 */

const BEGIN = Buffer.from('<!--XSUPERVISOR:BEGIN-->');
const END = Buffer.from('<!--XSUPERVISOR:END-->');

export interface CaptureWitness {
  onOutput(data: Buffer): void;
  onCaptured(data: Buffer): void;
}

export class Capture {
  readonly #most: number;
  readonly #witness: CaptureWitness;
  /** What may be the beginning of a marker, or of a character. */
  #rest: Buffer = Buffer.alloc(0);
  /** What was written since the marker, the last of it; undefined: outside. */
  #captured: Buffer | undefined;

  /** @param most bytes that are captured; 0: nothing is */
  constructor(most: number, witness: CaptureWitness) {
    this.#most = most;
    this.#witness = witness;
  }

  /** What follows cannot be understood without what has been taken. */
  get holds(): boolean {
    return this.#rest.length > 0 || this.#captured !== undefined;
  }

  take(chunk: Buffer): void {
    let data = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    while (this.#most > 0) {
      const marker = this.#captured ? END : BEGIN;
      const at = data.indexOf(marker);
      if (at === -1) break;
      this.#tell(data.subarray(0, at));
      data = data.subarray(at + marker.length);
      this.#toggle();
    }
    const held = Math.max(
      this.#most > 0 ? beginning(data, this.#captured ? END : BEGIN) : 0,
      unfinished(data),
    );
    this.#tell(data.subarray(0, data.length - held));
    this.#rest = Buffer.from(data.subarray(data.length - held));
  }

  #toggle(): void {
    const captured = this.#captured;
    this.#captured = captured ? undefined : Buffer.alloc(0);
    if (captured) this.#witness.onCaptured(captured);
  }

  #tell(data: Buffer): void {
    if (data.length === 0) return;
    this.#witness.onOutput(data);
    if (!this.#captured) return;
    const all = Buffer.concat([this.#captured, data]);
    this.#captured = all.subarray(Math.max(0, all.length - this.#most));
  }

  /** The program has ended, and what it has begun with it. */
  finish(): void {
    const rest = this.#rest;
    this.#rest = Buffer.alloc(0);
    this.#captured = undefined;
    this.#tell(rest);
  }
}

/** @returns how many bytes at the end may be the beginning of the marker */
function beginning(data: Buffer, marker: Buffer): number {
  for (let length = Math.min(marker.length - 1, data.length); length > 0; length--)
    if (data.subarray(data.length - length).equals(marker.subarray(0, length))) return length;
  return 0;
}

/** @returns how many bytes at the end are a character of UTF-8 that is not there whole */
function unfinished(data: Buffer): number {
  for (let back = 1; back <= Math.min(3, data.length); back++) {
    const byte = data[data.length - back] as number;
    if ((byte & 0xc0) === 0x80) continue;
    const length = byte >= 0xf0 && byte < 0xf8 ? 4 : byte >= 0xe0 ? 3 : byte >= 0xc2 ? 2 : 1;
    return byte < 0xf8 && length > back ? back : 0;
  }
  return 0;
}
