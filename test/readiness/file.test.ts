/** --ready file:PATH: the file is there, and newer than the start. */
import fs from 'node:fs';
import { describe, expect, it } from 'vitest';
import { littleRoot } from '../helpers/little_root';
import { isRoot, NOBODY } from '../helpers/privileges';
import { link } from '../helpers/procfs';
import { type Scratch, scratch } from '../helpers/scratch';
import { expectBadSpec, expectNotReady, gate, SOON, startReady } from '../helpers/start_ready';
import { makeDirectory } from '../helpers/users';

const HOUR = 3600;

/** A file that was there before, with a time stamp so many seconds from now. */
function old(at: Scratch, seconds: number): string {
  const path = at.write('ready', 'old\n');
  const time = Date.now() / 1000 + seconds;
  fs.utimesSync(path, time, time);
  return path;
}

const AGES = [
  ['an hour old', -HOUR],
  ['new', 0],
  ['from the future', HOUR],
] as const;

describe('file: is ready', () => {
  it('when the daemon creates it', async () => {
    const at = scratch();
    const late = gate(at);
    const path = at.file('ready');
    const command = [...late.before, 'sh', '-c', 'echo 1 >"$0"; exec sleep 1000', path];
    await Promise.all([startReady(at, `file:${path}`, command), late.open()]);
    expect(fs.readFileSync(path, 'utf8')).toBe('1\n');
  });

  it.each(AGES)('when the daemon touches one that is %s', async (_, seconds) => {
    const at = scratch();
    const path = old(at, seconds);
    const before = fs.statSync(path, { bigint: true });
    const late = gate(at);
    const command = [...late.before, 'sh', '-c', 'touch "$0"; exec sleep 1000', path];
    await Promise.all([startReady(at, `file:${path}`, command), late.open()]);
    const now = fs.statSync(path, { bigint: true });
    expect(now.ino).toBe(before.ino);
    expect(now.mtimeNs).not.toBe(before.mtimeNs);
  });

  it.each(AGES)('when the daemon puts another in the place of one that is %s', async (_, seconds) => {
    const at = scratch();
    const path = old(at, seconds);
    const late = gate(at);
    const script = 'echo new >"$0.new"; mv "$0.new" "$0"; exec sleep 1000';
    const command = [...late.before, 'sh', '-c', script, path];
    await Promise.all([startReady(at, `file:${path}`, command), late.open()]);
    expect(fs.readFileSync(path, 'utf8')).toBe('new\n');
  });

  it("at a path that is relative to the caller's directory", async () => {
    const at = scratch();
    const command = ['sh', '-c', `touch ${at.file('ready')}; exec sleep 1000`];
    const pid = await startReady(at, 'file:./ready', command, ['--chdir', '/'], { cwd: at.directory });
    expect(link(pid, 'cwd')).toBe('/');
    expect(fs.existsSync(at.file('ready'))).toBe(true);
  });

  it.skipIf(!isRoot)("in a directory that is another user's (needs root)", async () => {
    const at = scratch();
    const path = `${makeDirectory(at.file('theirs'), { uid: NOBODY, gid: NOBODY }, 0o700)}/ready`;
    const command = ['sh', '-c', `touch ${path}; exec sleep 1000`];
    await startReady(at, `file:${path}`, command, ['--user', 'nobody']);
    expect(fs.statSync(path).uid).toBe(NOBODY);
  });
});

describe.skipIf(!isRoot)('file: in a root directory of its own (needs root)', () => {
  it.each(['/tmp/ready', 'tmp/ready'])('%s is inside', async (path) => {
    const at = scratch();
    const root = littleRoot(at, ['sh', 'sleep']);
    const command = ['/bin/sh', '-c', 'echo >/tmp/ready; exec /bin/sleep 1000'];
    const pid = await startReady(at, `file:${path}`, command, ['--chroot', root]);
    expect(link(pid, 'root')).toBe(root);
    expect(fs.existsSync(`${root}/tmp/ready`)).toBe(true);
  });

  it.each([
    ['to a directory', '/run/ready', 'run', '/tmp'],
    ['that is relative', '/run/ready', 'run', 'srv/../../../tmp'],
    ['to a file', '/srv/link', 'srv/link', '/tmp/ready'],
  ])('a symbolic link %s means what it means inside', async (_, path, name, target) => {
    const at = scratch();
    const root = littleRoot(at, ['sh', 'sleep']);
    fs.symlinkSync(target, `${root}/${name}`);
    const command = ['/bin/sh', '-c', 'echo >/tmp/ready; exec /bin/sleep 1000'];
    await startReady(at, `file:${path}`, command, ['--chroot', root]);
    expect(fs.existsSync(`${root}/tmp/ready`)).toBe(true);
  });

  it('a file of that name outside does not count', async () => {
    const at = scratch();
    const root = littleRoot(at, ['sh', 'sleep']);
    const outside = at.file('ready');
    const spec = `file:${outside}`;
    // sh writes outside by a descriptor that it has been given.
    const command = ['/bin/sh', '-c', 'echo; exec /bin/sleep 1000'];
    const options = ['--chroot', root, '--stdout', outside, ...SOON];
    await expectNotReady(at, spec, command, 'no such file', options);
    expect(fs.existsSync(outside)).toBe(true);
  });
});

describe('file: is not ready', () => {
  it('while it is not there', async () => {
    const at = scratch();
    await expectNotReady(at, `file:${at.file('ready')}`, ['sleep', '1000'], 'no such file');
  });

  it.each(AGES)('while it is as it was before, %s', async (_, seconds) => {
    const at = scratch();
    const path = old(at, seconds);
    await expectNotReady(at, `file:${path}`, ['sleep', '1000'], 'it is older than the start');
    expect(fs.readFileSync(path, 'utf8')).toBe('old\n');
  });
});

it('file: without a path is wrong usage', () =>
  expectBadSpec(scratch(), 'file:', "'file:' is not file:PATH"));
