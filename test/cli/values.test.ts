/** From words to numbers: what is taken, and that everything else is refused by the option's name. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseInteger, parseIoPriority, parseLimit, parseScheduling, parseUmask } from '../../src/cli/values';
import { TdaemonError } from '../../src/errors';
import { limitNames } from '../../src/process/limits';

function refusal(parse: () => unknown): string {
  try {
    parse();
  } catch (error) {
    expect(error).toBeInstanceOf(TdaemonError);
    expect((error as TdaemonError).reason).toBe('invalid');
    return (error as TdaemonError).message;
  }
  throw new Error('it was accepted');
}

describe('parseInteger', () => {
  it('reads decimal numbers with a sign', () => {
    fc.assert(
      fc.property(fc.integer(), (number) => {
        expect(parseInteger('--nice', String(number))).toBe(number);
      }),
    );
    expect(parseInteger('--nice', '+5')).toBe(5);
    expect(parseInteger('--nice', '007')).toBe(7);
  });

  it.each([
    '',
    ' ',
    'abc',
    '1.5',
    '1e3',
    '0x10',
    ' 1',
    '1 ',
    '--1',
    '1_000',
    '٣',
    '9'.repeat(16),
    'NaN',
    '-',
  ])('refuses %j', (text) => {
    expect(refusal(() => parseInteger('--nice', text))).toBe(`--nice: '${text}' is not a whole number`);
  });
});

describe('parseUmask', () => {
  it('reads every mode', () => {
    for (let mode = 0; mode <= 0o777; mode++)
      for (const text of [
        mode.toString(8),
        mode.toString(8).padStart(3, '0'),
        mode.toString(8).padStart(4, '0'),
      ])
        expect(parseUmask(text)).toBe(mode);
  });

  it.each(['', '8', '1000', '7777', '00022', '-1', 'u=rwx', '0o22', '22 '])('refuses %j', (text) => {
    expect(refusal(() => parseUmask(text))).toBe(`--umask: '${text}' is not an octal mode from 000 to 777`);
  });
});

describe('parseLimit', () => {
  it.each([
    ['nofile=512', ['nofile', { soft: 512 }]],
    ['nofile=512:1024', ['nofile', { soft: 512, hard: 1024 }]],
    ['core=0', ['core', { soft: 0 }]],
    ['core=unlimited', ['core', { soft: Number.POSITIVE_INFINITY }]],
    ['core=0:unlimited', ['core', { soft: 0, hard: Number.POSITIVE_INFINITY }]],
    ['core=infinity', ['core', { soft: Number.POSITIVE_INFINITY }]],
    ['as=1GB', ['as', { soft: 2 ** 30 }]],
    ['as=50MB:1GB', ['as', { soft: 50 * 2 ** 20, hard: 2 ** 30 }]],
    ['stack=64KB', ['stack', { soft: 65536 }]],
    ['stack=64k', ['stack', { soft: 65536 }]],
    ['stack=64B', ['stack', { soft: 64 }]],
  ])('%s', (text, limit) => {
    expect(parseLimit(text)).toEqual(limit);
  });

  it('knows every limit of the system', () => {
    for (const name of limitNames()) expect(parseLimit(`${name}=1`)).toEqual([name, { soft: 1 }]);
  });

  it.each([
    ['nofile', "--limit: 'nofile' is not NAME=SOFT[:HARD]"],
    ['', "--limit: '' is not NAME=SOFT[:HARD]"],
    ['=5', "--limit: '=5' is not NAME=SOFT[:HARD]"],
    ['NOFILE=5', "--limit: 'NOFILE=5' is not NAME=SOFT[:HARD]"],
    ['nofile=', "--limit nofile: '' is not a number or 'unlimited'"],
    ['nofile=1:', "--limit nofile: '' is not a number or 'unlimited'"],
    ['nofile=-1', "--limit nofile: '-1' is not a number or 'unlimited'"],
    ['nofile=1KB', "--limit nofile: '1KB' is not a number or 'unlimited'"],
    ['nofile=1:2:3', "--limit nofile: '2:3' is not a number or 'unlimited'"],
    ['as=1TB', "--limit as: '1TB' is not a number, a size (64KB, 50MB, 1GB) or 'unlimited'"],
    ['as=1.5GB', "--limit as: '1.5GB' is not a number, a size (64KB, 50MB, 1GB) or 'unlimited'"],
    [
      'as=999999999999999GB',
      "--limit as: '999999999999999GB' is not a number, a size (64KB, 50MB, 1GB) or 'unlimited'",
    ],
  ])('refuses %j', (text, message) => {
    expect(refusal(() => parseLimit(text))).toBe(message);
  });

  it.each(['toString', 'constructor', 'proto', 'foo'])('knows no limit %s', (name) => {
    const message = refusal(() => parseLimit(`${name.toLowerCase()}=1`));
    expect(message).toBe(
      `--limit: unknown limit '${name.toLowerCase()}' (known: ${limitNames().join(', ')})`,
    );
  });
});

describe('parseIoPriority', () => {
  it.each([
    ['idle', { class: 'idle' }],
    ['3', { class: 'idle' }],
    ['none', { class: 'none' }],
    ['best-effort', { class: 'best-effort' }],
    ['best-effort:7', { class: 'best-effort', level: 7 }],
    ['2:0', { class: 'best-effort', level: 0 }],
    ['realtime:4', { class: 'realtime', level: 4 }],
  ])('%s', (text, priority) => {
    expect(parseIoPriority(text)).toEqual(priority);
  });

  it.each([
    ['', "--ionice: '' is none of none, realtime, best-effort, idle"],
    ['4', "--ionice: '4' is none of none, realtime, best-effort, idle"],
    ['toString', "--ionice: 'toString' is none of none, realtime, best-effort, idle"],
    ['idle:3', '--ionice: class idle has no levels'],
    ['none:0', '--ionice: class none has no levels'],
    ['2:', "--ionice: '' is not a whole number"],
    ['2:x', "--ionice: 'x' is not a whole number"],
    ['2:1:1', "--ionice: '2:1:1' is not CLASS[:LEVEL]"],
  ])('refuses %j', (text, message) => {
    expect(refusal(() => parseIoPriority(text))).toBe(message);
  });
});

describe('parseScheduling', () => {
  it.each([
    ['batch', { policy: 'batch' }],
    ['5', { policy: 'idle' }],
    ['fifo:99', { policy: 'fifo', priority: 99 }],
    ['2:1', { policy: 'rr', priority: 1 }],
    ['other:0', { policy: 'other', priority: 0 }],
  ])('%s', (text, scheduling) => {
    expect(parseScheduling(text)).toEqual(scheduling);
  });

  it.each([
    ['', "--sched: '' is none of other, fifo, rr, batch, idle"],
    ['deadline', "--sched: 'deadline' is none of other, fifo, rr, batch, idle"],
    ['fifo:', "--sched: '' is not a whole number"],
    ['fifo:1:2', "--sched: 'fifo:1:2' is not POLICY[:PRIO]"],
  ])('refuses %j', (text, message) => {
    expect(refusal(() => parseScheduling(text))).toBe(message);
  });
});
