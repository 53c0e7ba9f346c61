/** The pidfile as tdaemon leaves it, and what a second start makes of it: asked of the kernel. */
import fs from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { eventually } from '../helpers/eventually';
import * as pidfiles from '../helpers/pidfiles';
import * as procfs from '../helpers/procfs';
import { scratch } from '../helpers/scratch';
import { tdaemon } from '../helpers/tdaemon';

/**
 * The daemon's descriptors of one file. By inode: /proc names a file that was linked after its creation by
 * the number that it had before.
 */
function descriptorsOf(pid: number, file: string): number[] {
  const { ino, dev } = fs.statSync(file);
  return [...procfs.descriptors(pid).keys()].filter((number) => {
    const found = fs.statSync(`/proc/${pid}/fd/${number}`);
    return found.ino === ino && found.dev === dev;
  });
}

/** open(2)'s access mode within the flags of a descriptor. */
const ACCESS = fs.constants.O_RDONLY | fs.constants.O_WRONLY | fs.constants.O_RDWR;

describe('the pidfile of a started daemon', () => {
  it('holds the pid and a newline, is 0644, the caller’s, and has one name', async () => {
    const at = scratch();
    const pid = await pidfiles.startWith(at, at.file('pid'));
    expect(fs.readFileSync(at.file('pid'), 'latin1')).toBe(`${pid}\n`);
    expect(fs.readlinkSync(`/proc/${pid}/exe`)).toMatch(/\/sleep$|coreutils|busybox/);
    const found = fs.lstatSync(at.file('pid'));
    expect(found.mode & 0o7777).toBe(0o644);
    expect(found).toMatchObject({ uid: process.getuid?.(), nlink: 1 });
    expect(fs.readdirSync(at.directory)).toEqual(['pid']);
  });

  it.each(['0', '777', '077'])('is 0644 also with --umask %s', async (umask) => {
    const at = scratch();
    await pidfiles.startWith(at, at.file('pid'), '--umask', umask);
    expect(fs.statSync(at.file('pid')).mode & 0o7777).toBe(0o644);
  });

  it('is locked by the daemon through one read-only descriptor with a high number', async () => {
    const at = scratch();
    const file = at.file('pid');
    const pid = await pidfiles.startWith(at, file);
    expect(procfs.locksOn(file)).toEqual([
      { kind: 'POSIX', access: 'READ', pid, inode: fs.statSync(file).ino },
    ]);
    const [descriptor, ...more] = descriptorsOf(pid, file);
    expect(more).toEqual([]);
    expect(descriptor).toBeGreaterThanOrEqual(100);
    expect(procfs.descriptorFlags(pid, descriptor as number) & ACCESS).toBe(fs.constants.O_RDONLY);
  });

  it('says beside the pid which process is meant', async () => {
    const at = scratch();
    const pid = await pidfiles.startWith(at, at.file('pid'));
    expect(pidfiles.getAttribute(at.file('pid'))).toBe(pidfiles.identityOf(pid));
  });

  it('stays locked however often others read it', async () => {
    const at = scratch();
    const pid = await pidfiles.startWith(at, at.file('pid'));
    for (let turn = 0; turn < 100; turn++) expect(pidfiles.readPid(at.file('pid'))).toBe(pid);
    for (let turn = 0; turn < 3; turn++)
      expect(await pidfiles.start(at, ['--pidfile', at.file('pid')])).toMatchObject({ status: 1 });
    expect(procfs.locksOn(at.file('pid'))).toMatchObject([{ kind: 'POSIX', access: 'READ', pid }]);
  });

  it('is found from the caller’s directory when its path is relative', async () => {
    const at = scratch();
    const ran = await tdaemon(
      ['-p', 'a.pid', '--env', `TEST_DIRECTORY=${at.directory}`, '--', 'sleep', '1000'],
      { cwd: at.directory },
    );
    expect(ran).toEqual(pidfiles.SILENT_SUCCESS);
    expect(procfs.isAlive(pidfiles.readPid(at.file('a.pid')))).toBe(true);
  });

  it('outlives a daemon whose children go on: the lock ends with the daemon alone', async () => {
    const at = scratch();
    const file = at.file('pid');
    const script = 'sleep 1000 & echo $! > "$TEST_DIRECTORY/child"; wait';
    expect(await pidfiles.start(at, ['-p', file], ['sh', '-c', script])).toMatchObject({ status: 0 });
    const first = pidfiles.readPid(file);
    await eventually(
      'the child',
      () => fs.existsSync(at.file('child')) && fs.statSync(at.file('child')).size > 0,
    );
    await pidfiles.kill(first);
    expect(procfs.isAlive(Number(fs.readFileSync(at.file('child'), 'utf8')))).toBe(true);
    expect(procfs.locksOn(file)).toEqual([]);
    const second = await pidfiles.startWith(at, file);
    expect(second).not.toBe(first);
  });
});

describe('a second start', () => {
  it('fails with 1, names the process, and changes nothing', async () => {
    const at = scratch();
    const file = at.file('pid');
    const pid = await pidfiles.startWith(at, file);
    const before = pidfiles.fingerprint(file);
    const ran = await pidfiles.start(at, ['-p', file, '--log', at.file('log')]);
    expect(ran).toEqual({
      status: 1,
      signal: null,
      stdout: '',
      stderr: `tdaemon: already running: process ${pid} (pidfile '${file}')\n`,
    });
    expect(pidfiles.fingerprint(file)).toEqual(before);
    expect(procfs.locksOn(file)).toMatchObject([{ kind: 'POSIX', access: 'READ', pid }]);
    // No daemon but the first, and nothing of the second: not even its log.
    expect(procfs.mentioning(at.directory)).toEqual([pid]);
    expect(fs.readdirSync(at.directory)).toEqual(['pid']);
  });

  it('is a success with --oknodo', async () => {
    const at = scratch();
    const pid = await pidfiles.startWith(at, at.file('pid'));
    expect(await pidfiles.start(at, ['-p', at.file('pid'), '--oknodo'])).toEqual(pidfiles.SILENT_SUCCESS);
    expect(procfs.mentioning(at.directory)).toEqual([pid]);
    const told = await pidfiles.start(at, ['-p', at.file('pid'), '--oknodo', '--json']);
    expect(JSON.parse(told.stdout)).toMatchObject({ ok: true, status: 0, pid, alreadyRunning: true });
  });

  it('says in JSON what stands in the way', async () => {
    const at = scratch();
    const pid = await pidfiles.startWith(at, at.file('pid'));
    const ran = await pidfiles.start(at, ['-p', at.file('pid'), '--json']);
    expect(ran).toMatchObject({ status: 1, stderr: '' });
    expect(JSON.parse(ran.stdout)).toMatchObject({
      ok: false,
      status: 1,
      stage: 'pidfile',
      code: 'EEXIST',
      path: at.file('pid'),
      pid,
    });
  });

  it('reaches the same file by another way', async () => {
    const at = scratch();
    await pidfiles.startWith(at, at.file('pid'));
    const detour = path.join(at.directory, '..', path.basename(at.directory), '.', 'pid');
    expect(await pidfiles.start(at, ['-p', detour])).toMatchObject({ status: 1 });
  });
});
