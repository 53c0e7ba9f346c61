/** docs/SECURITY.md names tests: they are asked for from vitest itself, whose names are what a report shows. */
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { TIMEOUT } from '../helpers/chaos';
import { documentTables } from '../helpers/document_tables';
import { noPrebuilt } from '../helpers/installed';
import { because, notRoot } from '../helpers/needs';
import { ROOT } from '../helpers/paths';
import { scratch } from '../helpers/scratch';

const DOCUMENT = path.join(ROOT, 'docs', 'SECURITY.md');

interface Link {
  text: string;
  file: string;
}

const links: Link[] = [...fs.readFileSync(DOCUMENT, 'utf8').matchAll(/\[([^\]]+)\]\(([^)]+)\)/g)].map(
  ([, text = '', target = '']) => ({ text, file: path.resolve(path.dirname(DOCUMENT), target) }),
);
/** Inside the tables a link is a test. */
const rows = documentTables(DOCUMENT).flatMap((table) => table.rows);
const tests = links.filter(({ text }) => rows.some((row) => row.some((cell) => cell.includes(`[${text}]`))));

function testNames(files: readonly string[]): { name: string; file: string }[] {
  const list = scratch().file('list.json');
  // What vitest has set for this process is not for another vitest.
  const own = Object.entries(process.env).filter(([name]) => !/^(VITEST|TEST$|NODE_ENV$)/.test(name));
  const words = ['vitest', 'list', '--no-isolate', '--pool=threads', `--json=${list}`, ...files];
  execFileSync('npx', words, { cwd: ROOT, env: Object.fromEntries(own), stdio: 'pipe' });
  return JSON.parse(fs.readFileSync(list, 'utf8'));
}

describe('docs/SECURITY.md', () => {
  it('links to files that there are', () => {
    expect(links.filter(({ file }) => !fs.existsSync(file))).toEqual([]);
  });

  it('has a test for every hazard and every case', () => {
    expect(rows.length).toBeGreaterThan(50);
    expect(rows.filter((row) => !row.at(-1)?.includes('.test.ts)'))).toEqual([]);
    const cases = rows.filter((row) => row.length === 3).map(([number]) => Number(number));
    expect(cases.filter(Boolean)).toEqual(Array.from({ length: 17 }, (_, at) => at + 1));
  });

  // Some tests are only there for root.
  it.skipIf(notRoot())(`names tests that there are${because(notRoot())}`, TIMEOUT, () => {
    const found = testNames([...new Set(tests.map(({ file }) => file))]);
    const isThere = ({ text, file }: Link) =>
      found.some(
        (test) => test.file === file && test.name.replaceAll("'", '').includes(text.replaceAll("'", '')),
      );
    expect(tests.length).toBeGreaterThan(rows.length);
    // Of what is shipped, where it has been built.
    const asked = tests.filter(
      ({ file }) => !noPrebuilt() || !file.includes(`${path.sep}package${path.sep}`),
    );
    expect(asked.filter((link) => !isThere(link))).toEqual([]);
  });
});
