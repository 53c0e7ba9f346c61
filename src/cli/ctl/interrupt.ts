/** ^C for actions that go on until it comes; elsewhere it ends the command, as a signal does. */
import type { Session } from './session';

/** @param act ends when the signal is aborted */
export async function untilInterrupted(
  session: Session,
  act: (signal: AbortSignal) => Promise<void>,
): Promise<'over' | 'interrupted'> {
  const own = new AbortController();
  const abort = () => own.abort();
  // In the shell the keys are read by it, not by the terminal.
  const signal = session.signal ?? own.signal;
  process.on('SIGINT', abort);
  try {
    await act(signal);
  } catch (error) {
    if (!signal.aborted) throw error;
  } finally {
    process.off('SIGINT', abort);
  }
  return signal.aborted ? 'interrupted' : 'over';
}

/** Aborted with another, or by itself. */
export function within(signal: AbortSignal): AbortController {
  const inner = new AbortController();
  if (signal.aborted) inner.abort();
  else signal.addEventListener('abort', () => inner.abort(), { once: true });
  return inner;
}
