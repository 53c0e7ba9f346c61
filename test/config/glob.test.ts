/** Patterns of `[include] files`, as Python's glob takes them. */
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { glob } from '../../src/config/glob';
import { because, missing } from '../helpers/needs';
import { scratch } from '../helpers/scratch';

const NAMES = [
  'a',
  'b',
  'ab',
  '.a',
  'a-b',
  'a.conf',
  'b.conf',
  'é',
  '[a]',
  'a]',
  '^',
  '!',
  'A',
  '(x)',
  'a b',
  '\\',
];

function plant(): string {
  const { directory } = scratch();
  for (const folder of ['.', 'sub', 'sub/deep', '.hidden'])
    for (const name of NAMES) {
      fs.mkdirSync(path.join(directory, folder), { recursive: true });
      fs.writeFileSync(path.join(directory, folder, name), '');
    }
  return directory;
}

/** Several at once: a Python takes long to start. */
function pythons(patterns: string[], cwd: string): string[][] {
  const program =
    'import glob, json, sys; json.dump([sorted(glob.glob(p)) for p in json.load(sys.stdin)], sys.stdout)';
  const { stdout } = spawnSync('/usr/bin/python3', ['-c', program], {
    cwd,
    input: JSON.stringify(patterns),
    encoding: 'utf8',
    env: { PYTHONUTF8: '1' },
  });
  return JSON.parse(stdout);
}

it.each([
  ['*.conf', ['a.conf', 'b.conf']],
  ['?', ['!', 'A', '\\', '^', 'a', 'b', 'é']],
  ['a-*', ['a-b']],
  ['[ab].conf', ['a.conf', 'b.conf']],
  ['[!a].conf', ['b.conf']],
  ['[b-a].conf', []],
  ['[]a]', ['a']],
  ['[[]a]', ['[a]']],
  ['.*', ['.a']],
  ['sub/*.conf', ['sub/a.conf', 'sub/b.conf']],
  ['s*/d*/a', ['sub/deep/a']],
  ['*/deep/../a.conf', ['sub/a.conf']],
  ['nothing/*', []],
  ['a.conf', ['a.conf']],
  ['a.con', []],
  ['(x)', ['(x)']],
])('%s', (pattern, names) => {
  const directory = plant();
  const found = glob(path.join(directory, pattern)).filter((name) => !fs.statSync(name).isDirectory());
  expect(found).toEqual(names.map((name) => path.join(directory, name)));
});

const lacking = missing('python3');

describe.skipIf(lacking)(`compared with Python${because(lacking)}`, () => {
  it('finds the same', () => {
    const directory = plant();
    const part = fc.string({ unit: fc.constantFrom(...'ab*?[]!^-.é \\('), minLength: 1, maxLength: 6 });
    const pattern = fc
      .array(part, { minLength: 1, maxLength: 3 })
      .map((parts) => parts.join('/'))
      .filter((text) => !text.split('/').some((each) => each === '.' || each === '..'));
    const patterns = fc.sample(pattern, 2000).map((each) => path.join(directory, each));
    const expected = pythons(patterns, directory);
    for (const [at, each] of patterns.entries()) expect([each, glob(each)]).toEqual([each, expected[at]]);
  });
});
