/** Looking again and again, for what nobody tells. */
import { until } from './condition';

const FIRST_MS = 1;
const LAST_MS = 100;
/** A look so much later than the last, in parts of the whole wait: what took long may be learnt a little later. */
const PART = 0.05;

/** At once, after a few milliseconds, and ever less often. @param look may take its time; a signal ends it */
export function poll(signal: AbortSignal, look: (signal: AbortSignal) => Promise<boolean>): Promise<void> {
  return until(signal, (settle, fail) => {
    const began = performance.now();
    const ended = new AbortController();
    let timer: NodeJS.Timeout | undefined;
    const again = () => {
      look(ended.signal).then((yes) => {
        if (ended.signal.aborted) return;
        if (yes) return settle();
        const wait = Math.min(LAST_MS, Math.max(FIRST_MS, (performance.now() - began) * PART));
        timer = setTimeout(again, wait);
      }, fail);
    };
    again();
    return () => {
      clearTimeout(timer);
      ended.abort();
    };
  });
}
