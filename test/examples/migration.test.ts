/** docs/MIGRATION.md: each row of its tables is run, the other tool's side and tdaemon's, and compared. */
import fs from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { RESPECTS } from '../helpers/compare_daemons';
import { documentTables } from '../helpers/document_tables';
import { eventually } from '../helpers/eventually';
import { type ExampleRoot, exampleRoot } from '../helpers/example_root';
import { because, missing, notRoot } from '../helpers/needs';
import { ROOT } from '../helpers/paths';
import * as procfs from '../helpers/procfs';

const TABLES = documentTables(path.join(ROOT, 'docs/MIGRATION.md'));
/** daemon(1) refuses programs below directories that others can write, as /tmp is. */
const PARENT = process.getuid?.() === 0 && fs.existsSync('/srv') ? '/srv' : undefined;

interface Row {
  peer: string;
  ours: string;
  same: string[];
}

function rowsOf(section: string, firstColumn: string): Row[] {
  return TABLES.filter((table) => table.section === section && table.columns[0] === firstColumn)
    .flatMap(({ rows }) => rows)
    .map(([peer = '', ours = '', same = '']) => ({ peer, ours, same: same.split(', ') }));
}

function newRoot(): ExampleRoot {
  const at = exampleRoot(PARENT);
  at.write('var/log/blog.log', 'from before\n');
  return at;
}

async function start(at: ExampleRoot, line: string): Promise<number> {
  const ran = await at.shell(at.moved(line));
  expect(ran, line).toMatchObject({ status: 0 });
  return at.blogdemon();
}

/** Tools which fork before they check: the second one may live for a moment. */
async function onlyOne(at: ExampleRoot, pid: number): Promise<void> {
  await eventually('only the first is left', () => at.blogdemons().join() === String(pid));
}

async function againOf(at: ExampleRoot, line: string, pid: number): Promise<number | null> {
  const { status } = await at.shell(at.moved(line));
  await onlyOne(at, pid);
  return status;
}

/** daemon(1) itself lives on for a moment. */
async function nothingLeft(at: ExampleRoot): Promise<void> {
  await eventually('all of it has ended', () => procfs.mentioning(at.directory).length === 0);
}

function signals(at: ExampleRoot): string[] {
  const lines = fs.readFileSync(at.file('var/log/blog.log'), 'utf8').split('\n');
  return lines.filter((line) => line === 'HUP' || line === 'USR1');
}

interface Outcome {
  running: number | null;
  dead: number | null;
  absent: number | null;
  signals: string[];
  pidfile: boolean;
}

/** What a command does in the three states that a daemon can be in. */
async function manage(starting: string, managing: string, same: string[]): Promise<Outcome> {
  const at = newRoot();
  const command = () => at.shell(at.moved(managing)).then(({ status }) => status);
  const absent = await command();
  const pid = await start(at, starting);
  const running = await command();
  if (same.includes('ended')) await eventually('it has ended', () => at.blogdemons().length === 0);
  else expect(at.blogdemons()).toEqual([pid]);
  if (same.includes('signal')) await eventually('it was signalled', () => signals(at).length > 0);
  const pidfile = fs.existsSync(at.file('run/blog.pid'));
  if (at.blogdemons().length === 0) await nothingLeft(at);
  const left = at.blogdemons()[0] ?? (await start(at, starting));
  process.kill(left, 'SIGKILL');
  // Others take a zombie for alive.
  await eventually(`${left} is reaped`, () => !procfs.stat(left));
  await nothingLeft(at);
  return { absent, running, dead: await command(), signals: signals(at), pidfile };
}

function compared(outcome: Outcome, same: string[]) {
  const { absent, running, dead } = outcome;
  const statuses = { absent, running, dead };
  return {
    ...(same.includes('status') && { statuses }),
    ...(same.includes('success') && { success: Object.values(statuses).map((status) => status === 0) }),
    ...(same.includes('signal') && { signals: outcome.signals }),
    ...(same.includes('pidfile') && { pidfile: outcome.pidfile }),
  };
}

const SECTIONS = [...new Set(TABLES.map(({ section }) => section))].filter((section) =>
  /\(\d\)$/.test(section),
);

describe.each(SECTIONS)('%s', (section) => {
  const absent = missing(section.replace(/\(\d\)$/, ''));
  const starts = rowsOf(section, 'To start, instead of');
  const [first] = starts;

  for (const { peer, ours, same } of starts) {
    const reasons = [
      absent,
      same.some((word) => word === 'user' || word === 'scheduling') ? notRoot() : undefined,
    ];
    it.skipIf(reasons.some(Boolean))(`${peer}${because(...reasons)}`, async () => {
      expect(same.length).toBeGreaterThan(0);
      const sides = [peer, ours].map((line) => ({ line, other: line === peer ? ours : peer, at: newRoot() }));
      const [theirs, mine] = await Promise.all(
        sides.map(async ({ line, other, at }) => {
          const pid = await start(at, line);
          const found: Record<string, unknown> = {};
          for (const word of same) {
            if (word === 'again') found[word] = await againOf(at, line, pid);
            else if (word === 'lock')
              found[word] = (await againOf(at, other, pid)) !== 0 && (await againOf(at, line, pid)) !== 0;
            else found[word] = await RESPECTS[word]?.(at, pid);
            expect(found[word], word).toBeDefined();
          }
          return found;
        }),
      );
      expect(mine).toEqual(theirs);
      if (same.includes('pidfile')) expect(mine?.pidfile).toBe('names it');
      if (same.includes('lock')) expect(mine?.lock).toBe(true);
    });
  }

  for (const { peer, ours, same } of rowsOf(section, 'While it runs, instead of')) {
    const reasons = [absent, peer.startsWith('pkill') ? missing('pkill') : undefined];
    it.skipIf(reasons.some(Boolean))(`${peer}${because(...reasons)}`, async () => {
      if (!first) throw new Error('the section has no row that starts a daemon');
      const [theirs, mine, moved] = await Promise.all([
        manage(first.peer, peer, same),
        manage(first.ours, ours, same),
        same.includes('old ones') && manage(first.peer, ours, same),
      ]);
      expect(compared(mine, same)).toEqual(compared(theirs, same));
      if (moved) expect(compared(moved, same)).toEqual(compared(theirs, same));
    });
  }
});

describe('tools that are not in Debian', () => {
  it("tdaemon's side of each row does what it says", async () => {
    const at = newRoot();
    at.write(
      'srv/blog/app.js',
      "process.on('SIGUSR2', () => console.log('USR2'));\nconsole.log('up');\nsetInterval(() => {}, 1000);\n",
    );
    const rows = TABLES.filter(({ columns }) => columns[0] === 'Instead of').flatMap(({ rows }) => rows);
    expect(rows.length).toBeGreaterThan(0);
    const log = () => fs.readFileSync(at.file('var/log/blog.log'), 'utf8');
    for (const [, line = ''] of rows) {
      const ups = log().split('up\n').length;
      const ran = await at.shell(at.moved(line));
      expect(ran, line).toMatchObject({ status: 0, stderr: '' });
      if (line.startsWith('tdaemon stop')) {
        expect(fs.existsSync(at.file('run/blog.pid'))).toBe(false);
        continue;
      }
      if (line.includes(' node '))
        await eventually(`it is up: ${line}`, () => log().split('up\n').length > ups);
      const pid = at.pidIn('run/blog.pid');
      expect(procfs.commandLine(pid).map(String), line).toEqual(['node', at.file('srv/blog/app.js')]);
      if (line.includes('USR2')) await eventually('USR2', () => log().includes('USR2'));
    }
  });
});

it('the document has no other tables and no other words', () => {
  const known = [
    ...Object.keys(RESPECTS),
    'again',
    'lock',
    'status',
    'success',
    'ended',
    'signal',
    'old ones',
  ];
  for (const { section, columns, rows } of TABLES) {
    expect(['To start, instead of', 'While it runs, instead of', 'Instead of'], section).toContain(
      columns[0],
    );
    for (const [, , same] of rows)
      if (same !== undefined) expect(known).toEqual(expect.arrayContaining(same.split(', ')));
  }
});
