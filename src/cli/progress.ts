/** On a terminal: what is waited for, after a second, in a line that vanishes. Elsewhere nothing. */
import { writeSync } from 'node:fs';
import { isatty } from 'node:tty';

const SECOND_MS = 1000;
/** A longer line would break, and only its last row be wiped away. */
const DEFAULT_COLUMNS = 80;

function fitting(line: string): string {
  const columns = process.stderr.columns || DEFAULT_COLUMNS;
  return line.length < columns ? line : `${line.slice(0, columns - 2)}…`;
}

export class Progress {
  #timer: NodeJS.Timeout | undefined;
  #shown = false;

  /** @param what it is said with the seconds since now */
  begin(what: () => string): void {
    if (!isatty(2) || this.#timer) return;
    const began = performance.now();
    this.#timer = setInterval(() => {
      const seconds = Math.round((performance.now() - began) / SECOND_MS);
      writeSync(2, `\r\u001b[K${fitting(`tdaemon: ${what()}, ${seconds} s`)}`);
      this.#shown = true;
    }, SECOND_MS);
  }

  /** Before another line is written: it comes again. */
  clear(): void {
    if (this.#shown) writeSync(2, '\r\u001b[K');
    this.#shown = false;
  }

  end(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
    this.clear();
  }
}
