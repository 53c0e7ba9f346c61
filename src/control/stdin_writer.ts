/** What clients write to a process's standard input: as much as its FIFO takes at once, the rest when the process has read. */
import { closeSync, constants, openSync, writeSync } from 'node:fs';
import { Socket } from 'node:net';
import { SIGNALLABLE_STATES } from '../supervisor/states';
import type { SupervisedProcess } from '../supervisor/supervised_process';
import { Fault } from './faults';

const { O_WRONLY, O_NONBLOCK, O_NOFOLLOW } = constants;
/** For a process that does not read. */
const MOST_WAITING = 16 * 1024 * 1024;

const writers = new WeakMap<SupervisedProcess, StdinWriter>();

/** What did not fit at once. It ends with the process: the next one starts with an empty input. */
class StdinWriter {
  readonly #process: SupervisedProcess;
  readonly #socket: Socket;

  constructor(process: SupervisedProcess, descriptor: number) {
    this.#process = process;
    this.#socket = new Socket({ fd: descriptor, readable: false, writable: true });
    this.#socket.on('error', () => this.#end()).on('drain', () => this.#end());
    process.on('state', this.#look);
    writers.set(process, this);
  }

  write(bytes: Uint8Array, name: string): void {
    if (this.#socket.writableLength + bytes.length > MOST_WAITING)
      throw new Fault('FAILED', `${name} does not read its standard input`);
    if (this.#socket.write(bytes)) this.#end();
  }

  readonly #look = () => {
    if (!SIGNALLABLE_STATES.has(this.#process.state)) this.#end();
  };

  #end(): void {
    if (
      this.#socket.writableLength > 0 &&
      SIGNALLABLE_STATES.has(this.#process.state) &&
      !this.#socket.errored
    )
      return;
    this.#process.off('state', this.#look);
    if (writers.get(this.#process) === this) writers.delete(this.#process);
    this.#socket.destroy();
  }
}

/** @throws Fault (NO_FILE): the process has closed it */
export function writeToStdin(process: SupervisedProcess, bytes: Uint8Array, name: string): void {
  const waiting = writers.get(process);
  if (waiting) {
    waiting.write(bytes, name);
    return;
  }
  let descriptor: number;
  try {
    descriptor = openSync(process.channels.fifo('stdin'), O_WRONLY | O_NONBLOCK | O_NOFOLLOW);
  } catch {
    throw new Fault('NO_FILE', name);
  }
  let written = 0;
  try {
    while (written < bytes.length) written += writeSync(descriptor, bytes, written);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'EAGAIN') {
      closeSync(descriptor);
      throw new Fault('NO_FILE', name);
    }
  }
  if (written < bytes.length) new StdinWriter(process, descriptor).write(bytes.slice(written), name);
  else closeSync(descriptor);
}
