/** The events of one pool that nobody has dealt with yet, in a file: the next supervisor goes on with them. */
import { closeSync, openSync, readFileSync, renameSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { bootId } from '../../process/identity';
import type { SupervisorEvent } from './event';

/** With its numbers: among all events, and among those of the pool. */
export interface NumberedEvent extends SupervisorEvent {
  serial: number;
  poolSerial: number;
}

/** Written anew when it has grown by that much. */
const MOST_BYTES = 1024 * 1024;

type Line =
  | ['pool', string, number, number]
  | ['+', number, number, string, string]
  /** By its number in the pool. */
  | ['-', number];

function added({ serial, poolSerial, type, payload }: NumberedEvent): Line {
  return ['+', serial, poolSerial, type, payload.toString('base64')];
}

export class EventJournal {
  readonly #path: string;
  /** By their numbers in the pool, in that order. */
  readonly #open = new Map<number, NumberedEvent>();
  /** The last ones given; -1: none yet. */
  serial = -1;
  poolSerial = -1;
  #file: number | undefined;
  #bytes = 0;
  #most = MOST_BYTES;
  /** The disk is full, or worse; the last line may be half a line. */
  #broken = false;
  readonly #onTrouble: (error: Error) => void;

  /** Reads what a supervisor before us has left. */
  constructor(path: string, onTrouble: (error: Error) => void) {
    this.#path = path;
    this.#onTrouble = onTrouble;
    this.#read();
    this.#attempt(() => this.#rewrite());
  }

  /** What cannot be written down is told all the same. */
  #attempt(write: () => void): void {
    try {
      write();
      this.#broken = false;
    } catch (error) {
      if (!this.#broken) this.#onTrouble(error as Error);
      this.#broken = true;
    }
  }

  /** Those that are not dealt with, the oldest first. */
  get left(): NumberedEvent[] {
    return [...this.#open.values()];
  }

  #read(): void {
    let text: string;
    try {
      text = readFileSync(this.#path, 'utf8');
    } catch {
      return;
    }
    const lines = text.split('\n').map(parse);
    const [first] = lines;
    // Of another life of the machine: nobody waits for those.
    if (first?.[0] !== 'pool' || first[1] !== (bootId() ?? '')) return;
    for (const line of lines) if (line) this.#replay(line);
  }

  #replay(line: Line): void {
    if (line[0] === '-') this.#open.delete(line[1]);
    else {
      const [, , ...rest] = line;
      const [serial, poolSerial] =
        line[0] === 'pool' ? [line[2], line[3]] : ([line[1], line[2]] as [number, number]);
      this.serial = Math.max(this.serial, serial);
      this.poolSerial = Math.max(this.poolSerial, poolSerial);
      if (line[0] !== '+') return;
      const [, type = '', payload = ''] = rest as [number, string, string];
      this.#open.set(poolSerial, { serial, poolSerial, type, payload: Buffer.from(payload, 'base64') });
    }
  }

  /** Only what is still of use. */
  #rewrite(): void {
    if (this.#file !== undefined) closeSync(this.#file);
    const lines: Line[] = [['pool', bootId() ?? '', this.serial, this.poolSerial], ...this.left.map(added)];
    const text = lines.map((line) => `${JSON.stringify(line)}\n`).join('');
    writeFileSync(`${this.#path}.new`, text, { mode: 0o600 });
    renameSync(`${this.#path}.new`, this.#path);
    this.#file = openSync(this.#path, 'a');
    this.#bytes = text.length;
    this.#most = 2 * text.length + MOST_BYTES;
  }

  #write(line: Line): void {
    if (this.#file === undefined) return;
    const text = `${this.#broken ? '\n' : ''}${JSON.stringify(line)}\n`;
    this.#bytes += text.length;
    this.#attempt(() => {
      writeSync(this.#file as number, text);
      if (this.#bytes > this.#most) this.#rewrite();
    });
  }

  add(event: NumberedEvent): void {
    this.serial = event.serial;
    this.poolSerial = event.poolSerial;
    this.#open.set(event.poolSerial, event);
    this.#write(added(event));
  }

  /** It has been dealt with, or given up. */
  remove({ poolSerial }: NumberedEvent): void {
    this.#open.delete(poolSerial);
    this.#write(['-', poolSerial]);
  }

  /** The pool is no more. */
  close(): void {
    if (this.#file !== undefined) closeSync(this.#file);
    this.#file = undefined;
    rmSync(this.#path, { force: true });
  }
}

/** The last line may be half a line. */
function parse(text: string): Line | undefined {
  try {
    return JSON.parse(text) as Line;
  } catch {
    return undefined;
  }
}
