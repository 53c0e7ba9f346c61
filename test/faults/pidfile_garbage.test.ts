/** What stands at the pidfile's path and is no pidfile: refused with 125, nothing runs, nothing is changed. */
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import net from 'node:net';
import { describe, expect, it } from 'vitest';
import { fixture } from '../helpers/paths';
import * as pidfiles from '../helpers/pidfiles';
import { type Scratch, scratch } from '../helpers/scratch';
import { isRoot } from '../helpers/users';

/** Starts over what is there and compares every file of the directory, and the victim outside of it. */
async function expectHarmless(
  at: Scratch,
  reasons: (string | RegExp)[],
  victims: string[] = [],
): Promise<void> {
  const files = fs.readdirSync(at.directory);
  const watched = [...files.map(at.file), ...victims];
  const before = watched.map(pidfiles.fingerprint);
  const ran = await pidfiles.start(at, ['-p', at.file('pid')]);
  pidfiles.expectRefused(ran, `'${at.file('pid')}'`, ...reasons);
  pidfiles.expectNothingLeft(at, files);
  expect(watched.map(pidfiles.fingerprint)).toEqual(before);
}

const TEN_MEGABYTES = 10 * 1024 * 1024;

describe('content that is no pid', () => {
  it.each([
    ['words', 'do not touch\n'],
    ['binary', Buffer.from([0x7f, 0x45, 0x4c, 0x46, 0, 0xff, 0xfe])],
    ['10 MB of zero bytes', Buffer.alloc(TEN_MEGABYTES)],
    ['10 MB of digits', '1'.repeat(TEN_MEGABYTES)],
    ['10 MB that begin like a pidfile', `4000000\n${'x'.repeat(TEN_MEGABYTES)}`],
    ['a number, many blanks, and something precious', `4000000${' '.repeat(5000)}precious\n`],
    ['a negative number', '-1\n'],
    ['a negative number that means a process group', '-4000000\n'],
    ['zero', '0\n'],
    ['two numbers', '1 2\n'],
    ['a pid too large', '4194305\n'],
    ['a number beyond 32 bits', '4294967297\n'],
    ['a number beyond 64 bits', '18446744073709551617\n'],
    ['only a newline', '\n'],
  ])('%s', async (_, content) => {
    const at = scratch();
    at.write('pid', content);
    await expectHarmless(at, [/does not hold a pid/, /EINVAL/]);
  });
});

describe('files of other kinds', () => {
  it('a symbolic link to a precious file', async () => {
    const at = scratch();
    at.write('passwd', fs.readFileSync('/etc/passwd'));
    fs.symlinkSync(at.file('passwd'), at.file('pid'));
    await expectHarmless(at, ['symbolic link', 'ELOOP']);
  });

  it('a symbolic link to a stale pidfile, which would otherwise be removed', async () => {
    const at = scratch();
    at.write('stale', `${pidfiles.deadPid()}\n`);
    fs.symlinkSync('stale', at.file('pid'));
    await expectHarmless(at, ['symbolic link']);
  });

  it('a dangling symbolic link: its target is not created', async () => {
    const at = scratch();
    fs.symlinkSync(at.file('target'), at.file('pid'));
    await expectHarmless(at, ['symbolic link']);
  });

  it('a symbolic link to itself', async () => {
    const at = scratch();
    fs.symlinkSync('pid', at.file('pid'));
    await expectHarmless(at, ['symbolic link']);
  });

  it.each([
    ['a precious file', 'root:x:0:0:root:/root:/bin/sh\n'],
    ['a stale pidfile', '4000000\n'],
    ['an empty file', ''],
  ])('a hard link to %s', async (_, content) => {
    const at = scratch();
    at.write('victim', content);
    fs.linkSync(at.file('victim'), at.file('pid'));
    await expectHarmless(at, ['hard link', 'EMLINK']);
  });

  it('a FIFO, without hanging', async () => {
    const at = scratch();
    execFileSync('mkfifo', [at.file('pid')]);
    await expectHarmless(at, ['not a regular file']);
  });

  it('a directory', async () => {
    const at = scratch();
    fs.mkdirSync(at.file('pid'));
    await expectHarmless(at, ['not a regular file']);
  });

  it('a socket', async () => {
    const at = scratch();
    const server = net.createServer().listen(at.file('pid'));
    await new Promise((resolve) => server.once('listening', resolve));
    try {
      await expectHarmless(at, ['not a regular file']);
    } finally {
      server.close();
    }
  });

  it.skipIf(!isRoot)('a device (needs root: makes one)', async () => {
    const at = scratch();
    execFileSync('mknod', [at.file('pid'), 'c', '1', '3']);
    await expectHarmless(at, ['not a regular file']);
  });

  it('the null device itself', async () => {
    const at = scratch();
    const before = fs.lstatSync('/dev/null');
    const ran = await pidfiles.start(at, ['-p', '/dev/null']);
    expect(ran.status).toBe(125);
    pidfiles.expectNothingLeft(at);
    expect(fs.lstatSync('/dev/null')).toMatchObject({
      ino: before.ino,
      mode: before.mode,
      rdev: before.rdev,
    });
  });

  it('a program', async () => {
    const at = scratch();
    fs.copyFileSync(fixture('file_lock'), at.file('pid'));
    await expectHarmless(at, [/does not hold a pid/]);
  });
});

describe('a path that leads nowhere', () => {
  it.each([
    ['a directory that is missing', 'missing/pid', 'ENOENT'],
    ['a file in the place of a directory', 'file/pid', 'ENOTDIR'],
    ['a name that is too long', 'x'.repeat(256), 'ENAMETOOLONG'],
  ])('%s', async (_, name, code) => {
    const at = scratch();
    at.write('file', '');
    pidfiles.expectRefused(await pidfiles.start(at, ['-p', at.file(name)]), code);
    pidfiles.expectNothingLeft(at, ['file']);
  });

  it('the root directory', async () => {
    const at = scratch();
    pidfiles.expectRefused(await pidfiles.start(at, ['-p', '/']), 'directory');
    pidfiles.expectNothingLeft(at);
  });
});
