/** `*_log_timestamps`: what the logger has put before each line is not the program's, and is taken off again. */

const LENGTH = '2026-11-23T13:05:01.123Z '.length;
const FORM = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z $/;
const NEWLINE = 10;

export class TimestampRemover {
  /** What may be the beginning of a timestamp, at the beginning of a line; undefined: within a line. */
  #head: Buffer | undefined = Buffer.alloc(0);

  get holds(): boolean {
    return this.#head !== undefined && this.#head.length > 0;
  }

  take(chunk: Buffer): Buffer {
    const parts: Buffer[] = [];
    let at = 0;
    while (at < chunk.length) {
      if (this.#head) {
        const more = chunk.subarray(at, at + LENGTH - this.#head.length);
        this.#head = Buffer.concat([this.#head, more]);
        at += more.length;
        if (this.#head.length < LENGTH && !this.#head.includes(NEWLINE)) break;
        parts.push(...this.#judge(this.#head));
        continue;
      }
      const end = chunk.indexOf(NEWLINE, at);
      parts.push(chunk.subarray(at, end === -1 ? undefined : end + 1));
      at = end === -1 ? chunk.length : end + 1;
      if (end !== -1) this.#head = Buffer.alloc(0);
    }
    return Buffer.concat(parts);
  }

  #judge(head: Buffer): Buffer[] {
    this.#head = undefined;
    if (FORM.test(head.toString('latin1'))) return [];
    // Of before timestamps were asked for.
    const end = head.indexOf(NEWLINE);
    if (end === -1) return [head];
    this.#head = Buffer.alloc(0);
    return [head.subarray(0, end + 1), this.take(head.subarray(end + 1))];
  }

  finish(): Buffer {
    const head = this.#head ?? Buffer.alloc(0);
    this.#head = Buffer.alloc(0);
    return head;
  }
}
