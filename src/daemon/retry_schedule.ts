/** What to do until a process has ended: the grammar of start-stop-daemon(8), `--retry`. */
import { invalid } from '../errors';
import { parseDuration } from '../process/duration';
import { signalNumber } from '../process/signals';

export type RetryStep = { kind: 'signal'; signal: number } | { kind: 'wait'; milliseconds: number };

export interface RetrySchedule {
  steps: readonly RetryStep[];
  /** From this step on everything is repeated until the end. Absent: the schedule ends. */
  foreverFrom?: number;
}

export const DEFAULT_SCHEDULE = 'TERM/10/KILL/5';

/**
 * `TIMEOUT`, which is `SIGNAL/TIMEOUT/KILL/TIMEOUT`, or steps with slashes between: `TERM`, `-TERM` or `-15` are
 * signals, a duration waits, `forever` repeats what follows.
 *
 * @param first the signal that a bare TIMEOUT begins with
 * @throws TdaemonError (`invalid`)
 */
export function parseRetrySchedule(text: string, first: number): RetrySchedule {
  const alone = parseDuration(text);
  if (alone !== undefined) {
    const wait: RetryStep = { kind: 'wait', milliseconds: alone };
    return {
      steps: [
        { kind: 'signal', signal: first },
        wait,
        { kind: 'signal', signal: signalNumber('KILL') },
        wait,
      ],
    };
  }
  const words = text.split('/');
  if (words.length < 2) throw invalid(`'${text}' is no retry schedule (TIMEOUT or SIGNAL/TIMEOUT/…)`);
  const steps: RetryStep[] = [];
  let foreverFrom: number | undefined;
  for (const word of words) {
    if (word === 'forever') {
      if (foreverFrom !== undefined) throw invalid(`retry schedule '${text}': 'forever' stands twice`);
      foreverFrom = steps.length;
      continue;
    }
    const milliseconds = parseDuration(word);
    if (milliseconds !== undefined) steps.push({ kind: 'wait', milliseconds });
    else steps.push({ kind: 'signal', signal: signalNumber(word.replace(/^-/, '')) });
  }
  if (foreverFrom === undefined) return { steps };
  const repeated = steps.slice(foreverFrom);
  // It would spin.
  if (!repeated.some((step) => step.kind === 'wait' && step.milliseconds > 0))
    throw invalid(`retry schedule '${text}': nothing is waited for after 'forever'`);
  return { steps, foreverFrom };
}

/** The steps in their order, over and over where the schedule says so. */
export function* stepsOf({ steps, foreverFrom }: RetrySchedule): Generator<RetryStep> {
  yield* steps;
  while (foreverFrom !== undefined) yield* steps.slice(foreverFrom);
}
