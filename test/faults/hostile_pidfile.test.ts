/** Root starts a daemon; somebody else can write where the pidfile, or the lock file, is to be. */
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import { describe, expect, it } from 'vitest';
import * as pidfiles from '../helpers/pidfiles';
import * as procfs from '../helpers/procfs';
import { type Scratch, scratch } from '../helpers/scratch';
import {
  giveAway,
  groupWithMember,
  isRoot,
  makeDirectory,
  ROOT_USER,
  STRANGER,
  TARGET,
} from '../helpers/users';

const AS_TARGET = ['--user', TARGET.option];

interface Place {
  what: string;
  /** Makes a directory `d` and returns the path of the file in it. */
  make(at: Scratch): string;
  options?: string[];
}

const REFUSED: (Place & { says: RegExp })[] = [
  {
    what: 'a directory that everybody can write',
    make: (at) => `${makeDirectory(at.file('d'), ROOT_USER, 0o777)}/f`,
    says: /writable by everybody/,
  },
  {
    what: 'a directory that everybody can write, above a safe one',
    make: (at) => {
      makeDirectory(at.file('d'), ROOT_USER, 0o777);
      return `${makeDirectory(at.file('d/safe'), ROOT_USER)}/f`;
    },
    says: /d' is writable by everybody/,
  },
  {
    what: 'a directory that everybody can write, for the target user too',
    make: (at) => `${makeDirectory(at.file('d'), TARGET, 0o777)}/f`,
    options: AS_TARGET,
    says: /writable by everybody/,
  },
  {
    what: 'a directory of another user',
    make: (at) => `${makeDirectory(at.file('d'), STRANGER)}/f`,
    says: /belongs to uid 61002/,
  },
  {
    what: 'a directory of a user who is neither root nor the target',
    make: (at) => `${makeDirectory(at.file('d'), STRANGER)}/f`,
    options: AS_TARGET,
    says: /belongs to uid 61002/,
  },
  {
    what: 'the directory of a target, for a daemon that stays root',
    make: (at) => `${makeDirectory(at.file('d'), TARGET)}/f`,
    says: /belongs to uid 61001/,
  },
  {
    what: 'a sticky directory of another user, who may rename in it',
    make: (at) => `${makeDirectory(at.file('d'), STRANGER, 0o1777)}/f`,
    says: /belongs to uid 61002/,
  },
  {
    what: 'a directory that a group with members can write',
    make: (at) => `${makeDirectory(at.file('d'), { uid: 0, gid: groupWithMember().gid }, 0o775)}/f`,
    says: /writable by group \d+ \(\S+\)/,
  },
  {
    what: 'a directory reached through a symbolic link of another user',
    make: (at) => {
      makeDirectory(at.file('real'), ROOT_USER);
      fs.symlinkSync('real', at.file('d'));
      giveAway(at.file('d'), STRANGER);
      return `${at.file('d')}/f`;
    },
    says: /symbolic link '.*d' belongs to uid 61002/,
  },
  {
    what: 'a directory reached through a symbolic link of the target user',
    make: (at) => {
      makeDirectory(at.file('real'), ROOT_USER);
      fs.symlinkSync('real', at.file('d'));
      giveAway(at.file('d'), TARGET);
      return `${at.file('d')}/f`;
    },
    options: AS_TARGET,
    says: /symbolic link '.*d' belongs to uid 61001/,
  },
  {
    what: 'a directory of root in the directory of another user, who may exchange it',
    make: (at) => {
      makeDirectory(at.file('d'), STRANGER);
      return `${makeDirectory(at.file('d/safe'), ROOT_USER)}/f`;
    },
    says: /d' belongs to uid 61002/,
  },
];

const ALLOWED: (Place & { at?: (at: Scratch) => string })[] = [
  {
    what: 'a directory of the target user',
    make: (at) => `${makeDirectory(at.file('d'), TARGET)}/f`,
    options: AS_TARGET,
  },
  {
    what: 'a private directory of root, for a daemon of another user',
    make: (at) => `${makeDirectory(at.file('d'), ROOT_USER, 0o700)}/f`,
    options: AS_TARGET,
  },
  {
    what: 'a sticky directory of root, such as /tmp',
    make: (at) => `${makeDirectory(at.file('d'), ROOT_USER, 0o1777)}/f`,
  },
  {
    what: 'a sticky directory of root, for a daemon of another user',
    make: (at) => `${makeDirectory(at.file('d'), ROOT_USER, 0o1777)}/f`,
    options: AS_TARGET,
  },
  {
    what: 'a directory that a group without members can write',
    make: (at) => `${makeDirectory(at.file('d'), { uid: 0, gid: 61_009 }, 0o775)}/f`,
  },
  {
    what: 'a symbolic link of root, such as /var/run',
    make: (at) => {
      makeDirectory(at.file('real'), ROOT_USER);
      fs.symlinkSync('real', at.file('d'));
      return `${at.file('d')}/f`;
    },
  },
  {
    what: 'several symbolic links of root, up and down',
    make: (at) => {
      makeDirectory(at.file('real'), ROOT_USER);
      fs.symlinkSync(at.file('real'), at.file('one'));
      fs.symlinkSync('real/../one', at.file('d'));
      return `${at.file('d')}/../d/./f`;
    },
  },
];

describe.skipIf(!isRoot).each(['--pidfile', '--lock'])('%s (needs root: gives files away)', (option) => {
  it.each(REFUSED)('is refused in $what', async ({ make, options = [], says }) => {
    const at = scratch();
    const file = make(at);
    const ran = await pidfiles.start(at, [option, file, ...options]);
    pidfiles.expectRefused(ran, `'${file}'`, says, 'EPERM');
    expect(procfs.mentioning(at.directory)).toEqual([]);
    expect(fs.existsSync(file)).toBe(false);
  });

  it.each(ALLOWED)('works in $what', async ({ make, options = [] }) => {
    const at = scratch();
    const file = make(at);
    expect(await pidfiles.start(at, [option, file, ...options])).toEqual(pidfiles.SILENT_SUCCESS);
    expect(procfs.mentioning(at.directory)).toHaveLength(1);
    // Never given away: who owns the pidfile decides what root signals.
    expect(fs.lstatSync(file)).toMatchObject({ uid: 0, gid: 0, nlink: 1 });
    // A pidfile is for everybody to read; who can open a lock file can hold its lock.
    expect(fs.lstatSync(file).mode & 0o777).toBe(option === '--lock' ? 0o600 : 0o644);
    // And it excludes a second one there.
    expect(await pidfiles.start(at, [option, file, ...options])).toMatchObject({ status: 1 });
  });

  it('is refused where the file itself is a stranger’s, in a sticky directory', async () => {
    const at = scratch();
    makeDirectory(at.file('d'), ROOT_USER, 0o1777);
    const file = at.write('d/f', `${pidfiles.stranger()}\n`);
    giveAway(file, STRANGER);
    const before = pidfiles.fingerprint(file);
    pidfiles.expectRefused(await pidfiles.start(at, [option, file]), 'EPERM');
    expect(pidfiles.fingerprint(file)).toEqual(before);
    expect(procfs.mentioning(at.directory)).toEqual([]);
  });

  it('follows no link that the target user has put in its own directory', async () => {
    const at = scratch();
    const victim = at.write('victim', `${pidfiles.deadPid()}\n`);
    makeDirectory(at.file('d'), TARGET);
    for (const target of [victim, at.file('created')]) {
      const link = at.file('d/f');
      fs.symlinkSync(target, link);
      giveAway(link, TARGET);
      const before = pidfiles.fingerprint(victim);
      pidfiles.expectRefused(await pidfiles.start(at, [option, link, ...AS_TARGET]), 'ELOOP');
      expect(pidfiles.fingerprint(victim)).toEqual(before);
      expect(fs.existsSync(at.file('created'))).toBe(false);
      fs.unlinkSync(link);
    }
  });

  it('takes no hard link to a file of root’s', async () => {
    const at = scratch();
    const victim = at.write('victim', '4000000\n');
    makeDirectory(at.file('d'), TARGET);
    fs.linkSync(victim, at.file('d/f'));
    const before = pidfiles.fingerprint(victim);
    pidfiles.expectRefused(
      await pidfiles.start(at, [option, at.file('d/f'), ...AS_TARGET]),
      'hard link',
      'EMLINK',
    );
    expect(pidfiles.fingerprint(victim)).toEqual(before);
  });

  it.each(['directory', 'symbolic link'])('takes no %s', async (kind) => {
    const at = scratch();
    if (kind === 'directory') fs.mkdirSync(at.file('f'));
    else fs.symlinkSync('/dev/null', at.file('f'));
    pidfiles.expectRefused(await pidfiles.start(at, [option, at.file('f')]));
    pidfiles.expectNothingLeft(at, ['f']);
  });
});

describe.skipIf(!isRoot)('an access control list (needs root)', () => {
  it('counts as others who can write the directory', async (context) => {
    const at = scratch();
    makeDirectory(at.file('d'), ROOT_USER);
    try {
      execFileSync('setfacl', ['-m', `u:${STRANGER.uid}:rwx`, at.file('d')], { stdio: 'pipe' });
    } catch {
      context.skip('no setfacl, or no access control lists here');
    }
    const ran = await pidfiles.start(at, ['-p', at.file('d/f')]);
    pidfiles.expectRefused(ran, 'access control list', 'EPERM');
    expect(fs.readdirSync(at.file('d'))).toEqual([]);
  });
});

describe.skipIf(!isRoot)('an existing pidfile (needs root: gives files away)', () => {
  it('is not believed where everybody can write it, and not removed', async () => {
    const at = scratch();
    at.write('pid', `${pidfiles.stranger()}\n`);
    fs.chmodSync(at.file('pid'), 0o666);
    const before = pidfiles.fingerprint(at.file('pid'));
    pidfiles.expectRefused(await pidfiles.start(at, ['-p', at.file('pid')]), 'writable by everybody');
    expect(pidfiles.fingerprint(at.file('pid'))).toEqual(before);
  });

  it('is taken over when stale and the target user’s own', async () => {
    const at = scratch();
    makeDirectory(at.file('d'), TARGET);
    giveAway(at.write('d/f', `${pidfiles.deadPid()}\n`), TARGET);
    const pid = await pidfiles.startWith(at, at.file('d/f'), ...AS_TARGET);
    expect(procfs.status(pid, 'Uid')).toBe('61001\t61001\t61001\t61001');
    expect(fs.statSync(at.file('d/f')).uid).toBe(0);
  });

  it('cannot be rewritten by the unprivileged daemon, whose descriptor of it is read-only', async () => {
    const at = scratch();
    const pid = await pidfiles.startWith(at, at.file('pid'), ...AS_TARGET);
    const { ino } = fs.statSync(at.file('pid'));
    const own = [...procfs.descriptors(pid).keys()].filter(
      (n) => fs.statSync(`/proc/${pid}/fd/${n}`).ino === ino,
    );
    expect(own).toHaveLength(1);
    expect(procfs.descriptorFlags(pid, own[0] as number) & 3).toBe(fs.constants.O_RDONLY);
    const ids = { uid: TARGET.uid, gid: TARGET.gid };
    expect(() =>
      execFileSync('sh', ['-c', `echo 1 > '${at.file('pid')}'`], { ...ids, stdio: 'pipe' }),
    ).toThrow();
    expect(pidfiles.readPid(at.file('pid'))).toBe(pid);
  });
});
