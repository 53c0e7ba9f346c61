/** While a start waits for readiness: a progress line on a terminal, and ^C, which ends the daemon too. */
import type { ReadinessEvent, ReadyOptions } from '../daemon/ready_options';
import { TdaemonError } from '../errors';
import { native } from '../native';
import { EXIT } from './exit_status';
import { oneLine, reportFailure, say, type Voice, write } from './output';
import { Progress } from './progress';

const INTERRUPTS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

function describe({ conditions, status }: ReadinessEvent & { kind: 'waiting' }): string {
  return oneLine(`waiting for ${conditions.join(', ')}${status === undefined ? '' : ` (${status})`}`);
}

/** Milliseconds after which whoever has interrupted wants to know why it takes so long. */
const PATIENCE_MS = 1000;

/**
 * @param act gets what the library needs to tell, and to be told
 * @param slow what may take long to end: a second interrupt leaves it to that
 */
export async function whileWaiting<Result>(
  voice: Voice,
  act: (options: Required<Pick<ReadyOptions, 'signal' | 'onReadiness'>>) => Promise<Result>,
  slow?: string,
): Promise<Result> {
  const interrupted = new AbortController();
  let patience: NodeJS.Timeout | undefined;
  const interrupt = () => {
    if (slow !== undefined && interrupted.signal.aborted) leave(voice, slow);
    interrupted.abort();
    if (slow !== undefined)
      patience = setTimeout(
        () => say(voice, `waiting for the end of '${slow}'; interrupt again to leave it to that`),
        PATIENCE_MS,
      );
  };
  for (const signal of INTERRUPTS) process.on(signal, interrupt);
  const progress = new Progress();
  let waitingFor = '';
  const onReadiness = (event: ReadinessEvent) => {
    if (event.kind === 'waiting') {
      waitingFor = describe(event);
      if (!voice.quiet) progress.begin(() => waitingFor);
      return;
    }
    progress.clear();
    if (event.kind === 'warning') say(voice, `warning: ${event.message}`);
    else if (voice.verbose) write(2, `${oneLine(event.line)}\n`);
  };
  try {
    return await act({ signal: interrupted.signal, onReadiness });
  } finally {
    clearTimeout(patience);
    progress.end();
    for (const signal of INTERRUPTS) process.off(signal, interrupt);
  }
}

function leave(voice: Voice, slow: string): void {
  const message = `interrupted again: '${slow}' is left to end by itself`;
  reportFailure(voice, new TdaemonError(message, { reason: 'interrupted', code: 'ABORT_ERR' }));
  native.exitNow(EXIT.interrupted);
}
