/** What is read of a file, in pieces, becomes lines. */

/** A longer line is taken in pieces. */
const LONGEST_LINE = 16 * 1024 * 1024;
const NEWLINE = 10;

export class LineSplitter {
  #unfinished: Buffer[] = [];
  #bytes = 0;

  get hasUnfinished(): boolean {
    return this.#bytes > 0;
  }

  /** @returns the lines that this completes, without their ends */
  take(chunk: Buffer): Buffer[] {
    const lines: Buffer[] = [];
    let from = 0;
    for (let end = chunk.indexOf(NEWLINE); end !== -1; end = chunk.indexOf(NEWLINE, from)) {
      lines.push(this.#join(chunk.subarray(from, end)));
      from = end + 1;
    }
    this.#unfinished.push(chunk.subarray(from));
    this.#bytes += chunk.length - from;
    if (this.#bytes > LONGEST_LINE) lines.push(...this.finish());
    return lines;
  }

  /** The unfinished line so far, which may yet go on. */
  peek(): Buffer {
    return Buffer.concat(this.#unfinished);
  }

  /** Nothing more comes: what there is, is a line. */
  finish(): Buffer[] {
    return this.#bytes === 0 ? [] : [this.#join(Buffer.alloc(0))];
  }

  #join(end: Buffer): Buffer {
    const line = this.#bytes === 0 ? end : Buffer.concat([...this.#unfinished, end]);
    this.#unfinished = [];
    this.#bytes = 0;
    return line;
  }
}
