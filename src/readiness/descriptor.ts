/** `fd:N`: the daemon writes a newline to descriptor N, as for s6 (its `notification-fd`). */
import { Socket } from 'node:net';
import { invalid, TdaemonError } from '../errors';
import { native } from '../native';
import { errnoName, errnoWords } from '../process/errno';
import { type Condition, hopeless, type Start, type Subject, until } from './condition';
import { isFollowable } from './line';
import { LineFollower } from './lines';

/** Above it lies the lock of the pidfile. */
const MOST = 254;

export class DescriptorWritten implements Condition {
  readonly text: string;
  readonly state = 'no newline yet';
  readonly descriptor: number;
  /** Where the output has a file already, that is followed: a pipe would end with us, and its writer with it. */
  #follows = false;
  #reader: number | undefined;
  #writer: number | undefined;

  constructor(text: string, rest: string) {
    const number = /^\d{1,3}$/.test(rest) ? Number(rest) : 0;
    if (number < 1 || number > MOST) throw invalid(`ready: '${rest}' is no descriptor from 1 to ${MOST}`);
    this.text = text;
    this.descriptor = number;
  }

  get readsOutputs(): boolean {
    return this.descriptor < 3;
  }

  check(start: Start): void {
    if (start.spawn.keep.includes(this.descriptor))
      throw invalid(`ready: descriptor ${this.descriptor} is to be kept, and cannot be a new one too`);
  }

  prepare(start: Start): void {
    const number = this.descriptor;
    this.#follows = number < 3 && isFollowable(start, number);
    if (this.#follows) return;
    const pipe = native.openPipe(start.highestDescriptor);
    if (typeof pipe === 'number') {
      const code = errnoName(pipe);
      throw new TdaemonError(`cannot make a pipe for '${this.text}': ${errnoWords(pipe)} (${code})`, {
        reason: 'setup',
        code,
        errno: pipe,
        syscall: 'pipe',
      });
    }
    this.#reader = pipe.reader;
    this.#writer = pipe.writer;
    if (number < 3) start.spawn.stdio[number] = { kind: 'inherit', descriptor: pipe.writer };
    else start.spawn.passes = [...(start.spawn.passes ?? []), { from: pipe.writer, to: number }];
  }

  watch({ outputs }: Subject, signal: AbortSignal): Promise<void> {
    return until(signal, (settle, fail) => {
      if (this.#follows) {
        const output = outputs.find(({ descriptor }) => descriptor === this.descriptor) ?? outputs[0];
        if (!output) throw hopeless(`descriptor ${this.descriptor} is no regular file`, 'EINVAL', 'setup');
        const follower = new LineFollower(output, () => settle());
        follower.begin();
        return () => follower.close();
      }
      return this.#watchPipe(() => settle(), fail);
    });
  }

  #watchPipe(settle: () => void, fail: (error: unknown) => void): () => void {
    this.#closeWriter();
    const reader = new Socket({ fd: this.#reader as number, readable: true, writable: false });
    this.#reader = undefined;
    const closed = () =>
      fail(hopeless(`descriptor ${this.descriptor} was closed without a newline`, 'EPIPE'));
    reader.on('data', (bytes) => {
      if (bytes.includes('\n')) settle();
    });
    reader.on('end', closed);
    reader.on('error', closed);
    return () => reader.destroy();
  }

  #closeWriter(): void {
    if (this.#writer !== undefined) native.closeDescriptor(this.#writer);
    this.#writer = undefined;
  }

  close(): void {
    this.#closeWriter();
    if (this.#reader !== undefined) native.closeDescriptor(this.#reader);
    this.#reader = undefined;
  }
}
