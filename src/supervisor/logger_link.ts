/**
 * The supervisor's line to the logger, which moves what programs write into their log files (native/keeper). A logger that was
 * started anew is told everything again.
 */
import { EventEmitter } from 'node:events';
import { createConnection, type Socket } from 'node:net';
import { constants } from 'node:os';
import type { Bytes } from '../process/bytes';
import { encodeLine, onLines } from './words';

export interface LogChannel {
  id: string;
  fifo: string;
  /** `@1`, `@2`: the keeper's own output; empty: thrown away. */
  log: string;
  /** 0: no rotation. */
  maxBytes: number;
  backups: number;
  timestamps: boolean;
  stripAnsi: boolean;
  /** Seconds; 0: none. */
  interval: number;
}

interface LoggerEvents {
  /** A log cannot be written, and is tried again. */
  trouble: [id: string, errno: number];
  /** A write takes very long. */
  stalled: [id: string, seconds: number];
  fine: [id: string];
  rotated: [id: string, inode: number];
}

/** Undefined: it could not be done. */
interface Question {
  command: Bytes[];
  answer: string;
  /** With 0 or errno. */
  resolve: (errno: number) => void;
}

/** Answers that may also be `failed`. */
const CAN_FAIL = ['flushed', 'cleared', 'replaced'];
const AGAIN_MS = 20;

function wordsOf(channel: LogChannel): Bytes[] {
  const flags = `${channel.timestamps ? 't' : ''}${channel.stripAnsi ? 's' : ''}` || '-';
  const { id, fifo, log, maxBytes, backups, interval } = channel;
  return [id, fifo, log, String(maxBytes), String(backups), flags, String(interval)];
}

export class LoggerLink extends EventEmitter<LoggerEvents> {
  readonly #path: string;
  readonly #channels = new Map<string, LogChannel>();
  /** What was asked and not answered yet: asked again of the next logger. */
  #pending: Question[] = [];
  #socket: Socket | undefined;
  #closed = false;
  #complete = false;
  /** What the present logger has told since it was asked last. */
  #taken = new Map<string, number>();
  #counting: Promise<ReadonlyMap<string, number>> | undefined;

  /** @param path of its socket, on which somebody always listens, or will */
  constructor(path: string) {
    super();
    this.#path = path;
  }

  /** When a logger is there (again). */
  connect(): void {
    this.#socket?.destroy();
    const socket = createConnection(this.#path);
    this.#socket = socket;
    this.#taken = new Map();
    socket.on('error', () => undefined);
    onLines(socket, ([word = '', ...rest]) => this.#hear(word, rest));
    this.#say(['begin']);
    for (const channel of this.#channels.values()) this.#say(['channel', ...wordsOf(channel)]);
    if (this.#complete) this.#say(['end']);
    for (const { command } of this.#pending) if (command[0] !== 'channel') this.#say(command);
  }

  /** All channels that there are have been set: those that a logger has besides are from before, and end. */
  complete(): void {
    this.#complete = true;
    this.#say(['end']);
  }

  #say(words: Bytes[]): void {
    if (this.#socket && !this.#socket.destroyed) this.#socket.write(encodeLine(words));
  }

  #hear(word: string, rest: string[]): void {
    const [id = '', number] = rest;
    if (word === 'trouble') this.emit('trouble', id, Number(number));
    else if (word === 'failed' && !this.#refuse(id, Number(number))) this.emit('trouble', id, Number(number));
    else if (word === 'stalled') this.emit('stalled', id, Number(number));
    else if (word === 'fine') this.emit('fine', id);
    else if (word === 'taken') this.#taken.set(id, Number(number));
    else if (word === 'rotated') this.emit('rotated', id, Number(number));
    const line = `${word} ${id}`;
    const at = this.#pending.findIndex(({ answer }) => answer === line || answer === word);
    if (at !== -1) this.#pending.splice(at, 1)[0]?.resolve(0);
  }

  /** @returns whether that is an answer, and nobody else need know */
  #refuse(id: string, errno: number): boolean {
    const asked = this.#pending.find(({ answer }) => CAN_FAIL.some((word) => answer === `${word} ${id}`));
    if (!asked) return !this.#channels.has(id);
    // It is just changing hands.
    if (errno === constants.errno.EAGAIN) setTimeout(() => this.#askAgain(asked), AGAIN_MS);
    else {
      this.#pending.splice(this.#pending.indexOf(asked), 1);
      asked.resolve(errno);
    }
    return errno === constants.errno.EAGAIN || !asked.answer.startsWith('flushed');
  }

  #askAgain(asked: Question): void {
    if (this.#pending.includes(asked)) this.#say(asked.command);
  }

  /** @returns 0 or errno */
  #ask(answer: string, ...command: Bytes[]): Promise<number> {
    if (this.#closed) return Promise.resolve(0);
    this.#say(command);
    return new Promise((resolve) => this.#pending.push({ command, answer, resolve }));
  }

  /** From now on this goes there. Resolves when its file is open. */
  async set(channel: LogChannel): Promise<void> {
    this.#channels.set(channel.id, channel);
    await this.#ask(`ok ${channel.id}`, 'channel', ...wordsOf(channel));
  }

  /** Resolves when all that it held has been written. */
  async drop(id: string): Promise<void> {
    if (!this.#channels.delete(id)) return;
    // Whoever waits for its file waits no more.
    const opening = this.#pending.filter(({ answer }) => answer === `ok ${id}`);
    this.#pending = this.#pending.filter((question) => !opening.includes(question));
    for (const { resolve } of opening) resolve(0);
    await this.#ask(`dropped ${id}`, 'drop', id);
  }

  /** Resolves when all that has been written until now is in the file. */
  async flush(id: string): Promise<void> {
    if (this.#channels.has(id)) await this.#ask(`flushed ${id}`, 'flush', id);
  }

  /** Opens all files anew, which somebody has renamed. */
  async reopen(): Promise<void> {
    await this.#ask('reopened', 'reopen');
  }

  /** Empties the log and removes its backups. @returns 0 or errno */
  clear(id: string): Promise<number> {
    return this.#ask(`cleared ${id}`, 'clear', id);
  }

  /** Puts what has been made of a backup in its place. @returns false: it is not wanted */
  async compressed(id: string, inode: number, made: string): Promise<boolean> {
    const errno = await this.#ask(`replaced ${id}`, 'compressed', id, String(inode), made);
    return errno === 0 && !this.#closed;
  }

  /**
   * How many bytes of each channel this logger has read, by id. It begins anew with a logger, and is none where there is no logger
   * for long: whoever cannot wait must not.
   */
  counts(): Promise<ReadonlyMap<string, number>> {
    this.#counting ??= this.#ask('counted', 'count').then(() => {
      const taken = this.#taken;
      this.#taken = new Map();
      this.#counting = undefined;
      return taken;
    });
    return this.#counting;
  }

  close(): void {
    this.#closed = true;
    this.#socket?.destroy();
    for (const { resolve } of this.#pending.splice(0)) resolve(0);
  }
}

/** How long it may write what is left. */
const QUIT_MS = 10_000;

/** Keeper and supervisor were killed, and it goes on without them: two would take turns at the same FIFOs. */
export function endFormerLogger(path: string): Promise<void> {
  return new Promise((resolve) => {
    const socket = createConnection(path, () => socket.write('quit\n'));
    const timer = setTimeout(() => socket.destroy(), QUIT_MS);
    socket.on('error', () => undefined).resume();
    socket.on('close', () => {
      clearTimeout(timer);
      resolve();
    });
  });
}
