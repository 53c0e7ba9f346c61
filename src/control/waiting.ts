/** Waits for a process on behalf of a client, who may go away meanwhile: then nothing is left of it. */
import type { SupervisedProcess } from '../supervisor/supervised_process';
import { Fault } from './faults';

/**
 * Resolves with the first answer.
 *
 * @param look called now, and whenever the process changes; undefined: no answer yet; what it throws is the answer
 * @param signal aborted when nobody waits any more
 */
export function whenever<Answer>(
  process: SupervisedProcess,
  look: () => Answer | undefined,
  signal: AbortSignal,
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const end = () => {
      process.off('state', attend);
      process.off('waiting', later);
      signal.removeEventListener('abort', abandon);
    };
    const attend = () => {
      try {
        const answer = look();
        if (answer === undefined) return;
        resolve(answer);
      } catch (error) {
        reject(error);
      }
      end();
    };
    // Who stops waiting for others is started right after.
    const later = () => queueMicrotask(attend);
    const abandon = () => {
      end();
      reject(new Fault('FAILED', 'nobody waits for the answer'));
    };
    if (signal.aborted) {
      abandon();
      return;
    }
    process.on('state', attend);
    process.on('waiting', later);
    signal.addEventListener('abort', abandon);
    attend();
  });
}
