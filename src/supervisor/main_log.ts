/** What the supervisor itself has to say: supervisord's format, rotation and levels. Nobody waits for its disk. */
import { createWriteStream, type WriteStream } from 'node:fs';
import { rename, rm, stat } from 'node:fs/promises';

export const LEVELS = ['critical', 'error', 'warn', 'info', 'debug', 'trace', 'blather'] as const;
export type Level = (typeof LEVELS)[number];

const NAMES: Record<Level, string> = {
  critical: 'CRIT',
  error: 'ERRO',
  warn: 'WARN',
  info: 'INFO',
  debug: 'DEBG',
  trace: 'TRAC',
  blather: 'BLAT',
};

export interface MainLogOptions {
  /** Undefined: none. */
  file: string | undefined;
  level: Level;
  /** 0: no rotation. */
  maxBytes: number;
  backups: number;
  /** Also on standard output: in the foreground, and not silent. */
  echo: boolean;
  /** Instead of a file. */
  syslog?: (level: Level, message: string) => void;
}

const two = (number: number) => String(number).padStart(2, '0');

function stamp(date: Date): string {
  const day = `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
  const time = `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
  return `${day} ${time},${String(date.getMilliseconds()).padStart(3, '0')}`;
}

export class MainLog {
  readonly #options: MainLogOptions;
  readonly #threshold: number;
  #stream: WriteStream | undefined;
  #size = 0;
  /** One thing after the other, in the background. */
  #work: Promise<void> = Promise.resolve();

  constructor(options: MainLogOptions) {
    this.#options = options;
    this.#threshold = LEVELS.indexOf(options.level);
    this.#work = this.#open();
  }

  async #open(): Promise<void> {
    const { file } = this.#options;
    if (file === undefined) return;
    this.#size = await stat(file).then(
      ({ size }) => size,
      () => 0,
    );
    this.#stream = createWriteStream(file, { flags: 'a', mode: 0o644 }).on('error', () => {
      // What cannot be written is lost; the programs are not.
      this.#stream = undefined;
    });
  }

  say(level: Level, message: string): void {
    if (LEVELS.indexOf(level) > this.#threshold) return;
    // What others have put into it must not steer the terminal on which somebody reads it.
    const line = `${stamp(new Date())} ${NAMES[level]} ${message.replace(/[\p{Cc}\u2028\u2029]+/gu, ' ')}\n`;
    if (this.#options.echo) process.stdout.write(line);
    this.#options.syslog?.(level, `${NAMES[level]} ${message}`);
    this.#work = this.#work.then(() => this.#write(line));
  }

  async #write(line: string): Promise<void> {
    this.#stream?.write(line);
    this.#size += Buffer.byteLength(line);
    const { maxBytes } = this.#options;
    if (maxBytes > 0 && this.#size >= maxBytes) await this.#rotate();
  }

  async #rotate(): Promise<void> {
    const { file = '', backups } = this.#options;
    await this.#end();
    if (backups === 0) await rm(file, { force: true });
    for (let number = backups; number > 0; number--) {
      const from = number === 1 ? file : `${file}.${number - 1}`;
      await rename(from, `${file}.${number}`).catch(() => undefined);
    }
    await this.#open();
  }

  #end(): Promise<void> {
    const stream = this.#stream;
    this.#stream = undefined;
    return new Promise((resolve) => {
      if (stream) stream.on('error', () => resolve()).end(() => resolve());
      else resolve();
    });
  }

  /** Opens the file anew, which somebody has renamed. */
  reopen(): void {
    this.#work = this.#work.then(() => this.#end()).then(() => this.#open());
  }

  /** Resolves when all that was said until now has been handed to the system. */
  async close(): Promise<void> {
    await this.#work;
    await this.#end();
  }

  /** Empties it. */
  clear(): Promise<void> {
    this.#work = this.#work
      .then(() => this.#end())
      .then(() => rm(this.#options.file ?? '', { force: true }))
      .then(() => this.#open());
    return this.#work;
  }

  get file(): string | undefined {
    return this.#options.file;
  }
}
