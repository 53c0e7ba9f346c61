/** What a process writes, for whoever wants to hear of it: in order, also with what happens to the process. */
import path from 'node:path';
import { processCommunication, processLog, type SupervisorEvent, type Writer } from '../events/event';
import type { MainLog } from '../main_log';
import type { StateChange, SupervisedProcess } from '../supervised_process';
import { Followed } from './followed';
import type { TailParts } from './log_tail';
import type { Syslog } from './syslog';

export interface OutputParts extends TailParts {
  /** Of positions. */
  folder: string;
  log: MainLog;
  syslog: Syslog;
  tell(event: SupervisorEvent): void;
}

/** Whatever its disk does, what happens to a process is told then. */
const PATIENCE_MS = 2000;
const ENDS = new Set(['EXITED', 'STOPPED', 'BACKOFF']);
const CHANNELS = ['stdout', 'stderr'] as const;

/** Resolves with the work, or when it takes too long. */
export function within(milliseconds: number, work: Promise<unknown>): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, milliseconds);
    void work
      .catch(() => undefined)
      .then(() => {
        clearTimeout(timer);
        resolve();
      });
  });
}

export class ProcessOutput {
  readonly #process: SupervisedProcess;
  readonly #parts: OutputParts;
  readonly #followed = new Map<Writer['channel'], Followed>();
  #pid = 0;
  /** Of those whose last words have not been heard yet, the first. */
  #ended: number | undefined;
  #order = Promise.resolve();
  /** What is still to be told before anything else. */
  #waiting = 0;

  constructor(process: SupervisedProcess, parts: OutputParts) {
    this.#process = process;
    this.#parts = parts;
    for (const channel of CHANNELS) {
      const place = process.channels.followed(channel);
      if (place) this.#followed.set(channel, this.#follow(channel, place));
    }
  }

  #follow(channel: Writer['channel'], place: { log: string; backups: number }): Followed {
    const { folder, log, syslog, tell } = this.#parts;
    const { channels, config } = this.#process;
    const position = path.join(folder, `${encodeURIComponent(channels.id(channel))}.at`);
    return new Followed(
      { ...this.#parts, ...place, position, config: config[channel] },
      {
        onOutput: (data) => tell(processLog(this.#writer(channel), data)),
        onCaptured: (data) => {
          tell(processCommunication(this.#writer(channel), data));
          log.say('debug', `'${config.name}' ${channel} emitted a comm event`);
        },
        onLine: (line) => syslog.send({ tag: config.name, pid: this.#writer(channel).pid }, line),
        onTrouble: (message) =>
          log.say('error', `cannot follow the ${channel} of ${this.#process.fullName}: ${message}`),
      },
    );
  }

  #writer(channel: Writer['channel']): Writer {
    const { name, group, lastPid } = this.#process;
    if (lastPid > 0) this.#pid = lastPid;
    return { process: name, group, channel, pid: this.#ended ?? this.#pid };
  }

  /** Resolves when nothing that it writes from now on can be missed. */
  begin(): Promise<void> {
    return within(
      PATIENCE_MS,
      this.#each((followed) => followed.begin()),
    );
  }

  /** What is told of the process comes after what it has written before. */
  onState({ from, to, pid }: StateChange, tell: () => void): void {
    if (this.#followed.size > 0 && ENDS.has(to) && pid > 0 && from !== to)
      this.#await(() => this.#hearLastWords(pid));
    if (this.#waiting === 0) tell();
    else this.#await(async () => tell());
  }

  #await(work: () => Promise<void>): void {
    this.#waiting++;
    this.#order = this.#order.then(work).then(() => {
      this.#waiting--;
    });
  }

  async #hearLastWords(pid: number): Promise<void> {
    this.#ended = pid;
    await within(PATIENCE_MS, this.#finish());
    this.#ended = undefined;
  }

  async #finish(): Promise<void> {
    await this.#process.channels.flush();
    await this.#each((followed) => followed.finish());
  }

  /** Resolves when all that has happened has been told. */
  inOrder(): Promise<void> {
    return this.#order;
  }

  async #each(what: (followed: Followed) => Promise<void>): Promise<void> {
    await Promise.all([...this.#followed.values()].map(what));
  }

  /** Resolves when all that is in its logs has been read. */
  caughtUp(): Promise<void> {
    return this.#each((followed) => followed.caughtUp());
  }

  async close(): Promise<void> {
    await this.#order;
    await within(
      PATIENCE_MS,
      this.#each((followed) => followed.finish()),
    );
    await within(
      PATIENCE_MS,
      this.#each((followed) => followed.close()),
    );
  }
}
