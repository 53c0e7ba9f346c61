/** From the tarball to a daemon, on a machine with Node and no compiler. test:ship asks more versions and package managers. */
import fs from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { fetched, machine, noPrebuilt, packed, project } from '../helpers/installed';
import { expectMainJob, expectSupervised } from '../helpers/main_job';
import { because } from '../helpers/needs';
import { scratch } from '../helpers/scratch';

const tarball = packed();
const needs = noPrebuilt();
const IS_LONG = process.env.TDAEMON_SHIP === 'long';
const OTHERS = IS_LONG ? ['22', '24', '26'] : ['26'];

const NODES: [string, () => string][] = [
  ['the node of this machine', () => process.execPath],
  ...OTHERS.map((version): [string, () => string] => [
    `node ${version}`,
    () => path.join(fetched(`node-linux-${process.arch}@${version}`), 'bin', 'node'),
  ]),
];

describe.skipIf(needs)(`the tarball${because(needs)}`, () => {
  it.each(NODES)('without scripts and compiler: with %s it installs, starts, supervises', async (_, node) => {
    const at = scratch();
    const { npm, env } = machine(at, node());
    const folder = project(at);
    expect(await npm(['install', '--ignore-scripts', tarball().file], folder)).toMatchObject({
      status: 0,
      stderr: '',
    });
    const words = [path.join(folder, 'node_modules', '.bin', 'tdaemon')];
    await expectMainJob(at, words, env);
    await expectSupervised(at, words, env, path.join(folder, 'node_modules', 'tdaemon'));
  });

  it('with scripts, globally: nothing is compiled, and it works', async () => {
    const at = scratch();
    const { npm, env } = machine(at);
    const prefix = at.file('global');
    expect(
      await npm(['install', '--global', '--prefix', prefix, tarball().file], at.directory),
    ).toMatchObject({
      status: 0,
      stderr: '',
    });
    const installed = path.join(prefix, 'lib', 'node_modules', 'tdaemon');
    expect(fs.existsSync(path.join(installed, 'build'))).toBe(false);
    // Made for the node that is here.
    expect(
      fs.readdirSync(path.join(installed, 'dist')).filter((name) => name.endsWith('.cache')),
    ).toHaveLength(1);
    await expectMainJob(at, [path.join(prefix, 'bin', 'tdaemon')], env);
  });

  it('without a binary for this system: the install says what is missing, and so does the program', async () => {
    const at = scratch();
    const { npm, run } = machine(at);
    const folder = project(at);
    expect((await npm(['install', '--ignore-scripts', tarball().file], folder)).status).toBe(0);
    const installed = path.join(folder, 'node_modules', 'tdaemon');
    fs.rmSync(path.join(installed, 'prebuilds'), { recursive: true });

    const started = await run('node', [path.join(installed, 'bin', 'tdaemon'), '--', 'true'], folder);
    const libc = process.report ? 'glibc' : '';
    expect(started).toEqual({
      status: 125,
      signal: null,
      stdout: '',
      stderr:
        `tdaemon: cannot start: no add-on for ${process.platform} ${process.arch}: there is no ${installed}/build/Release/tdaemon.node ` +
        `and no ${installed}/prebuilds/${process.platform}-${process.arch}/tdaemon.${libc}.node; ` +
        'build it with "npm rebuild tdaemon" (needs a C++ compiler, make and python3)\n',
    });
    // No compiler, no python: npm's own node-gyp says so, and the install fails.
    const rebuilt = await npm(['rebuild', 'tdaemon'], folder);
    expect(rebuilt.status).not.toBe(0);
    expect(rebuilt.stderr).toContain('gyp ERR! find Python');
  });
});
