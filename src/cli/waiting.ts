/** While a start waits for readiness: a progress line on a terminal, and ^C, which ends the daemon too. */
import type { ReadinessEvent, ReadyOptions } from '../daemon/ready_options';
import { oneLine, say, type Voice, write } from './output';
import { Progress } from './progress';

const INTERRUPTS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

function describe({ conditions, status }: ReadinessEvent & { kind: 'waiting' }): string {
  return oneLine(`waiting for ${conditions.join(', ')}${status === undefined ? '' : ` (${status})`}`);
}

/** @param act gets what the library needs to tell, and to be told */
export async function whileWaiting<Result>(
  voice: Voice,
  act: (options: Required<Pick<ReadyOptions, 'signal' | 'onReadiness'>>) => Promise<Result>,
): Promise<Result> {
  const interrupted = new AbortController();
  const interrupt = () => interrupted.abort();
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
    progress.end();
    for (const signal of INTERRUPTS) process.off(signal, interrupt);
  }
}
