/** The code cache makes a start faster, and nothing else: without it, or with a wrong one, all is the same. */
import fs from 'node:fs';
import path from 'node:path';
import { Script } from 'node:vm';
import { expect, it } from 'vitest';
import { ROOT } from '../helpers/paths';
import { type Scratch, scratch } from '../helpers/scratch';
import { run } from '../helpers/tdaemon';

const name = () => fs.readdirSync(path.join(ROOT, 'dist')).find((each) => each.endsWith('.cache')) ?? '';

/** The package as it is installed. */
function copy(at: Scratch): string {
  for (const part of ['bin', 'dist', 'package.json', 'build/Release/tdaemon.node'])
    fs.cpSync(path.join(ROOT, part), at.file(part), { recursive: true });
  return at.file(`dist/${name()}`);
}

const cache = () => fs.readFileSync(path.join(ROOT, 'dist', name()));

it('is taken by the Node that made it', () => {
  const filename = path.join(ROOT, 'dist', 'tdaemon.js');
  const script = new Script(fs.readFileSync(filename, 'latin1'), { filename, cachedData: cache() });
  expect(script.cachedDataRejected).toBe(false);
});

it('is opened by the Node that made it, and by no other, whatever its version', async () => {
  const at = scratch();
  copy(at);
  const opened = async (node: string) => {
    const log = at.file('log');
    const ran = await run('strace', [
      '-f',
      '-e',
      'trace=openat',
      '-o',
      log,
      node,
      at.file('bin/tdaemon'),
      '--',
      'true',
    ]);
    expect(ran).toMatchObject({ status: 0, stderr: '' });
    return fs
      .readFileSync(log, 'latin1')
      .split('\n')
      .filter((line) => line.includes('/tdaemon.v') && !line.includes('ENOENT'));
  };
  expect(await opened(process.execPath)).toHaveLength(1);
  // The same program, installed at another time.
  const other = at.file('node');
  fs.copyFileSync(process.execPath, other);
  expect(await opened(other)).toEqual([]);
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
