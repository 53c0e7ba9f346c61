/** The real logger, spoken to over its socket as the supervisor does. */
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { onTestFinished } from 'vitest';
import { eventually } from './eventually';
import { fixture, ROOT } from './paths';
import type { Scratch } from './scratch';

/** Another build of it, such as one with sanitizers, may be tested too. */
export const KEEPER = process.env.TDAEMON_TEST_KEEPER ?? path.join(ROOT, 'build/Release/tdaemon-keeper');

export interface ChannelOptions {
  /** Default: the channel's name with .log, in the scratch directory. */
  log?: string;
  bytes?: number;
  backups?: number;
  flags?: string;
  interval?: number;
  fifo?: string;
}

/** A word of the protocol. */
export function word(text: string): string {
  if (text === '') return '%';
  const bytes = [...Buffer.from(text)];
  const plain = (byte: number) => byte > 0x20 && byte < 0x7f && byte !== 0x25;
  return bytes
    .map((byte) =>
      plain(byte) ? String.fromCharCode(byte) : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`,
    )
    .join('');
}

export class Speaker {
  readonly heard: string[] = [];
  #rest = '';

  constructor(readonly socket: net.Socket) {
    socket.setEncoding('latin1');
    socket.on('error', () => {});
    socket.on('data', (text: string) => {
      const lines = (this.#rest + text).split('\n');
      this.#rest = lines.pop() ?? '';
      this.heard.push(...lines);
    });
  }

  say(...lines: string[]): void {
    this.socket.write(lines.map((line) => `${line}\n`).join(''));
  }

  /** Waits for such a line, and takes it out of what was heard. */
  hear(what: string | RegExp): Promise<string> {
    return eventually(`the logger's saying ${what} (it said ${this.heard.slice(-5).join('; ')})`, () => {
      const at = this.heard.findIndex((line) => (typeof what === 'string' ? line === what : what.test(line)));
      return at === -1 ? undefined : this.heard.splice(at, 1)[0];
    });
  }

  /** Says it and waits for the answer. */
  async ask(line: string, answer: string | RegExp): Promise<string> {
    this.say(line);
    return this.hear(answer);
  }

  /** All that is in the channel's FIFO now is in its file. */
  async flush(id: string): Promise<number> {
    const answer = await this.ask(`flush ${id}`, new RegExp(`^flushed ${id} `));
    return Number(answer.split(' ')[2]);
  }
}

export class Logger extends Speaker {
  constructor(
    socket: net.Socket,
    readonly at: Scratch,
    readonly pid: number,
    readonly ended: Promise<number | null>,
    readonly socketPath: string,
  ) {
    super(socket);
  }

  /** The line that opens a channel. */
  line(id: string, options: ChannelOptions = {}): string {
    const { log = this.at.file(`${id}.log`), bytes = 0, backups = 10, flags = '-', interval = 0 } = options;
    const fifo = options.fifo ?? this.at.file(`${id}.fifo`);
    return `channel ${id} ${word(fifo)} ${word(log)} ${bytes} ${backups} ${flags} ${interval}`;
  }

  async open(id: string, options: ChannelOptions = {}): Promise<void> {
    await this.ask(this.line(id, options), `ok ${id}`);
  }

  async connect(): Promise<Speaker> {
    return new Speaker(await connected(this.socketPath));
  }
}

async function connected(socketPath: string): Promise<net.Socket> {
  const socket = net.connect(socketPath);
  await once(socket, 'connect');
  onTestFinished(() => {
    socket.destroy();
  });
  return socket;
}

let loggers = 0;

export interface LoggerOptions {
  /** In front of the logger's own command line. */
  under?: readonly string[];
  stdout?: number;
  uid?: number;
}

export async function startLogger(at: Scratch, options: LoggerOptions = {}): Promise<Logger> {
  const socketPath = at.file(`logger${++loggers}`);
  const { under = [], stdout, uid } = options;
  const child = spawn(fixture('listen_exec'), [socketPath, ...under, KEEPER, '--logger'], {
    // By this the scratch directory's end finds it.
    env: { ...process.env, TEST_DIRECTORY: at.directory },
    stdio: ['ignore', stdout ?? 'ignore', 'inherit'],
    ...(uid !== undefined && { uid, gid: uid }),
  });
  const ended = new Promise<number | null>((resolve) => {
    child.once('exit', (status) => resolve(status));
  });
  const pid = child.pid as number;
  await eventually('the socket of the logger', () => fs.existsSync(socketPath));
  const logger = new Logger(await connected(socketPath), at, pid, ended, socketPath);
  // Before it listens to signals they would end it.
  await logger.ask('reopen', 'reopened');
  return logger;
}

/** Makes a channel's FIFO and holds it, as the keeper does. Returns the descriptor. */
export function holdFifo(at: Scratch, id: string): number {
  const fifo = at.file(`${id}.fifo`);
  execFileSync('mkfifo', [fifo]);
  const descriptor = fs.openSync(fifo, fs.constants.O_RDWR);
  onTestFinished(() => fs.closeSync(descriptor));
  return descriptor;
}

/** A program that writes numbered lines into a channel at full rate. Resolves with its status. */
export function writeLines(
  descriptor: number,
  from: number,
  count: number,
  prefix = '',
): Promise<number | null> {
  const child = spawn(fixture('count_lines'), [`${from}`, `${count}`, prefix], {
    stdio: ['ignore', descriptor, 'inherit'],
  });
  onTestFinished(() => {
    child.kill('SIGKILL');
  });
  return new Promise((resolve) => {
    child.once('exit', (status) => resolve(status));
  });
}

export function numbered(from: number, count: number, prefix = ''): string {
  let text = '';
  for (let number = from; number < from + count; number++) text += `${prefix}${number}\n`;
  return text;
}

/** A log with its backups, oldest first. */
export function whole(log: string): string {
  const base = `${path.basename(log)}.`;
  // Whoever is killed while he moves them leaves a gap.
  const numbers = fs
    .readdirSync(path.dirname(log))
    .filter((name) => name.startsWith(base) && /^\d+$/.test(name.slice(base.length)))
    .map((name) => Number(name.slice(base.length)))
    .sort((one, other) => other - one);
  const files = [...numbers.map((number) => `${log}.${number}`), ...(fs.existsSync(log) ? [log] : [])];
  return files.map((file) => fs.readFileSync(file, 'latin1')).join('');
}

/** Comparing megabytes with expect prints megabytes. */
export function firstDifference(got: string, wanted: string): string | undefined {
  if (got === wanted) return undefined;
  let at = 0;
  while (at < got.length && got[at] === wanted[at]) at++;
  const around = (text: string) => JSON.stringify(text.slice(Math.max(0, at - 20), at + 20));
  return `at ${at} of ${got.length} and ${wanted.length}: ${around(got)} instead of ${around(wanted)}`;
}
