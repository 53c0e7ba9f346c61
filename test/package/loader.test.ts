/** Where the compiled parts come from, with a package of the test's own: src/binaries.ts. */
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { ROOT } from '../helpers/paths';
import { type Scratch, scratch } from '../helpers/scratch';
import { run } from '../helpers/tdaemon';

const FOLDER = `prebuilds/${process.platform}-${process.arch}`;

/** A package without any compiled part. */
function bare(at: Scratch): string {
  const folder = at.file('package');
  fs.mkdirSync(folder);
  for (const part of ['bin', 'dist', 'package.json'])
    fs.cpSync(path.join(ROOT, part), path.join(folder, part), { recursive: true });
  return folder;
}

function place(folder: string, file: string, content?: string): void {
  const to = path.join(folder, file);
  fs.mkdirSync(path.dirname(to), { recursive: true });
  if (content === undefined) fs.copyFileSync(path.join(ROOT, 'build', 'Release', 'tdaemon.node'), to);
  else fs.writeFileSync(to, content);
}

const dryRun = (folder: string, options = {}) =>
  run(path.join(folder, 'bin', 'tdaemon'), ['--dry-run', '--json', '--', 'true'], options);

describe('the add-on is loaded from', () => {
  it('what was built here, before what is shipped', async () => {
    const at = scratch();
    const folder = bare(at);
    place(folder, 'build/Release/tdaemon.node');
    place(folder, `${FOLDER}/tdaemon.glibc.node`, 'nothing that could be loaded');
    expect(await dryRun(folder)).toMatchObject({ status: 0, stderr: '' });
  });

  it('what is shipped for this C library, and not that for the other', async () => {
    const at = scratch();
    const folder = bare(at);
    place(folder, `${FOLDER}/tdaemon.glibc.node`);
    place(folder, `${FOLDER}/tdaemon.musl.node`, 'nothing that could be loaded');
    expect(await dryRun(folder)).toMatchObject({ status: 0, stderr: '' });
  });

  it('nothing outside of the package, whatever the environment says', async () => {
    const at = scratch();
    const folder = bare(at);
    for (const elsewhere of ['.', 'node_modules/tdaemon', 'bin']) {
      place(at.directory, `${elsewhere}/build/Release/tdaemon.node`);
      place(at.directory, `${elsewhere}/${FOLDER}/tdaemon.glibc.node`);
    }
    const named = at.directory;
    const env = {
      ...process.env,
      NODE_PATH: `${named}/node_modules`,
      TDAEMON_PREBUILD: named,
      npm_config_tdaemon_prebuild: named,
      PREBUILDS_ONLY: '1',
      npm_config_local_prebuilds: `${named}/prebuilds`,
    };
    const { status, stderr } = await dryRun(folder, { cwd: at.directory, env });
    expect(status).toBe(125);
    expect(stderr).toBe(
      `tdaemon: cannot start: no add-on for ${process.platform} ${process.arch}: there is no ` +
        `${folder}/build/Release/tdaemon.node and no ${folder}/${FOLDER}/tdaemon.glibc.node; ` +
        'build it with "npm rebuild tdaemon" (needs a C++ compiler, make and python3)\n',
    );
  });
});

it('one that cannot be loaded is named, with what to do, in one line', async () => {
  const at = scratch();
  const folder = bare(at);
  place(folder, `${FOLDER}/tdaemon.glibc.node`, 'nothing that could be loaded');
  const { status, stderr } = await dryRun(folder);
  expect(status).toBe(125);
  expect(stderr).toMatch(
    /^tdaemon: cannot start: the add-on cannot be loaded: .*tdaemon\.glibc\.node: .*; build it with "npm rebuild tdaemon".*\n$/,
  );
});

it('a missing keeper is told with its places', async () => {
  const at = scratch();
  const folder = bare(at);
  place(folder, 'build/Release/tdaemon.node');
  const config = at.write(
    'supervisord.conf',
    `[supervisord]\npidfile=${at.file('pid')}\nlogfile=${at.file('log')}\n`,
  );
  const ran = await run(path.join(folder, 'bin', 'tdaemon'), ['supervise', '-c', config]);
  expect(ran).toMatchObject({ status: 2, stdout: '' });
  expect(ran.stderr).toContain(
    `tdaemon: cannot supervise: there is no ${folder}/build/Release/tdaemon-keeper and no ${folder}/${FOLDER}/tdaemon-keeper; ` +
      'build it with "npm rebuild tdaemon" (needs a C++ compiler, make and python3)\n',
  );
});

describe('the install script', () => {
  const install = (folder: string, env: NodeJS.ProcessEnv) => {
    fs.cpSync(path.join(ROOT, 'scripts', 'install.mjs'), path.join(folder, 'scripts', 'install.mjs'), {
      recursive: true,
    });
    return spawnSync(process.execPath, ['scripts/install.mjs'], { cwd: folder, encoding: 'utf8', env });
  };
  // In the place of npm's node-gyp: says that it was called.
  const withGyp = (at: Scratch) => ({
    ...process.env,
    npm_config_node_gyp: at.write(
      'gyp.js',
      'console.log("gyp", ...process.argv.slice(2)); process.exitCode = 7;',
    ),
  });

  it('compiles nothing where the shipped add-on loads, unless it is asked to', () => {
    const at = scratch();
    const folder = bare(at);
    place(folder, `${FOLDER}/tdaemon.glibc.node`);
    place(folder, `${FOLDER}/tdaemon-keeper`, '');
    expect(install(folder, withGyp(at))).toMatchObject({ status: 0, stdout: '', stderr: '' });
    const asked = { ...withGyp(at), npm_config_build_from_source: 'tdaemon' };
    expect(install(folder, asked)).toMatchObject({ status: 7, stdout: 'gyp rebuild\n' });
  });

  it.each([
    ['there is none', undefined],
    ['there is one that does not load', 'nothing that could be loaded'],
  ])('compiles where %s, and fails where that fails', (_, content) => {
    const at = scratch();
    const folder = bare(at);
    if (content !== undefined) place(folder, `${FOLDER}/tdaemon.glibc.node`, content);
    expect(install(folder, withGyp(at))).toMatchObject({ status: 7, stdout: 'gyp rebuild\n' });
  });
});
