/** One output of a process that somebody wants to hear of, whether listeners or the system's log: follows its log file. */
import type { ChannelConfig } from '../../config/model';
import { LineSplitter } from '../../readiness/line_splitter';
import { Capture } from './capture';
import { LogTail, type Spot, type TailParts } from './log_tail';
import { Position } from './position';
import { TimestampRemover } from './timestamps';

export interface FollowedParts extends TailParts {
  /** The log, and how many backups there are. */
  log: string;
  backups: number;
  /** Where to write down how far it has been followed. */
  position: string;
  config: ChannelConfig;
}

export interface FollowedWitness {
  onOutput(data: Buffer): void;
  onCaptured(data: Buffer): void;
  /** Nothing more is told until it resolves. */
  onLine(line: Buffer): Promise<void> | undefined;
  onTrouble(message: string): void;
}

export class Followed {
  readonly #witness: FollowedWitness;
  readonly #position: Position;
  readonly #tail: LogTail;
  readonly #timestamps: TimestampRemover | undefined;
  readonly #capture: Capture;
  readonly #lines: LineSplitter | undefined;
  #safe: Spot = { inode: 0, offset: 0 };
  /** Up to there it was told by the supervisor before us. */
  #told = 0;
  #finished = Promise.resolve();

  constructor(parts: FollowedParts, witness: FollowedWitness) {
    this.#witness = witness;
    const { config } = parts;
    this.#position = new Position(parts.position);
    this.#timestamps = config.timestamps ? new TimestampRemover() : undefined;
    this.#lines = config.syslog ? new LineSplitter() : undefined;
    this.#capture = new Capture(config.captureMaxBytes, {
      onOutput: (data) => {
        if (config.eventsEnabled && !this.#isRepeated) witness.onOutput(data);
      },
      onCaptured: (data) => {
        if (!this.#isRepeated) witness.onCaptured(data);
      },
    });
    this.#tail = new LogTail(parts.log, parts.backups, parts, {
      onChunk: (chunk, end) => this.#onChunk(chunk, end),
      onNewFile: (spot) => this.#onNewFile(spot),
      onTrouble: (message) => witness.onTrouble(message),
    });
  }

  #isRepeated = false;

  /** Resolves when it is known from where it is followed. */
  async begin(): Promise<void> {
    const place = this.#position.read();
    if (place) this.#told = place.told;
    await this.#tail.begin(place && { inode: place.inode, offset: place.safe });
    this.#safe = this.#tail.spot;
    if (this.#safe.inode !== place?.inode) this.#told = 0;
    this.#write();
  }

  #write(): void {
    const { inode, offset } = this.#safe;
    this.#position.write({ inode, safe: offset, told: Math.max(this.#tail.spot.offset, this.#told) });
  }

  #onNewFile(spot: Spot): void {
    if (this.#safe.inode !== 0) this.#told = 0;
    this.#safe = spot;
  }

  async #onChunk(chunk: Buffer, end: Spot): Promise<void> {
    const begin = end.offset - chunk.length;
    // It was truncated.
    if (begin < this.#safe.offset) this.#told = 0;
    const repeated = Math.min(chunk.length, Math.max(0, this.#told - begin));
    if (repeated > 0) {
      this.#isRepeated = true;
      await this.#take(chunk.subarray(0, repeated));
      this.#isRepeated = false;
    }
    if (end.offset >= this.#told) this.#told = 0;
    await this.#take(chunk.subarray(repeated));
    if (!this.#timestamps?.holds && !this.#capture.holds && !this.#lines?.hasUnfinished) this.#safe = end;
    this.#write();
  }

  async #take(chunk: Buffer): Promise<void> {
    const data = this.#timestamps ? this.#timestamps.take(chunk) : chunk;
    this.#capture.take(data);
    if (this.#lines) await this.#tellLines(this.#lines.take(data));
  }

  async #tellLines(lines: Buffer[]): Promise<void> {
    if (this.#isRepeated) return;
    for (const line of lines) await this.#witness.onLine(line);
  }

  /** Resolves when all has been told that is there. */
  caughtUp(): Promise<void> {
    return this.#tail.caughtUp();
  }

  /** The program has ended: what it has begun is as it is. Resolves when all has been told. */
  finish(): Promise<void> {
    this.#finished = this.#finished.then(async () => {
      await this.#tail.caughtUp();
      const rest = this.#timestamps?.finish() ?? Buffer.alloc(0);
      this.#capture.take(rest);
      this.#capture.finish();
      if (this.#lines) await this.#tellLines([...this.#lines.take(rest), ...this.#lines.finish()]);
      this.#safe = this.#tail.spot;
      this.#write();
    });
    return this.#finished;
  }

  /** It is over, for every supervisor. */
  async close(): Promise<void> {
    await this.#tail.close();
    this.#position.close();
  }
}
