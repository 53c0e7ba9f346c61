/** Where a daemon lives: --chdir, --chroot, --umask. */
import fs from 'node:fs';
import { describe, expect, it } from 'vitest';
import { eventually } from '../helpers/eventually';
import { littleRoot } from '../helpers/little_root';
import { expectCleanFailure } from '../helpers/nothing_left';
import { isRoot } from '../helpers/privileges';
import * as procfs from '../helpers/procfs';
import { scratch } from '../helpers/scratch';
import { start } from '../helpers/start';

describe('--chdir', () => {
  it('is the working directory, and PWD', async () => {
    const at = scratch();
    const pid = await start(at, ['--chdir', at.directory]);
    expect(procfs.link(pid, 'cwd')).toBe(at.directory);
    expect(procfs.environment(pid).map(String)).toContain(`PWD=${at.directory}`);
  });

  it("is relative to the caller's directory", async () => {
    const at = scratch();
    fs.mkdirSync(at.file('a/b'), { recursive: true });
    const pid = await start(at, ['-c', 'b'], undefined, { cwd: at.file('a') });
    expect(procfs.link(pid, 'cwd')).toBe(at.file('a/b'));
  });

  it('fails with its own stage where the directory is missing, and nothing is left', async () => {
    const at = scratch();
    const missing = at.file('missing');
    expect(await expectCleanFailure(at, { options: ['--chdir', missing] })).toMatchObject({
      status: 125,
      stage: 'chdir',
      code: 'ENOENT',
      path: missing,
      message: `cannot change directory to '${missing}': no such file or directory (ENOENT)`,
    });
  });

  it('fails where it is a file', async () => {
    const at = scratch();
    const file = at.write('file', '');
    expect(await expectCleanFailure(at, { options: ['--chdir', file] })).toMatchObject({
      status: 125,
      stage: 'chdir',
      code: 'ENOTDIR',
    });
  });
});

describe('--umask', () => {
  it.each([
    ['077', '0077'],
    ['0', '0000'],
    ['0027', '0027'],
  ])('%s', async (mode, found) => {
    const pid = await start(scratch(), ['--umask', mode]);
    expect(procfs.status(pid, 'Umask')).toBe(found);
  });

  it('counts for the output files, and not for the pidfile, which others must read', async () => {
    const at = scratch();
    await start(at, ['--umask', '077', '--pidfile', at.file('pid'), '--log', at.file('log')]);
    expect(fs.statSync(at.file('log')).mode & 0o777).toBe(0o600);
    expect(fs.statSync(at.file('pid')).mode & 0o777).toBe(0o644);
  });
});

describe.skipIf(!isRoot)('--chroot (needs root)', () => {
  it('has its command, PATH, and a relative --chdir inside', async () => {
    const at = scratch();
    const root = littleRoot(at, ['sleep', 'sh']);
    const options = [
      '--chroot',
      root,
      '--chdir',
      'srv/inner',
      '--env',
      'PATH=/bin',
      '--pidfile',
      at.file('pid'),
    ];
    const pid = await start(at, options);
    expect(procfs.link(pid, 'root')).toBe(root);
    expect(procfs.link(pid, 'cwd')).toBe(`${root}/srv/inner`);
    expect(procfs.link(pid, 'exe')).toBe(`${root}/bin/sleep`);
    expect(procfs.environment(pid).map(String)).toContain('PWD=/srv/inner');
    // The pidfile and the null device are the caller's.
    expect(fs.readFileSync(at.file('pid'), 'latin1')).toBe(`${pid}\n`);
    expect(procfs.descriptors(pid).get(0)).toBe('/dev/null');
  });

  it('begins in its root, whatever the directory before', async () => {
    const at = scratch();
    const root = littleRoot(at, ['sleep']);
    const pid = await start(at, ['--chroot', 'root'], ['/bin/sleep', '1000'], { cwd: at.directory });
    expect(procfs.link(pid, 'root')).toBe(root);
    expect(procfs.link(pid, 'cwd')).toBe(root);
  });

  it('goes with --user, and with output files of the world outside', async () => {
    const at = scratch();
    const root = littleRoot(at, ['sh', 'sleep']);
    const options = ['--chroot', root, '--user', 'nobody', '--log', at.file('log')];
    const pid = await start(at, options, ['/bin/sh', '-c', 'echo here; exec /bin/sleep 1000']);
    expect(procfs.link(pid, 'root')).toBe(root);
    expect(procfs.status(pid, 'CapEff')).toBe('0000000000000000');
    await eventually('the line', () => fs.readFileSync(at.file('log'), 'utf8') === 'here\n');
  });

  it('fails where the directory is missing', async () => {
    const at = scratch();
    const missing = at.file('missing');
    expect(await expectCleanFailure(at, { options: ['--chroot', missing] })).toMatchObject({
      status: 125,
      stage: 'chroot',
      code: 'ENOENT',
      path: missing,
    });
  });

  it('removes the pidfile, which is outside, when the command is missing inside', async () => {
    const at = scratch();
    const root = littleRoot(at, ['sleep']);
    const failure = await expectCleanFailure(at, {
      options: ['--chroot', root, '--user', 'nobody'],
      command: ['/bin/nothing'],
    });
    expect(failure).toMatchObject({ status: 127, stage: 'exec', code: 'ENOENT' });
  });
});
