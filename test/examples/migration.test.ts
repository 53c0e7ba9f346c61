/** docs/MIGRATION.md: each row of its tables is run, the other tool's side and tdaemon's, and compared. */
import fs from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { COMMANDS } from '../../src/cli/option_table';
import { scan } from '../../src/cli/scan';
import { splitWords } from '../../src/config/words';
import { ACTIONS } from '../../src/control/client/actions';
import { RESPECTS } from '../helpers/compare_daemons';
import { documentTables } from '../helpers/document_tables';
import { eventually } from '../helpers/eventually';
import type { ExampleRoot } from '../helpers/example_root';
import { compared, manage, newMigrationRoot, startByLine } from '../helpers/migration_steps';
import { because, missing, notRoot } from '../helpers/needs';
import { ROOT } from '../helpers/paths';
import * as procfs from '../helpers/procfs';
import { tdaemon } from '../helpers/tdaemon';

const TABLES = documentTables(path.join(ROOT, 'docs/MIGRATION.md'));
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

/** Tools which fork before they check: the second one may live for a moment. */
async function onlyOne(at: ExampleRoot, pid: number): Promise<void> {
  await eventually('only the first is left', () => at.blogdemons().join() === String(pid));
}

async function againOf(at: ExampleRoot, line: string, pid: number): Promise<number | null> {
  const { status } = await at.shell(at.moved(line));
  await onlyOne(at, pid);
  return status;
}

const COLUMNS = ['To start, instead of', 'While it runs, instead of', 'Instead of', "supervisord's", 'pm2'];

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
      const sides = [peer, ours].map((line) => ({
        line,
        other: line === peer ? ours : peer,
        at: newMigrationRoot(),
      }));
      const [theirs, mine] = await Promise.all(
        sides.map(async ({ line, other, at }) => {
          const pid = await startByLine(at, line);
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
    const at = newMigrationRoot();
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
      const words = procfs.commandLine(pid).map(String);
      if (line.includes('--respawn')) expect(words[0], line).toBe('tdaemon-keeper');
      else expect(words, line).toEqual(['node', at.file('srv/blog/app.js')]);
      if (line.includes('USR2')) await eventually('USR2', () => log().includes('USR2'));
    }
  });
});

describe('supervisord', () => {
  const rows = TABLES.filter(({ columns }) => columns[0] === "supervisord's").flatMap((table) => table.rows);

  it.each(rows)('%s: the same words, and known here', (theirs = '', ours = '') => {
    const words = (line: string) =>
      line.replace(/^(supervisord|tdaemon supervise|supervisorctl|tdaemon ctl) ?/, '');
    expect(words(ours)).toBe(words(theirs));
    const isCtl = ours.startsWith('tdaemon ctl');
    const { command } = scan(splitWords(words(ours)), COMMANDS[isCtl ? 'ctl' : 'supervise']);
    if (isCtl) expect(ACTIONS.map(({ name }) => name)).toContain(command[0]);
    else expect(command).toEqual([]);
  });

  it('configurations in the document are right', async () => {
    const text = fs.readFileSync(path.join(ROOT, 'docs/MIGRATION.md'), 'utf8');
    const blocks = [...text.matchAll(/^```ini\n([\s\S]*?)^```/gm)].map(([, block = '']) => block);
    expect(blocks.length).toBeGreaterThan(0);
    for (const block of blocks) {
      const at = newMigrationRoot();
      fs.mkdirSync(at.file('srv/web'), { recursive: true });
      const file = at.write('supervisord.conf', at.moved(block));
      expect(await tdaemon(['supervise', '--check', '-c', file])).toMatchObject({ status: 0, stderr: '' });
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
    expect(COLUMNS, section).toContain(columns[0]);
    for (const [, , same] of columns[0] === 'pm2' ? [] : rows)
      if (same !== undefined) expect(known).toEqual(expect.arrayContaining(same.split(', ')));
  }
});
