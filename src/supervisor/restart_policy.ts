/** Whether a program that has ended is started again, and when: pure decisions. */
import type { ProcessConfig } from '../config/model';
import type { Exit } from '../native';

/** Seconds. A life shorter than this is a crash at the start. */
const SHORT_LIFE = 1;
/** Seconds. After a life this long all is forgotten. */
const LONG_LIFE = 10;
/** Seconds before the second restart of short lives; doubled for each that follows. */
const FIRST_DELAY = 0.1;

/** Undefined: nobody knows how it ended. */
export type Ending = Exit | undefined;

/** As supervisord: the death by a signal is always unexpected. */
export function isExpected(config: ProcessConfig, ending: Ending): boolean {
  return ending?.code !== undefined && config.exitCodes.includes(ending.code);
}

/** `exitstatus` of supervisord: -1 for a signal. */
export function exitStatusOf(ending: Ending): number {
  return ending?.code ?? -1;
}

/**
 * @param wasOneShot it may have been done: nobody knows how it ended, and it counted as up from its first moment
 */
export function isRestarted(config: ProcessConfig, ending: Ending, wasOneShot: boolean): boolean {
  if (config.autorestart === 'always') return true;
  if (config.autorestart === 'never') return false;
  if (ending === undefined && wasOneShot) return false;
  return !isExpected(config, ending);
}

/** Counts short lives in a row: the first restart is at once, then each waits longer. */
export class RestartDelay {
  #shortLives = 0;

  /** @param lived seconds. @param most seconds. @returns seconds to wait */
  after(lived: number, most: number): number {
    if (lived >= LONG_LIFE) this.#shortLives = 0;
    if (lived >= SHORT_LIFE) return 0;
    const before = this.#shortLives++;
    return before === 0 ? 0 : Math.min(most, FIRST_DELAY * 2 ** Math.min(before - 1, 30));
  }

  reset(): void {
    this.#shortLives = 0;
  }
}
