/** How `tdaemon ctl` lays out text, and what of it may command a terminal. */
import { spawnSync } from 'node:child_process';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { columnize } from '../../src/cli/ctl/help';
import type { ProcessInfo } from '../../src/cli/ctl/process_info';
import { SafeStream, safeText } from '../../src/cli/ctl/safe_text';
import { shownBytes, shownSeconds, tableLines } from '../../src/cli/ctl/table';
import { anyText } from '../helpers/any_text';
import { missing } from '../helpers/needs';

const ESCAPE = '\u001b';
const CONTROLS = /[\p{Cc}\u2028-\u202e\u2066-\u2069]/u;

/** What may come through. */
const harmless = (text: string) =>
  text.replace(new RegExp(`${ESCAPE}\\[[0-9;:]*m`, 'g'), '').replace(/[\n\t]/g, '');

describe('what a program has logged', () => {
  it('has colours, lines and tabs, and nothing else that a terminal obeys', () => {
    const sequences = fc.constantFrom(
      ESCAPE,
      '[',
      '31m',
      ']0;',
      '\u0007',
      '\r',
      '\n',
      '\u009b',
      '\u202e',
      'é',
    );
    fc.assert(
      fc.property(fc.array(fc.oneof(sequences, anyText()), { maxLength: 40 }), (parts) => {
        expect(harmless(safeText(parts.join('')))).not.toMatch(CONTROLS);
      }),
    );
    expect(safeText('plain\ttext\r\nnext')).toBe('plain\ttext\nnext');
    expect(safeText(`a ${ESCAPE}[1;31mred`)).toBe(`a ${ESCAPE}[1;31mred${ESCAPE}[0m`);
  });

  it('is the same in whatever pieces it comes', () => {
    const text = `é ${ESCAPE}[31mred${ESCAPE}[0m\r\n${ESCAPE}]0;x\u0007 end\n`;
    const bytes = Buffer.from(text);
    for (let cut = 0; cut <= bytes.length; cut++) {
      const stream = new SafeStream();
      const shown = stream.next(bytes.subarray(0, cut)) + stream.next(bytes.subarray(cut));
      // A colour ends where a piece ends, too.
      const plain = (each: string) => each.replaceAll(`${ESCAPE}[0m`, '');
      expect(plain(shown), `cut at ${cut}`).toBe(plain(safeText(text)));
    }
  });
});

const PYTHON = missing('python3');

describe('a list of words', () => {
  it.skipIf(PYTHON)(`is laid out as Python's cmd module does${PYTHON ? ` (${PYTHON})` : ''}`, () => {
    const lists = [[], ['one'], ...[3, 14, 22, 60].map((count) => words(count))];
    const script =
      'import cmd, json, sys\nfor words in json.load(sys.stdin):\n  cmd.Cmd().columnize(words, 79) if words else None\n  print("--")';
    const { stdout } = spawnSync('python3', ['-c', script], {
      input: JSON.stringify(lists),
      encoding: 'utf8',
    });
    const ours = lists.map((list) =>
      columnize(list)
        .map((line) => `${line}\n`)
        .join(''),
    );
    expect(ours).toEqual(stdout.split('--\n').slice(0, -1));
  });

  const words = (count: number) =>
    Array.from({ length: count }, (_, at) => 'abcdefghijklmnop'.slice(0, 2 + ((at * 7) % 13)));
});

const info = (name: string, more: Partial<ProcessInfo> = {}): ProcessInfo => ({
  name,
  group: name,
  state: 20,
  statename: 'RUNNING',
  description: 'pid 7, uptime 0:00:01',
  pid: 7,
  start: 100,
  stop: 0,
  now: 3761,
  spawnerr: '',
  exitstatus: 0,
  stdout_logfile: '',
  stderr_logfile: '',
  ...more,
});

describe('the table', () => {
  it('leaves out what is not known, and cuts what is too long', () => {
    expect(tableLines([info('a')], { colours: false, columns: 80 })).toEqual([
      'NAME  STATE    PID   UPTIME',
      'a     RUNNING    7  1:01:01',
    ]);
    fc.assert(
      fc.property(
        fc.array(fc.record({ name: anyText(), description: anyText() }), { minLength: 1, maxLength: 5 }),
        fc.integer({ min: 10, max: 200 }),
        (texts, columns) => {
          const infos = texts.map(({ name, description }) =>
            info(name, { statename: 'FATAL', description, pid: 0, restarts: 2, residentBytes: 1 }),
          );
          for (const line of tableLines(infos, { colours: false, columns })) {
            expect(line).not.toMatch(CONTROLS);
            expect([...line].length).toBeLessThanOrEqual(columns);
          }
        },
      ),
    );
  });

  it('says sizes and times in few letters', () => {
    expect([0, 1023, 1024, 1536, 200 * 2 ** 20, 5 * 2 ** 30].map(shownBytes)).toEqual([
      ...['0B', '1023B', '1.0K', '1.5K', '200M', '5.0G'],
    ]);
    expect([0, 0.424, 12.34, 60, 185, 3723, 100_000].map(shownSeconds)).toEqual([
      ...['0.00s', '0.42s', '12.3s', '1:00', '3:05', '1:02:03', '1 day, 3:46:40'],
    ]);
  });
});
