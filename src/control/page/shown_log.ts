/**
 * A log that one page shows: its end, and what comes, no faster than can be read. What a page has not taken waits in the file, and
 * is skipped when there is too much of it: nothing is kept here.
 */
import { StringDecoder } from 'node:string_decoder';
import { setTimeout as pause } from 'node:timers/promises';
import type { StateChange, SupervisedProcess } from '../../supervisor/supervised_process';
import type { Supervisor } from '../../supervisor/supervisor';
import { Fault } from '../faults';
import { LogTail } from '../log_tail';
import { findProcess } from '../names';
import { event, type Looker } from './looker';
import type { LogName, LogPart } from './messages';

/** Between two parts of a log that is written all the time. */
const PART_MS = 100;
const MOST_BEHIND = 1024 * 1024;

interface Source {
  log: LogName;
  file: () => string | undefined;
  process?: SupervisedProcess;
}

function sourcesOf(supervisor: Supervisor, query: URLSearchParams): Source[] {
  if (query.has('main')) return [{ log: 'main', file: () => supervisor.log.file }];
  const name = query.get('tail');
  if (name === null) return [];
  try {
    const process = findProcess(supervisor, name);
    return (['stdout', 'stderr'] as const).map((log) => ({
      log,
      process,
      file: () => process.channels.logFile(log),
    }));
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    return [];
  }
}

export class ShownLog {
  readonly #supervisor: Supervisor;
  readonly #source: Source;
  readonly #looker: Looker;
  readonly #limit: number;
  readonly #closing = new AbortController();
  #decoder = new StringDecoder('utf8');
  #tail: LogTail | undefined;
  #skipped = 0;
  #opening: Promise<void> | undefined;

  constructor(supervisor: Supervisor, source: Source, looker: Looker, limit: number) {
    this.#supervisor = supervisor;
    this.#source = source;
    this.#looker = looker;
    this.#limit = limit;
  }

  static of(supervisor: Supervisor, query: URLSearchParams, looker: Looker, limit: number): ShownLog[] {
    return sourcesOf(supervisor, query)
      .filter(({ file }) => file() !== undefined)
      .map((source) => new ShownLog(supervisor, source, looker, limit));
  }

  open(): void {
    this.#opening = this.#open();
    this.#supervisor.on('state', this.#onState);
  }

  async close(): Promise<void> {
    this.#supervisor.off('state', this.#onState);
    this.#closing.abort();
    await this.#opening;
    await this.#tail?.close();
  }

  /** It may have made its log. */
  readonly #onState = ({ process }: StateChange) => {
    if (process !== this.#source.process || this.#tail) return;
    this.#opening = this.#opening?.then(() => this.#open());
  };

  async #open(): Promise<void> {
    const file = this.#source.file();
    if (this.#tail || this.#closing.signal.aborted || file === undefined) return;
    const tail = new LogTail(file, (bytes) => this.#take(bytes), {
      mostBehind: MOST_BEHIND,
      onSkip: (bytes) => {
        this.#skipped += bytes;
        this.#decoder = new StringDecoder('utf8');
      },
    });
    // What cannot be read is shown as what is not there.
    const found = await tail.begin(this.#limit).catch(() => undefined);
    if (!found) {
      await tail.close();
      this.#send({ log: this.#source.log, text: '', isFirst: true, isMissing: true });
      return;
    }
    this.#tail = tail;
    this.#send({ log: this.#source.log, text: '', isFirst: true });
    tail.flow();
  }

  #send(part: LogPart): void {
    this.#looker.send(event('log', part));
  }

  async #take(bytes: Buffer): Promise<void> {
    await this.#looker.free();
    if (this.#closing.signal.aborted) return;
    const skipped = this.#skipped;
    this.#skipped = 0;
    this.#send({
      log: this.#source.log,
      text: this.#decoder.write(bytes),
      ...(skipped > 0 && { skipped }),
    });
    await pause(PART_MS, undefined, { signal: this.#closing.signal }).catch(() => undefined);
  }
}
