/** One run of a listener, from its start to its end: the pipes on which it is told events and answers. */
import { Socket } from 'node:net';
import { TdaemonError } from '../../errors';
import { native } from '../../native';
import { errnoName, errnoWords } from '../../process/errno';
import { ListenerProtocol, type ListenerState, type ListenerWitness } from './listener_protocol';

/** When it has ended, somebody may hold its output open: that much longer its last words are waited for. */
const LAST_WORDS_MS = 100;

/** The child's ends, to be closed after the start. */
export interface ListenerPipes {
  stdin: number;
  stdout: number;
}

export interface ConversationWitness extends ListenerWitness {
  /** Nothing more is said, by nobody. */
  onOver(): void;
}

function openPipe(): { reader: number; writer: number } {
  const pipe = native.openPipe(2);
  if (typeof pipe !== 'number') return pipe;
  const code = errnoName(pipe);
  throw new TdaemonError(`cannot open a pipe for a listener: ${errnoWords(pipe)} (${code})`, {
    reason: 'setup',
    code,
  });
}

export class Conversation {
  readonly #protocol: ListenerProtocol;
  readonly #witness: ConversationWitness;
  #input: Socket | undefined;
  #output: Socket | undefined;
  #lastWords: NodeJS.Timeout | undefined;
  #over = false;

  constructor(witness: ConversationWitness) {
    this.#witness = witness;
    this.#protocol = new ListenerProtocol(witness);
  }

  /** @throws TdaemonError */
  open(): ListenerPipes {
    const input = openPipe();
    let output: typeof input;
    try {
      output = openPipe();
    } catch (error) {
      native.closeDescriptor(input.reader);
      native.closeDescriptor(input.writer);
      throw error;
    }
    this.#input = new Socket({ fd: input.writer, readable: false, writable: true });
    // Who does not read any more is told no more; its end is seen elsewhere.
    this.#input.on('error', () => this.#input?.destroy());
    this.#output = new Socket({ fd: output.reader, readable: true, writable: false });
    this.#output.on('error', () => undefined);
    this.#output.on('data', (chunk: Buffer) => this.#protocol.take(chunk));
    this.#output.on('close', () => {
      if (this.#lastWords) this.#end();
    });
    return { stdin: input.reader, stdout: output.writer };
  }

  get state(): ListenerState {
    return this.#protocol.state;
  }

  get canBeTold(): boolean {
    return this.#protocol.state === 'READY' && this.#input?.writable === true && !this.#lastWords;
  }

  tell(envelope: Buffer): void {
    this.#protocol.sent();
    this.#input?.write(envelope, (error) => {
      // It has closed its standard input, and will never answer.
      if (error && !this.#lastWords) this.#witness.onResult(false);
    });
  }

  /** Its process has ended: what it said before that is still heard. */
  finish(): void {
    if (this.#lastWords || this.#over) return;
    this.#input?.destroy();
    if (!this.#output || this.#output.closed) this.#end();
    else this.#lastWords = setTimeout(() => this.#end(), LAST_WORDS_MS);
  }

  #end(): void {
    if (this.#over) return;
    this.#over = true;
    clearTimeout(this.#lastWords);
    this.#output?.destroy();
    this.#witness.onOver();
  }
}
