/** Root opens logs and input files for a daemon; their directory, or what is in it, is somebody else's. */
import { execFileSync, spawn } from 'node:child_process';
import fs from 'node:fs';
import { describe, expect, it } from 'vitest';
import { eventually } from '../helpers/eventually';
import * as pidfiles from '../helpers/pidfiles';
import * as procfs from '../helpers/procfs';
import { type Scratch, scratch } from '../helpers/scratch';
import { giveAway, isRoot, makeDirectory, ROOT_USER, STRANGER, TARGET } from '../helpers/users';

const AS_TARGET = ['--user', TARGET.option];
const SAY = ['sh', '-c', 'echo said; exec sleep 1000'];

async function expectLogged(file: string, text = 'said\n'): Promise<void> {
  await eventually('the log', () => fs.readFileSync(file, 'utf8') === text);
}

async function expectUntouched(
  at: Scratch,
  ran: Awaited<ReturnType<typeof pidfiles.start>>,
  victim: string,
  before: unknown,
) {
  pidfiles.expectRefused(ran);
  expect(pidfiles.fingerprint(victim)).toEqual(before);
  expect(procfs.mentioning(at.directory)).toEqual([]);
  expect(fs.existsSync(at.file('pid'))).toBe(false);
}

describe.skipIf(!isRoot).each(['--log', '--stdout', '--stderr'])(
  '%s (needs root: gives files away)',
  (option) => {
    const base = (at: Scratch) => ['-p', at.file('pid'), option];

    it('of a new file in a directory of root’s belongs to the target user', async () => {
      const at = scratch();
      makeDirectory(at.file('d'), ROOT_USER, 0o700);
      expect(await pidfiles.start(at, [...base(at), at.file('d/log'), ...AS_TARGET])).toMatchObject({
        status: 0,
      });
      expect(fs.statSync(at.file('d/log'))).toMatchObject({ uid: TARGET.uid, gid: TARGET.gid, nlink: 1 });
      expect(fs.statSync(at.file('d/log')).mode & 0o777).toBe(0o644);
    });

    it('of a new file in the target’s directory is made with the target’s rights', async () => {
      const at = scratch();
      makeDirectory(at.file('d'), TARGET);
      expect(await pidfiles.start(at, [...base(at), at.file('d/log'), ...AS_TARGET])).toMatchObject({
        status: 0,
      });
      expect(fs.statSync(at.file('d/log'))).toMatchObject({ uid: TARGET.uid, gid: TARGET.gid });
    });

    it('of an existing file of root’s in a directory of root’s keeps its owner', async () => {
      const at = scratch();
      const log = at.write('log', 'before\n');
      expect(await pidfiles.start(at, [...base(at), log, ...AS_TARGET])).toMatchObject({ status: 0 });
      expect(fs.statSync(log)).toMatchObject({ uid: 0, gid: 0 });
    });

    it('follows no link of the target’s with root’s rights', async () => {
      const at = scratch();
      const victim = at.write('victim', 'precious\n');
      fs.chmodSync(victim, 0o600);
      makeDirectory(at.file('d'), TARGET);
      fs.symlinkSync(victim, at.file('d/log'));
      giveAway(at.file('d/log'), TARGET);
      for (const more of [[], ['--truncate']]) {
        const before = pidfiles.fingerprint(victim);
        const ran = await pidfiles.start(at, [...base(at), at.file('d/log'), ...AS_TARGET, ...more], SAY);
        await expectUntouched(at, ran, victim, before);
      }
    });

    it('creates nothing through a dangling link of the target’s', async () => {
      const at = scratch();
      makeDirectory(at.file('private'), ROOT_USER, 0o755);
      makeDirectory(at.file('d'), TARGET);
      fs.symlinkSync(at.file('private/created'), at.file('d/log'));
      giveAway(at.file('d/log'), TARGET);
      const ran = await pidfiles.start(at, [...base(at), at.file('d/log'), ...AS_TARGET], SAY);
      pidfiles.expectRefused(ran, 'EACCES');
      expect(fs.readdirSync(at.file('private'))).toEqual([]);
    });

    it('follows a link of the target’s to a file of the target’s: these are its own rights', async () => {
      const at = scratch();
      makeDirectory(at.file('d'), TARGET);
      giveAway(at.write('d/real', ''), TARGET);
      fs.symlinkSync('real', at.file('d/log'));
      giveAway(at.file('d/log'), TARGET);
      expect(await pidfiles.start(at, [...base(at), at.file('d/log'), ...AS_TARGET])).toMatchObject({
        status: 0,
      });
    });

    it.each([
      ['in a directory of a stranger', STRANGER, 0o755],
      ['in a directory that everybody can write', ROOT_USER, 0o777],
      ['in a sticky directory', ROOT_USER, 0o1777],
    ] as const)('follows no link %s', async (_, owner, mode) => {
      const at = scratch();
      const victim = at.write('victim', 'precious\n');
      makeDirectory(at.file('d'), owner, mode);
      fs.symlinkSync(victim, at.file('d/log'));
      giveAway(at.file('d/log'), STRANGER);
      const before = pidfiles.fingerprint(victim);
      for (const more of [[], AS_TARGET]) {
        const ran = await pidfiles.start(at, [...base(at), at.file('d/log'), ...more], SAY);
        await expectUntouched(at, ran, victim, before);
      }
    });

    it('follows a link of root’s where only root can have put it', async () => {
      const at = scratch();
      makeDirectory(at.file('d'), ROOT_USER);
      fs.symlinkSync('real', at.file('d/log'));
      expect(await pidfiles.start(at, [...base(at), at.file('d/log')])).toMatchObject({ status: 0 });
      expect(fs.statSync(at.file('d/real')).isFile()).toBe(true);
    });

    it.each([
      ['the target’s directory', TARGET, AS_TARGET],
      ['a stranger’s directory', STRANGER, []],
      ['a directory of root’s', ROOT_USER, []],
    ] as const)('takes no hard link in %s', async (_, owner, more) => {
      const at = scratch();
      const victim = at.write('victim', 'precious\n');
      fs.chmodSync(victim, 0o666);
      makeDirectory(at.file('d'), owner);
      fs.linkSync(victim, at.file('d/log'));
      const before = pidfiles.fingerprint(victim);
      const ran = await pidfiles.start(at, [...base(at), at.file('d/log'), '--truncate', ...more], SAY);
      await expectUntouched(at, ran, victim, before);
      expect(ran.stderr).toContain('hard link');
    });

    it('takes no file of a stranger’s, who could read what root’s daemon says', async () => {
      const at = scratch();
      makeDirectory(at.file('d'), ROOT_USER, 0o1777);
      const log = at.write('d/log', '');
      giveAway(log, STRANGER);
      const before = pidfiles.fingerprint(log);
      await expectUntouched(at, await pidfiles.start(at, [...base(at), log], SAY), log, before);
    });

    it('takes no FIFO of a stranger’s, who reads it', async () => {
      const at = scratch();
      makeDirectory(at.file('d'), ROOT_USER, 0o1777);
      const fifo = at.file('d/fifo');
      execFileSync('mkfifo', [fifo]);
      giveAway(fifo, STRANGER);
      const reader = fs.openSync(fifo, fs.constants.O_RDONLY | fs.constants.O_NONBLOCK);
      pidfiles.atEnd(() => fs.closeSync(reader));
      pidfiles.expectRefused(await pidfiles.start(at, [...base(at), fifo], SAY), 'EPERM');
      expect(procfs.mentioning(at.directory)).toEqual([]);
      expect(fs.existsSync(at.file('pid'))).toBe(false);
    });

    it('to a FIFO without a reader fails and does not hang, with root’s rights and with the target’s', async () => {
      const at = scratch();
      makeDirectory(at.file('d'), TARGET);
      for (const fifo of [at.file('fifo'), at.file('d/fifo')]) {
        execFileSync('mkfifo', [fifo]);
        giveAway(fifo, TARGET);
        const ran = await pidfiles.start(at, [...base(at), fifo, ...AS_TARGET], SAY);
        pidfiles.expectRefused(ran, 'nobody reads', 'ENXIO');
        expect(fs.existsSync(at.file('pid'))).toBe(false);
      }
    });
  },
);

describe('a FIFO as log', () => {
  it('without a reader: 125, no daemon, no pidfile, no hang', async () => {
    const at = scratch();
    execFileSync('mkfifo', [at.file('fifo')]);
    const ran = await pidfiles.start(at, ['-p', at.file('pid'), '--log', at.file('fifo')], SAY);
    pidfiles.expectRefused(ran, `'${at.file('fifo')}'`, 'ENXIO');
    pidfiles.expectNothingLeft(at, ['fifo']);
  });

  it('with a reader: the daemon writes to it, and its descriptor blocks as others do', async () => {
    const at = scratch();
    execFileSync('mkfifo', [at.file('fifo')]);
    const copy = fs.openSync(at.file('copy'), 'w');
    const reader = spawn('cat', [at.file('fifo')], { stdio: ['ignore', copy, 'ignore'] });
    fs.closeSync(copy);
    // cat's open waits for a writer: it reads as soon as tdaemon has opened, but must be there by then.
    await eventually('the reader', () => tryOpenForWriting(at.file('fifo')));
    expect(reader.pid).toBeDefined();
    expect(await pidfiles.start(at, ['-p', at.file('pid'), '--log', at.file('fifo')], SAY)).toMatchObject({
      status: 0,
    });
    await expectLogged(at.file('copy'));
    const flags = procfs.descriptorFlags(pidfiles.readPid(at.file('pid')), 1);
    expect(flags & fs.constants.O_NONBLOCK).toBe(0);
  });
});

/** Keeps the writing end open for the rest of the test, so that the reader does not see an end. */
function tryOpenForWriting(fifo: string): boolean {
  try {
    const end = fs.openSync(fifo, fs.constants.O_WRONLY | fs.constants.O_NONBLOCK);
    pidfiles.atEnd(() => fs.closeSync(end));
    return true;
  } catch {
    return false;
  }
}

describe.skipIf(!isRoot)('--stdin (needs root: gives files away)', () => {
  it('reads nothing with root’s rights that a link of the target’s points to', async () => {
    const at = scratch();
    const secret = at.write('secret', 'secret\n');
    fs.chmodSync(secret, 0o600);
    makeDirectory(at.file('d'), TARGET);
    fs.symlinkSync(secret, at.file('d/in'));
    giveAway(at.file('d/in'), TARGET);
    const ran = await pidfiles.start(at, ['-p', at.file('pid'), '--stdin', at.file('d/in'), ...AS_TARGET]);
    pidfiles.expectRefused(ran, 'EACCES');
    expect(fs.existsSync(at.file('pid'))).toBe(false);
  });

  it('takes no hard link to a secret in a stranger’s directory', async () => {
    const at = scratch();
    const secret = at.write('secret', 'secret\n');
    makeDirectory(at.file('d'), STRANGER);
    fs.linkSync(secret, at.file('d/in'));
    const ran = await pidfiles.start(at, ['-p', at.file('pid'), '--stdin', at.file('d/in'), ...AS_TARGET]);
    pidfiles.expectRefused(ran, 'hard link');
  });
});
