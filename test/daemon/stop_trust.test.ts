/** Whom root believes, and what one who is not root may do. */
import fs from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  expectRefused,
  expectUntouched,
  isRoot,
  NOBODY,
  SILENT,
  startDaemon,
  stranger,
} from '../helpers/daemons';
import { eventually } from '../helpers/eventually';
import * as procfs from '../helpers/procfs';
import { type Scratch, scratch } from '../helpers/scratch';
import { tdaemon } from '../helpers/tdaemon';

const OTHER = 65_533;
const AS_NOBODY = { uid: NOBODY, gid: NOBODY };

function give(path: string, uid = NOBODY): string {
  fs.chownSync(path, uid, uid);
  return path;
}

/** A pidfile that nobody can write, in one way or another. */
const WRITABLE: [string, (at: Scratch, pid: number) => string][] = [
  [
    "in nobody's directory",
    (at, pid) => {
      fs.mkdirSync(at.file('theirs'));
      give(at.file('theirs'));
      return at.write('theirs/pid', `${pid}\n`);
    },
  ],
  ["that is nobody's", (at, pid) => give(at.write('pid', `${pid}\n`))],
  [
    'below a directory of theirs',
    (at, pid) => {
      fs.mkdirSync(at.file('theirs/root'), { recursive: true });
      give(at.file('theirs'));
      return at.write('theirs/root/pid', `${pid}\n`);
    },
  ],
];

const EVERYBODYS: typeof WRITABLE = [
  [
    'that everybody can write',
    (at, pid) => {
      const pidfile = at.write('pid', `${pid}\n`);
      fs.chmodSync(pidfile, 0o666);
      return pidfile;
    },
  ],
  [
    'in a directory that everybody can write, without a sticky bit',
    (at, pid) => {
      fs.mkdirSync(at.file('open'));
      fs.chmodSync(at.file('open'), 0o777);
      return at.write('open/pid', `${pid}\n`);
    },
  ],
];

const ACTS = [
  ['stop', (pidfile: string) => ['stop', '-p', pidfile]],
  ['reload', (pidfile: string) => ['reload', '-p', pidfile]],
  ['signal', (pidfile: string) => ['signal', '-p', pidfile, 'KILL']],
  ['restart', (pidfile: string) => ['restart', '-p', pidfile, '--', 'sleep', '1000']],
] as const;

describe.skipIf(!isRoot)('root and a pidfile that others can write (needs root)', () => {
  describe.each([...WRITABLE, ...EVERYBODYS])('%s', (_, make) => {
    it.each(ACTS)("%s refuses a process of root's", async (__, words) => {
      const at = scratch();
      const pid = stranger();
      const ran = await tdaemon(words(make(at, pid)));
      expectUntouched(pid);
      expectRefused(ran, 125, /belongs to uid 65534|writable by everybody/);
    });

    it("refuses a third user's process", async () => {
      const at = scratch();
      const pid = stranger(OTHER);
      const ran = await tdaemon(['stop', '-p', make(at, pid)]);
      expectUntouched(pid);
      expectRefused(ran, 125);
    });

    it('status still tells: nothing is done to the process', async () => {
      const at = scratch();
      expect((await tdaemon(['status', '-q', '-p', make(at, stranger())])).status).toBe(0);
    });
  });

  it.each(WRITABLE)("stop ends nobody's own process by one %s", async (_, make) => {
    const at = scratch();
    const pid = stranger(NOBODY);
    expect(await tdaemon(['stop', '-p', make(at, pid)])).toEqual(SILENT);
    expect(procfs.isAlive(pid)).toBe(false);
  });

  it('a directory that everybody can write is fine with the sticky bit', async () => {
    const at = scratch();
    fs.mkdirSync(at.file('tmp'));
    fs.chmodSync(at.file('tmp'), 0o1777);
    const pid = stranger();
    expect(await tdaemon(['stop', '-p', at.write('tmp/pid', `${pid}\n`)])).toEqual(SILENT);
    expect(procfs.isAlive(pid)).toBe(false);
  });
});

describe.skipIf(!isRoot)("nobody and root's daemon (needs root)", () => {
  let readable = false;
  beforeAll(async () => {
    // A checkout below /root is not to be read by others.
    readable = (await tdaemon(['--version'], AS_NOBODY).catch(() => ({ status: 1 }))).status === 0;
  });

  it.each(ACTS)('%s is not permitted, and says so', async (_, words) => {
    expect(readable, 'other users can read the checkout').toBe(true);
    const at = scratch();
    const { pid, pidfile } = await startDaemon(at);
    expectRefused(await tdaemon(words(pidfile), AS_NOBODY), 125, 'not permitted', 'EPERM', String(pid));
    expectUntouched(pid);
    expect(fs.existsSync(pidfile)).toBe(true);
  });

  it('stop --group is not permitted either', async () => {
    const { pid, pidfile } = await startDaemon(scratch());
    expectRefused(await tdaemon(['stop', '-g', '-p', pidfile], AS_NOBODY), 125, 'not permitted', 'EPERM');
    expectUntouched(pid);
  });

  it('status tells that it runs, without what is not theirs to see', async () => {
    const { pid, pidfile } = await startDaemon(scratch());
    const ran = await tdaemon(['status', '--json', '-p', pidfile], AS_NOBODY);
    expect(ran.status).toBe(0);
    const [process] = JSON.parse(ran.stdout).processes;
    expect(process).toMatchObject({ pid, user: 'root' });
    expect(process).not.toHaveProperty('openFiles');
    expect(process).not.toHaveProperty('listening');
    expect((await tdaemon(['status', '-p', pidfile], AS_NOBODY)).stdout).not.toMatch(/undefined|NaN/);
  });

  it.each([
    ['the file', (at: Scratch) => fs.chmodSync(at.file('run/pid'), 0o000)],
    ['its directory', (at: Scratch) => fs.chmodSync(at.file('run'), 0o700)],
  ])('where %s cannot be read: 125, and 4 of status', async (_, close) => {
    const at = scratch();
    fs.mkdirSync(at.file('run'));
    const { pid, pidfile } = await startDaemon(at, undefined, [], 'run/pid');
    close(at);
    for (const [, words] of ACTS)
      expectRefused(await tdaemon(words(pidfile), AS_NOBODY), 125, 'permission denied', 'EACCES');
    expectRefused(await tdaemon(['status', '-p', pidfile], AS_NOBODY), 4, 'permission denied', 'EACCES');
    expectUntouched(pid);
    await eventually('it is alive', () => procfs.isAlive(pid));
  });

  it('stops its own daemon', async () => {
    const at = scratch();
    fs.mkdirSync(at.file('theirs'));
    give(at.file('theirs'));
    const pidfile = at.file('theirs/pid');
    const mark = `TEST_DIRECTORY=${at.directory}`;
    expect(await tdaemon(['-p', pidfile, '-E', mark, '--', 'sleep', '1000'], AS_NOBODY)).toEqual(SILENT);
    const pid = Number(fs.readFileSync(pidfile, 'latin1'));
    expect(procfs.status(pid, 'Uid')).toMatch(/^65534\t65534/);
    expect(await tdaemon(['stop', '-p', pidfile], AS_NOBODY)).toEqual(SILENT);
    expect(procfs.isAlive(pid)).toBe(false);
    expect(fs.existsSync(pidfile)).toBe(false);
  });
});
