/** What an install brings: few bytes, few packages, none that runs anything. */
import fs from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';
import { machine, packed, project } from '../helpers/installed';
import { scratch } from '../helpers/scratch';

const tarball = packed();
const MB = 1024 * 1024;
/** Of the two systems' binaries together, at most (scripts/prebuild/targets.mjs). */
const ALL_BINARIES = 2 * 3 * 150 * 1024 + 2 * 512 * 1024;

const isBinary = ({ path: file }: { path: string }) => file.startsWith('prebuilds/');

it('the tarball has less than 2 MB, and unpacked less than 5, even with all binaries at their largest', () => {
  const { size, unpackedSize, files } = tarball();
  const binaries = files.filter(isBinary).reduce((sum, { size: bytes }) => sum + bytes, 0);
  expect(size).toBeLessThan(2 * MB);
  expect(unpackedSize - binaries + ALL_BINARIES).toBeLessThan(5 * MB);
});

it('what is in it is meant to be: no tests, no scripts but the install, no objects', () => {
  const folders = new Set(tarball().files.map(({ path: file }) => file.split('/')[0]));
  expect([...folders].sort()).toEqual(
    expect.arrayContaining(['LICENSE', 'README.md', 'bin', 'binding.gyp', 'dist', 'native', 'package.json']),
  );
  for (const unwanted of ['test', 'src', 'bench', 'build', 'node_modules', '.ci'])
    expect(folders).not.toContain(unwanted);
  expect(
    tarball()
      .files.map(({ path: file }) => file)
      .filter((file) => file.startsWith('scripts/')),
  ).toEqual(['scripts/code_cache.mjs', 'scripts/install.mjs']);
});

it('an install has at most 12 packages, and no other than tdaemon itself has a script', async () => {
  const at = scratch();
  const { npm } = machine(at);
  const folder = project(at);
  expect((await npm(['install', '--ignore-scripts', tarball().file], folder)).status).toBe(0);
  const { packages } = JSON.parse(fs.readFileSync(path.join(folder, 'package-lock.json'), 'utf8'));
  const installed = Object.entries<{ hasInstallScript?: boolean }>(packages).filter(([name]) => name !== '');
  expect(installed.length).toBeLessThanOrEqual(12);
  expect(installed.filter(([, { hasInstallScript }]) => hasInstallScript).map(([name]) => name)).toEqual([
    'node_modules/tdaemon',
  ]);
});
