/** Who is started again, and after how long. */
import { describe, expect, it } from 'vitest';
import type { ProcessConfig } from '../../src/config/model';
import { exitStatusOf, isExpected, isRestarted, RestartDelay } from '../../src/supervisor/restart_policy';

const config = (autorestart: ProcessConfig['autorestart'], exitCodes: number[]) =>
  ({ autorestart, exitCodes }) as ProcessConfig;

describe('autorestart', () => {
  it.each([
    ['always', { code: 0 }, true],
    ['always', { signal: 9 }, true],
    ['unexpected', { code: 0 }, false],
    ['unexpected', { code: 2 }, false],
    ['unexpected', { code: 1 }, true],
    ['unexpected', { signal: 15 }, true],
    ['unexpected', undefined, true],
    ['never', { code: 1 }, false],
    ['never', { signal: 9 }, false],
    ['never', undefined, false],
  ] as const)('%s, %o: %s', (autorestart, ending, restarted) => {
    expect(isRestarted(config(autorestart, [0, 2]), ending, false)).toBe(restarted);
  });

  it('a finished one-shot of which nobody knows how it ended is not run again', () => {
    expect(isRestarted(config('unexpected', [0]), undefined, true)).toBe(false);
    expect(isRestarted(config('always', [0]), undefined, true)).toBe(true);
  });

  it('a signal is always unexpected, and has the exit status -1', () => {
    expect(isExpected(config('never', [0, -1]), { signal: 1 })).toBe(false);
    expect(exitStatusOf({ signal: 1 })).toBe(-1);
    expect(exitStatusOf({ code: 7 })).toBe(7);
  });
});

describe('the pause before a restart', () => {
  it('is none at first, then doubles from 0.1 s up to the most', () => {
    const delay = new RestartDelay();
    const pauses = Array.from({ length: 10 }, () => delay.after(0.01, 10));
    expect(pauses).toEqual([0, 0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 6.4, 10, 10]);
  });

  it('is none after a life of a second, and forgotten after one of ten', () => {
    const delay = new RestartDelay();
    for (let short = 0; short < 4; short++) delay.after(0, 10);
    expect(delay.after(1, 10)).toBe(0);
    expect(delay.after(0.5, 10)).toBe(0.8);
    expect(delay.after(10, 10)).toBe(0);
    expect(delay.after(0, 10)).toBe(0);
    expect(delay.after(0, 10)).toBe(0.1);
  });

  it('never overflows', () => {
    const delay = new RestartDelay();
    for (let short = 0; short < 5000; short++) expect(delay.after(0, 10)).toBeLessThanOrEqual(10);
  });
});
