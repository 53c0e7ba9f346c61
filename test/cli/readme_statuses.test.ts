/** The README's table of exit statuses, held to its word: each cell that says something is brought about. */
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { startDaemon, startStubborn } from '../helpers/daemons';
import { documentTables } from '../helpers/document_tables';
import { ROOT } from '../helpers/paths';
import { type Scratch, scratch } from '../helpers/scratch';
import { tdaemon } from '../helpers/tdaemon';

/** The words for tdaemon that must end in this status. */
type Situation = (at: Scratch) => Promise<string[]> | string[];

const marked = (at: Scratch) => ['--env', `SCRATCH=${at.directory}`];
const starting =
  (...words: string[]): Situation =>
  (at) => [...marked(at), '-p', at.file('new'), ...words];
const garbage = (at: Scratch) => at.write('garbage', 'no pid\n');

const SITUATIONS: Record<string, Record<string, Situation>> = {
  'start and restart': {
    0: starting('sleep', '1000'),
    1: async (at) => ['-p', (await startDaemon(at)).pidfile, 'sleep', '1000'],
    2: starting('--no-such-option', 'sleep', '1000'),
    124: async (at) => [
      'restart',
      '--retry',
      'TERM/0',
      '-p',
      (await startStubborn(at)).pidfile,
      'sleep',
      '1000',
    ],
    123: starting('--ready', 'alive:20s', 'true'),
    130: starting('--ready', 'cmd:kill -INT $PPID; exec sleep 1000', 'sleep', '1000'),
    125: starting('--log', '/no/such/directory/log', 'sleep', '1000'),
    126: starting('/'),
    127: starting('./no-such-command'),
  },
  stop: {
    0: async (at) => ['stop', '-p', (await startDaemon(at)).pidfile],
    1: (at) => ['stop', '-p', at.file('none')],
    2: () => ['stop'],
    124: async (at) => ['stop', '--retry', 'TERM/0', '-p', (await startStubborn(at)).pidfile],
    125: (at) => ['stop', '-p', garbage(at)],
  },
  'reload and signal': {
    0: async (at) => ['signal', '-p', (await startDaemon(at)).pidfile, 'CONT'],
    1: (at) => ['reload', '-p', at.file('none')],
    2: () => ['signal', '-p', 'x', 'NOSUCHSIGNAL'],
    125: (at) => ['reload', '-p', garbage(at)],
  },
};

const table = documentTables(path.join(ROOT, 'README.md')).find(({ section }) => section === 'Exit status');
const [, ...commands] = table?.columns ?? [];
const told = commands.flatMap((command, at) =>
  (table?.rows ?? []).filter((row) => row[at + 1] !== '').map(([status = '']) => ({ command, status })),
);

describe("the README's exit statuses", () => {
  it('are those that are tried here, no more and no fewer', () => {
    const tried = Object.entries(SITUATIONS).flatMap(([command, each]) =>
      Object.keys(each).map((status) => ({ command, status })),
    );
    const sorted = (list: object[]) => list.map((entry) => JSON.stringify(entry)).sort();
    expect(sorted(told)).toEqual(sorted(tried));
  });

  it.each(told)('$command: $status', async ({ command, status }) => {
    const words = await SITUATIONS[command]?.[status]?.(scratch());
    expect(words).toBeDefined();
    expect((await tdaemon(words ?? [])).status).toBe(Number(status));
  });
});
