/** Whoever types: on a terminal with history and completion, elsewhere the lines of standard input. */
import { createInterface, type Interface } from 'node:readline';
import { Writable } from 'node:stream';
import { isatty } from 'node:tty';
import { write } from '../output';
import type { Person } from './session';

export interface KeyboardOptions {
  /** The newest first. */
  history: string[];
  complete(line: string): Promise<[string[], string]>;
}

const MOST_REMEMBERED = 1000;

export class Keyboard implements Person {
  readonly #options: KeyboardOptions;
  #interface: Interface | undefined;
  #isMuted = false;
  /** What is typed now is an answer, not an action. */
  #isForgotten = false;
  #isOver = false;
  /** Typed before anybody asked. */
  readonly #lines: string[] = [];
  #hear: ((line: string | undefined) => void) | undefined;
  history: string[];

  constructor(options: KeyboardOptions) {
    this.#options = options;
    this.history = options.history;
  }

  /** Undefined also when the signal is aborted. */
  ask(question: string, signal?: AbortSignal): Promise<string | undefined> {
    return this.#ask(question, true, signal);
  }

  /** A line that is worth remembering. */
  askAction(prompt: string, signal?: AbortSignal): Promise<string | undefined> {
    return this.#ask(prompt, false, signal);
  }

  async askSecret(question: string): Promise<string | undefined> {
    if (!isatty(0)) return this.ask(question);
    write(1, question);
    this.#isMuted = true;
    const answer = await this.ask('');
    this.#isMuted = false;
    write(1, '\n');
    return answer;
  }

  /** What was typed so far is given up. @returns whether there was anything */
  discard(): boolean {
    const open = this.#interface;
    if (!open || open.line === '') return false;
    open.write(null, { ctrl: true, name: 'e' });
    open.write(null, { ctrl: true, name: 'u' });
    return true;
  }

  close(): void {
    this.#isOver = true;
    this.#interface?.close();
    this.#interface = undefined;
  }

  #ask(question: string, isForgotten: boolean, signal?: AbortSignal): Promise<string | undefined> {
    const open = this.#open();
    this.#isForgotten = isForgotten;
    return new Promise((resolve) => {
      const settle = (line: string | undefined) => {
        signal?.removeEventListener('abort', abandon);
        this.#hear = undefined;
        resolve(line);
      };
      const abandon = () => settle(undefined);
      if (signal?.aborted) return abandon();
      signal?.addEventListener('abort', abandon);
      this.#hear = settle;
      if (open?.terminal) {
        open.setPrompt(question);
        open.prompt();
      } else write(1, question);
      const typed = this.#lines.shift();
      if (typed !== undefined) settle(typed);
      else if (this.#isOver) settle(undefined);
    });
  }

  #open(): Interface | undefined {
    if (this.#isOver) return undefined;
    this.#interface ??= this.#create();
    return this.#interface;
  }

  #create(): Interface {
    const terminal = isatty(0) && isatty(1);
    const made = createInterface({
      input: process.stdin,
      ...(terminal && {
        output: this.#screen(),
        history: this.history,
        historySize: MOST_REMEMBERED,
        removeHistoryDuplicates: true,
        completer: (line: string, done: (error: null, result: [string[], string]) => void) =>
          void this.#options.complete(line).then(
            (result) => done(null, result),
            () => done(null, [[], line]),
          ),
      }),
      terminal,
    });
    made.on('line', (line) => {
      // The history has it by now; what follows was typed ahead.
      this.#isForgotten = false;
      if (this.#hear) this.#hear(line);
      else this.#lines.push(line);
    });
    made.on('history', (history) => {
      if (this.#isForgotten) history.shift();
      this.history = history;
    });
    // The terminal is in raw mode: ^C is a key like others.
    made.on('SIGINT', () => {
      if (process.listenerCount('SIGINT') > 0) process.emit('SIGINT');
      else {
        made.close();
        process.kill(process.pid, 'SIGINT');
      }
    });
    made.on('close', () => {
      this.#isOver = true;
      this.#hear?.(undefined);
    });
    return made;
  }

  #screen(): Writable {
    const screen = new Writable({
      write: (bytes: Buffer, _encoding, done) => {
        if (!this.#isMuted) write(1, bytes);
        done();
      },
    });
    process.stdout.on('resize', () => screen.emit('resize'));
    return Object.defineProperty(screen, 'columns', { get: () => process.stdout.columns });
  }
}
