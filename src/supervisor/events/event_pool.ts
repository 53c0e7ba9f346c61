/** `[eventlistener:x]`: events wait in its buffer until one of its processes is ready for them, and stay until it says OK. */
import type { ListenerConfig } from '../../config/model';
import type { MainLog } from '../main_log';
import { SIGNALLABLE_STATES } from '../states';
import type { SupervisedProcess } from '../supervised_process';
import { Conversation } from './conversation';
import type { SupervisorEvent } from './event';
import { EventJournal, type NumberedEvent } from './event_journal';

export interface PoolParts {
  identifier: string;
  log: MainLog;
  /** Of a journal of events. */
  file: string;
}

/** At the end a listener may take so long to hear what is left. */
const FAREWELL_MS = 1000;

interface Talk {
  conversation: Conversation;
  /** What it has been told and not answered. */
  event?: NumberedEvent;
}

export class EventPool {
  readonly name: string;
  readonly events: readonly string[];
  readonly #bufferSize: number;
  readonly #parts: PoolParts;
  readonly #journal: EventJournal;
  /** The oldest first. */
  readonly #buffer: NumberedEvent[];
  /** With whom is spoken, in the order of the configuration. */
  readonly #talks = new Map<SupervisedProcess, Talk | undefined>();
  #onIdle: (() => void) | undefined;

  constructor(name: string, { events, bufferSize }: ListenerConfig, parts: PoolParts) {
    this.name = name;
    this.events = events;
    this.#bufferSize = Math.max(1, bufferSize);
    this.#parts = parts;
    this.#journal = new EventJournal(parts.file, ({ message }) =>
      this.#parts.log.say('error', `cannot write down the events of pool ${name}: ${message}`),
    );
    this.#buffer = this.#journal.left;
  }

  /** Of the last event among all; -1: none. */
  get lastSerial(): number {
    return this.#journal.serial;
  }

  /** Its standard input and output are ours from now on. */
  include(process: SupervisedProcess): void {
    if (this.#talks.has(process)) return;
    this.#talks.set(process, undefined);
    process.channels.listenThrough(() => this.#begin(process));
  }

  #begin(process: SupervisedProcess) {
    this.#talks.get(process)?.conversation.finish();
    const { log } = this.#parts;
    const { name } = process;
    const talk: Talk = {
      conversation: new Conversation({
        onState: (from, to) => {
          log.say('debug', `${name}: ${from} -> ${to}`);
          if (to === 'UNKNOWN')
            log.say(
              'warn',
              `${name}: has entered the UNKNOWN state and will no longer receive events, this usually indicates the process violated the eventlistener protocol`,
            );
          // What has come with it must be heard first: it may be nonsense.
          if (to === 'READY') setImmediate(() => this.dispatch());
        },
        onResult: (accepted) => this.#onResult(name, talk, accepted),
        onNonsense: (line) => log.say('warn', `${name}: bad result line: '${line}'`),
        onOver: () => this.#takeBack(talk),
      }),
    };
    this.#talks.set(process, talk);
    return talk.conversation.open();
  }

  #onResult(name: string, talk: Talk, accepted: boolean): void {
    const { event } = talk;
    if (!event) return;
    const { log } = this.#parts;
    if (accepted) {
      log.say('debug', `${name}: event was processed`);
      delete talk.event;
      this.#journal.remove(event);
    } else {
      log.say('warn', `${name}: event was rejected`);
      this.#takeBack(talk);
    }
    if (this.#isIdle) this.#onIdle?.();
  }

  /** It is for another, or for the same again: before all others. */
  #takeBack(talk: Talk): void {
    const { event } = talk;
    if (!event) return;
    delete talk.event;
    const { log } = this.#parts;
    log.say(
      'debug',
      `rebuffering event ${event.serial} for pool ${this.name} (buf size=${this.#buffer.length}, max=${this.#bufferSize})`,
    );
    this.#makeRoom();
    this.#buffer.unshift(event);
    this.dispatch();
  }

  #makeRoom(): void {
    while (this.#buffer.length >= this.#bufferSize) {
      const discarded = this.#buffer.shift() as NumberedEvent;
      this.#journal.remove(discarded);
      this.#parts.log.say(
        'error',
        `pool ${this.name} event buffer overflowed, discarding event ${discarded.serial}`,
      );
    }
  }

  accept(event: SupervisorEvent, serial: number): void {
    const numbered = { ...event, serial, poolSerial: this.#journal.poolSerial + 1 };
    this.#makeRoom();
    this.#journal.add(numbered);
    this.#buffer.push(numbered);
    this.dispatch();
  }

  /** Tells whoever is ready, as long as there is something to tell. */
  dispatch(): void {
    for (const [process, talk] of this.#talks) {
      if (process.state !== 'RUNNING' || !talk?.conversation.canBeTold) continue;
      const event = this.#buffer.shift();
      if (!event) return;
      talk.event = event;
      talk.conversation.tell(this.#envelope(event));
      this.#parts.log.say('debug', `event ${event.serial} sent to listener ${process.name}`);
    }
  }

  #envelope({ serial, poolSerial, type, payload }: NumberedEvent): Buffer {
    const header =
      `ver:3.0 server:${this.#parts.identifier} serial:${serial} pool:${this.name} ` +
      `poolserial:${poolSerial} eventname:${type} len:${payload.length}\n`;
    return Buffer.concat([Buffer.from(header), payload]);
  }

  /** One of its processes may have ended, or be up by now. */
  onState(process: SupervisedProcess): void {
    if (process.state === 'RUNNING') this.dispatch();
    else if (!SIGNALLABLE_STATES.has(process.state)) this.#talks.get(process)?.conversation.finish();
  }

  /** Nothing waits, or nobody who could be told is there. */
  get #isIdle(): boolean {
    const up = [...this.#talks].filter(
      ([{ state }, talk]) => state === 'RUNNING' && talk && talk.conversation.state !== 'UNKNOWN',
    );
    const busy = up.some(([, talk]) => talk?.event !== undefined);
    return up.length === 0 || (this.#buffer.length === 0 && !busy);
  }

  /** Resolves when all has been heard, or after a while. */
  settled(): Promise<void> {
    return new Promise((resolve) => {
      this.#onIdle = () => {
        clearTimeout(timer);
        this.#onIdle = undefined;
        resolve();
      };
      const timer = setTimeout(() => this.#onIdle?.(), FAREWELL_MS);
      if (this.#isIdle) this.#onIdle();
    });
  }

  /** There is no such pool any more. */
  close(): void {
    for (const talk of this.#talks.values()) {
      delete talk?.event;
      talk?.conversation.finish();
    }
    this.#talks.clear();
    this.#buffer.length = 0;
    this.#journal.close();
  }
}
