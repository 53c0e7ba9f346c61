/** What a process reads and writes: FIFOs that outlive everybody, and the log files that the logger moves their content to. */
import { randomBytes } from 'node:crypto';
import { closeSync, openSync, rmSync } from 'node:fs';
import path from 'node:path';
import { setTimeout } from 'node:timers/promises';
import type { ChannelConfig, ProcessConfig } from '../config/model';
import { TdaemonError } from '../errors';
import { native, type StdioPlan } from '../native';
import { errnoName, errnoWords } from '../process/errno';
import type { KeeperLink } from './keeper_link';
import type { LoggerLink } from './logger_link';

/** So that a program of another user can open its `/dev/stdout` again. */
const OUTPUT_MODE = 0o622;
const INPUT_MODE = 0o600;

/** How long a hanging disk may hold up the end of a program. */
const DRAIN_MS = 5000;

/** How long a log file may take to be opened before a program starts whose log is waited for. */
const OPEN_MS = 2000;

export interface LogSurroundings {
  runtimeDirectory: string;
  childLogDir: string;
  identifier: string;
  stripAnsi: boolean;
  keeper: KeeperLink;
  logger: LoggerLink;
}

/** Of a log that nobody has asked for, but what is written there: as much as may be behind. */
const OWN_BYTES = 1024 * 1024;
const OWN_BACKUPS = 2;

export type ChannelName = 'stdout' | 'stderr';
/** Opens those at which a listener is spoken with. @throws TdaemonError */
export type OpenPipes = () => { stdin: number; stdout: number };
const NUMBERS = { stdin: 0, stdout: 1, stderr: 2 } as const;

/** Of the process named `/dev/stdout` and `/dev/stderr`: the keeper's own. */
const OWN: Record<string, string> = { '/dev/stdout': '@1', '/dev/stderr': '@2' };

/** Somebody wants to know what is written there, whoever that is. */
export function isFollowed({ eventsEnabled, captureMaxBytes, syslog }: ChannelConfig): boolean {
  return eventsEnabled || captureMaxBytes > 0 || syslog;
}

export class Channels {
  readonly #around: LogSurroundings;
  readonly #name: string;
  readonly #config: ProcessConfig;
  #pipes: OpenPipes | undefined;
  readonly autoLogs: { stdout?: string; stderr?: string };

  /** @param name `group:process` */
  constructor(
    around: LogSurroundings,
    name: string,
    config: ProcessConfig,
    autoLogs: { stdout?: string; stderr?: string } = {},
  ) {
    this.#around = around;
    this.#name = name;
    this.#config = config;
    this.autoLogs = { ...autoLogs };
    for (const channel of this.#own()) this.autoLogs[channel] ??= this.#autoLog(channel);
  }

  /** Those that have a file of ours in childlogdir. */
  #own(): ChannelName[] {
    return this.#used().filter((channel) => this.#config[channel].target.kind === 'auto');
  }

  /** What it writes to its standard output is for us, and is no log. */
  get #isListener(): boolean {
    return this.#config.listener !== undefined;
  }

  /** Those that the logger reads. */
  #used(): ChannelName[] {
    return (['stdout', 'stderr'] as const).filter((channel) => this.isMoved(channel));
  }

  isMoved(channel: ChannelName): boolean {
    if (channel === 'stdout' ? this.#isListener : this.#config.redirectStderr) return false;
    const { target, direct } = this.#config[channel];
    return !direct && (target.kind !== 'none' || isFollowed(this.#config[channel]));
  }

  /** What is to be followed by somebody who wants to know what is written there. */
  followed(channel: ChannelName): { log: string; backups: number } | undefined {
    const config = this.#config[channel];
    if (!this.isMoved(channel) || !isFollowed(config)) return undefined;
    const log = this.logFile(channel);
    // What is the keeper's cannot be read by us.
    if (log !== undefined && OWN[log] !== undefined) return undefined;
    return log === undefined
      ? { log: this.#ownLog(channel), backups: OWN_BACKUPS }
      : { log, backups: config.backups };
  }

  #ownLog(channel: ChannelName): string {
    const name = `${encodeURIComponent(this.id(channel))}.log`;
    return path.join(this.#around.runtimeDirectory, 'follow', name);
  }

  #autoLog(channel: ChannelName): string {
    const { identifier, childLogDir } = this.#around;
    const random = randomBytes(6).toString('base64url');
    return path.join(childLogDir, `${this.#config.name}-${channel}---${identifier}-${random}.log`);
  }

  /** Undefined: there is none. */
  logFile(channel: ChannelName): string | undefined {
    const { target } = this.#config[channel];
    if (channel === 'stderr' && this.#config.redirectStderr) return undefined;
    if (channel === 'stdout' && this.#isListener) return undefined;
    return target.kind === 'file' ? target.path : this.autoLogs[channel];
  }

  id(channel: keyof typeof NUMBERS): string {
    return `${this.#name}.${NUMBERS[channel]}`;
  }

  fifo(channel: keyof typeof NUMBERS): string {
    return path.join(this.#around.runtimeDirectory, 'fifo', encodeURIComponent(this.id(channel)));
  }

  /** Makes the FIFOs, and has them held and moved. Those that are there are kept. */
  async open(): Promise<void> {
    this.#make('stdin', INPUT_MODE);
    const used = this.#used();
    for (const channel of used) this.#make(channel, OUTPUT_MODE);
    // What is in them must not be lost when the program has ended and the logger has not read it yet.
    const held = used.map((channel) => this.#around.keeper.hold(this.id(channel), this.fifo(channel)));
    for (const errno of await Promise.all(held)) if (errno !== 0) throw this.#failed('hold a FIFO', errno);
    const open = Promise.all(used.map((channel) => this.#move(channel)));
    // Whoever waits for a line must see the file; all others can write before it is there.
    if (this.#config.ready.some((spec) => spec.startsWith('line:')))
      await Promise.race([open, setTimeout(OPEN_MS, undefined, { ref: false })]);
  }

  #failed(what: string, errno: number): TdaemonError {
    const code = errnoName(errno);
    return new TdaemonError(`cannot ${what} for '${this.#name}': ${errnoWords(errno)} (${code})`, {
      reason: 'setup',
      code,
    });
  }

  #make(channel: keyof typeof NUMBERS, mode: number): void {
    const errno = native.makeFifo(this.fifo(channel), mode);
    if (errno !== 0 && errnoName(errno) !== 'EEXIST') throw this.#failed('make a FIFO', errno);
  }

  #move(channel: ChannelName): Promise<void> {
    const config = this.#config[channel];
    const log = this.logFile(channel);
    const own = { log: this.#ownLog(channel), maxBytes: OWN_BYTES, backups: OWN_BACKUPS, interval: 0 };
    return this.#around.logger.set({
      id: this.id(channel),
      fifo: this.fifo(channel),
      log: OWN[log ?? ''] ?? log ?? '',
      maxBytes: config.maxBytes,
      backups: config.backups,
      timestamps: config.timestamps,
      stripAnsi: this.#around.stripAnsi,
      interval: config.interval,
      ...(log === undefined && own),
    });
  }

  /** Of a listener: whoever speaks with it has the other ends. */
  listenThrough(open: OpenPipes): void {
    this.#pipes = open;
  }

  /** What the child gets as 0, 1 and 2, and the descriptors to be closed after the start. */
  openStdio(): { stdio: StdioPlan[]; opened: number[] } {
    const opened: number[] = [];
    const used = new Set<string>(['stdin', ...this.#used()]);
    const pipes = this.#pipes?.();
    if (pipes) opened.push(pipes.stdin, pipes.stdout);
    const plan = (channel: keyof typeof NUMBERS): StdioPlan => {
      if (channel === 'stderr' && this.#config.redirectStderr) return { kind: 'same', as: 1 };
      if (pipes && channel !== 'stderr') return { kind: 'inherit', descriptor: pipes[channel] };
      if (!used.has(channel)) return this.#direct(channel as ChannelName);
      // For reading and writing: it never sees an end, and never writes to nobody, whoever else comes and goes.
      const descriptor = openSync(this.fifo(channel), 'r+');
      opened.push(descriptor);
      return { kind: 'inherit', descriptor };
    };
    try {
      return { stdio: [plan('stdin'), plan('stdout'), plan('stderr')], opened };
    } catch (error) {
      for (const descriptor of opened) closeSync(descriptor);
      throw error;
    }
  }

  #direct(channel: ChannelName): StdioPlan {
    const log = this.logFile(channel);
    return this.#config[channel].direct && log !== undefined
      ? { kind: 'file', path: log, truncate: false }
      : { kind: 'null' };
  }

  /** All that it has written is in its files. */
  async flush(): Promise<void> {
    await Promise.all(this.#used().map((channel) => this.#around.logger.flush(this.id(channel))));
  }

  /** @throws TdaemonError (`setup`) */
  async clear(): Promise<void> {
    const cleared = this.#used().map((channel) => this.#around.logger.clear(this.id(channel)));
    for (const errno of await Promise.all(cleared))
      if (errno !== 0) throw this.#failed('clear the log', errno);
  }

  /** The process is no more: nor are its FIFOs, once they are empty, or their log cannot be written for long. */
  async close(): Promise<void> {
    const dropped = this.#used().map((channel) => this.#around.logger.drop(this.id(channel)));
    await Promise.race([Promise.all(dropped), setTimeout(DRAIN_MS, undefined, { ref: false })]);
    for (const channel of this.#used()) this.#around.keeper.drop(this.id(channel));
    for (const channel of ['stdin', 'stdout', 'stderr'] as const) rmSync(this.fifo(channel), { force: true });
  }
}
