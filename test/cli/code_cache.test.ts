/** dist/tdaemon.cache makes a start faster, and nothing else: without it, or with a wrong one, all is the same. */
import fs from 'node:fs';
import path from 'node:path';
import { Script } from 'node:vm';
import { expect, it } from 'vitest';
import { ROOT } from '../helpers/paths';
import { type Scratch, scratch } from '../helpers/scratch';
import { run } from '../helpers/tdaemon';

/** The package as it is installed. */
function copy(at: Scratch): string {
  for (const name of ['bin', 'dist', 'package.json', 'build/Release/tdaemon.node'])
    fs.cpSync(path.join(ROOT, name), at.file(name), { recursive: true });
  return at.file('dist/tdaemon.cache');
}

const cache = () => fs.readFileSync(path.join(ROOT, 'dist', 'tdaemon.cache'));

it('is taken by the Node that made it', () => {
  const filename = path.join(ROOT, 'dist', 'tdaemon.js');
  const script = new Script(fs.readFileSync(filename, 'latin1'), { filename, cachedData: cache() });
  expect(script.cachedDataRejected).toBe(false);
});

it.each<{ what: string; spoil: (file: string) => void }>([
  { what: 'as it is', spoil: () => undefined },
  { what: 'missing', spoil: (file) => fs.rmSync(file) },
  { what: 'empty', spoil: (file) => fs.truncateSync(file) },
  { what: 'cut off', spoil: (file) => fs.truncateSync(file, 1000) },
  { what: "another version's", spoil: (file) => fs.writeFileSync(file, cache().fill(0x55, 4, 8)) },
  { what: 'a text', spoil: (file) => fs.writeFileSync(file, 'no cache') },
  {
    what: 'a directory',
    spoil: (file) => {
      fs.rmSync(file);
      fs.mkdirSync(file);
    },
  },
])('a start with the cache $what', async ({ spoil }) => {
  const at = scratch();
  spoil(copy(at));
  const tdaemon = at.file('bin/tdaemon');
  expect(await run(tdaemon, ['--', 'true'])).toEqual({ status: 0, signal: null, stdout: '', stderr: '' });
  expect((await run(tdaemon, ['--', '/no/such/command'])).status).toBe(127);
  expect((await run(tdaemon, ['--help'])).stdout).toContain('--pidfile');
});
