/** A regular expression that cannot hang us: JavaScript's backtrack, and a log line may be anybody's. */
import { createContext, Script } from 'node:vm';
import { invalid } from '../errors';
import { hopeless } from './condition';

/** For one line. */
const LIMIT_MS = 1000;
/** Lines read at once that are slow together, though none alone: meanwhile nobody sees the time, ^C, or the end. */
const MOST_SLOW_PARTS = 2;
const LOOP = new Script('for (at = from; at < lines.length; at++) if (expression.test(lines[at])) break;');

export class Pattern {
  readonly #source: string;
  readonly #context: { expression: RegExp; lines: string[]; from: number; at: number };

  /** @throws TdaemonError (`invalid`) */
  constructor(source: string) {
    this.#source = source;
    try {
      const expression = new RegExp(source);
      this.#context = { expression, lines: [], from: 0, at: 0 };
    } catch (error) {
      throw invalid(`ready: '${source}' is no regular expression: ${reasonOf(error, source)}`);
    }
    createContext(this.#context);
  }

  /** @returns its index; undefined: none does. @throws TdaemonError (`setup`) when it takes seconds */
  firstMatch(lines: readonly Buffer[]): number | undefined {
    const context = this.#context;
    context.lines = lines.map((line) => line.toString('utf8').replace(/\r$/, ''));
    context.from = 0;
    let slowParts = 0;
    while (context.from < context.lines.length) {
      if (this.#runs()) return context.at < context.lines.length ? context.at : undefined;
      // All together took too long: does the one at which it stopped?
      const stoppedAt = context.at;
      const isOneLine = stoppedAt === context.from;
      if (isOneLine || ++slowParts === MOST_SLOW_PARTS)
        throw hopeless(
          `the regular expression '${this.#source}' takes longer than ${LIMIT_MS / 1000} s for ${isOneLine ? 'one line' : 'a few lines'}`,
          'ERR_TDAEMON_SLOW_EXPRESSION',
          'setup',
        );
      context.from = stoppedAt;
    }
    return undefined;
  }

  #runs(): boolean {
    try {
      LOOP.runInContext(this.#context, { timeout: LIMIT_MS });
      return true;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ERR_SCRIPT_EXECUTION_TIMEOUT') return false;
      throw error;
    }
  }
}

function reasonOf(error: unknown, source: string): string {
  const message = error instanceof Error ? error.message : String(error);
  return message.replace(`Invalid regular expression: /${source}/: `, '');
}
