/** The grammar of --retry: start-stop-daemon(8)'s, and what no schedule is. */
import os from 'node:os';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  DEFAULT_SCHEDULE,
  parseRetrySchedule,
  type RetryStep,
  stepsOf,
} from '../../src/daemon/retry_schedule';
import { parseDuration } from '../../src/process/duration';

const { SIGTERM, SIGKILL, SIGHUP, SIGINT } = os.constants.signals;
const signal = (number: number): RetryStep => ({ kind: 'signal', signal: number });
const wait = (milliseconds: number): RetryStep => ({ kind: 'wait', milliseconds });

describe('a duration', () => {
  it.each([
    ['0', 0],
    ['10', 10_000],
    ['007', 7000],
    ['0.5', 500],
    ['1.25s', 1250],
    ['500ms', 500],
    ['2m', 120_000],
    ['1h', 3_600_000],
  ])('%s is %d ms', (text, milliseconds) => {
    expect(parseDuration(text)).toBe(milliseconds);
  });

  it.each([
    '',
    ' ',
    '-1',
    '+1',
    '.5',
    '1.',
    '1e3',
    '0x1',
    '1d',
    '1 s',
    '1S',
    '1m30s',
    'NaN',
    'Infinity',
    '٣',
  ])('%j is none', (text) => {
    expect(parseDuration(text)).toBeUndefined();
  });
});

describe('a schedule', () => {
  it.each([
    ['5', [signal(SIGINT), wait(5000), signal(SIGKILL), wait(5000)]],
    ['0', [signal(SIGINT), wait(0), signal(SIGKILL), wait(0)]],
    ['200ms', [signal(SIGINT), wait(200), signal(SIGKILL), wait(200)]],
    [DEFAULT_SCHEDULE, [signal(SIGTERM), wait(10_000), signal(SIGKILL), wait(5000)]],
    ['-TERM/1', [signal(SIGTERM), wait(1000)]],
    ['SIGTERM/1', [signal(SIGTERM), wait(1000)]],
    ['-15/1/-9/0', [signal(SIGTERM), wait(1000), signal(SIGKILL), wait(0)]],
    ['term/1', [signal(SIGTERM), wait(1000)]],
    ['3/KILL/1', [wait(3000), signal(SIGKILL), wait(1000)]],
    ['HUP/1m/-64/0.5', [signal(SIGHUP), wait(60_000), signal(64), wait(500)]],
  ])('%s', (text, steps) => {
    expect(parseRetrySchedule(text, SIGINT)).toEqual({ steps });
  });

  it.each([
    ['TERM/5/forever/KILL/1', 2],
    ['forever/TERM/1', 0],
    ['TERM/forever/1', 1],
    ['TERM/1/forever/0/KILL/1ms', 2],
  ])('%s repeats from step %d', (text, foreverFrom) => {
    expect(parseRetrySchedule(text, SIGTERM)).toMatchObject({ foreverFrom });
  });

  it.each([
    ['', /schedule|signal/],
    ['TERM', /schedule/],
    ['forever', /schedule/],
    ['TERM/', /signal/],
    ['/5', /signal/],
    ['TERM//5', /signal/],
    ['TERM/5/', /signal/],
    ['--TERM/5', /signal/],
    ['NONSENSE/5', /NONSENSE/],
    ['-0/5', /signal/],
    ['-65/5', /signal/],
    ['TERM/-5s', /signal/],
    ['TERM/5/FOREVER/5', /FOREVER/],
    ['TERM/forever', /forever/],
    ['TERM/5/forever/0', /forever/],
    ['TERM/5/forever/KILL', /forever/],
    ['forever/TERM/1/forever/KILL/1', /forever/],
    ['constructor/5', /constructor/],
  ])('%j is none, and the line says why', (text, reason) => {
    expect(() => parseRetrySchedule(text, SIGTERM)).toThrow(
      expect.objectContaining({ reason: 'invalid', message: expect.stringMatching(reason) }),
    );
  });
});

describe('any schedule', () => {
  const step = fc.oneof(
    fc.integer({ min: 1, max: 64 }).map((number) => ({ text: `-${number}`, step: signal(number) })),
    fc.constantFrom('TERM', 'HUP', 'KILL', 'USR1').map((name) => ({
      text: name,
      step: signal(os.constants.signals[`SIG${name}` as 'SIGTERM']),
    })),
    fc.integer({ min: 0, max: 10 ** 6 }).map((number) => ({ text: `${number}ms`, step: wait(number) })),
    fc.integer({ min: 0, max: 10 ** 6 }).map((number) => ({ text: `${number}`, step: wait(number * 1000) })),
  );
  const steps = fc.array(step, { minLength: 2, maxLength: 12 });

  it('is its steps in their order', () => {
    fc.assert(
      fc.property(steps, (all) => {
        const schedule = parseRetrySchedule(all.map(({ text }) => text).join('/'), SIGTERM);
        expect([...stepsOf(schedule)]).toEqual(all.map((each) => each.step));
      }),
    );
  });

  it('goes through the part after forever again and again', () => {
    fc.assert(
      fc.property(steps, steps, (first, again) => {
        const text = [...first.map((each) => each.text), 'forever', ...again.map((each) => each.text), '1ms'];
        const rounds = [...again.map((each) => each.step), wait(1)];
        const expected = [...first.map((each) => each.step), ...rounds, ...rounds, ...rounds];
        const found: RetryStep[] = [];
        for (const each of stepsOf(parseRetrySchedule(text.join('/'), SIGTERM))) {
          if (found.push(each) === expected.length) break;
        }
        expect(found).toEqual(expected);
      }),
    );
  });

  it('is parsed or refused, whatever the text: nothing else is thrown', () => {
    const word = fc.oneof(fc.string(), fc.constantFrom('forever', 'TERM', '-9', '1', '0', '', '1ms'));
    fc.assert(
      fc.property(fc.array(word), (words) => {
        try {
          const { steps: found, foreverFrom } = parseRetrySchedule(words.join('/'), SIGTERM);
          expect(found.length).toBeGreaterThan(0);
          // It would never let the caller breathe.
          if (foreverFrom !== undefined)
            expect(
              found.slice(foreverFrom).some((each) => each.kind === 'wait' && each.milliseconds > 0),
            ).toBe(true);
        } catch (error) {
          expect(error).toMatchObject({ name: 'TdaemonError', reason: 'invalid' });
        }
      }),
      { numRuns: 1000 },
    );
  });
});
