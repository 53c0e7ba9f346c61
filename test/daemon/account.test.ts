/** Whose a daemon is: --user and --group. */
import fs from 'node:fs';
import { describe, expect, it } from 'vitest';
import { expectCleanFailure } from '../helpers/nothing_left';
import { isRoot, NOBODY } from '../helpers/privileges';
import * as procfs from '../helpers/procfs';
import { scratch } from '../helpers/scratch';
import { failedStart, start } from '../helpers/start';
import { run } from '../helpers/tdaemon';

interface Ids {
  uid: string | undefined;
  gid: string | undefined;
  groups: number[];
}

function ids(pid: number): Ids {
  const words = (field: string) => (procfs.status(pid, field) ?? '').split(/\s+/).filter(Boolean);
  return {
    uid: words('Uid').join(' '),
    gid: words('Gid').join(' '),
    groups: words('Groups').map(Number).sort(),
  };
}

const four = (id: number) => `${id} ${id} ${id} ${id}`;

/** What another program (id(1)) says of a user's groups. */
async function groupsOf(user: string): Promise<number[]> {
  return (await run('id', ['-G', user])).stdout.trim().split(/\s+/).map(Number).sort();
}

/** The first group that has a member, and that member. */
function memberOfGroups(): string | undefined {
  const members = fs.readFileSync('/etc/group', 'latin1').match(/^[^:]*:[^:]*:\d+:([\w-]+)/m);
  return members?.[1];
}

function variables(pid: number): Record<string, string> {
  const entries = procfs.environment(pid).map((entry) => {
    const text = String(entry);
    return [text.slice(0, text.indexOf('=')), text.slice(text.indexOf('=') + 1)];
  });
  return Object.fromEntries(entries);
}

describe.skipIf(!isRoot)('--user (needs root)', () => {
  it.each(['nobody', 'daemon', 'www-data'])(
    '%s: all ids, the groups of the database, no capabilities',
    async (user) => {
      const pid = await start(scratch(), ['--user', user]);
      const lines = fs.readFileSync('/etc/passwd', 'latin1').split('\n');
      const [, , uid, gid] = lines.find((line) => line.startsWith(`${user}:`))?.split(':') ?? [];
      expect(ids(pid)).toEqual({
        uid: four(Number(uid)),
        gid: four(Number(gid)),
        groups: await groupsOf(user),
      });
      for (const set of ['CapPrm', 'CapEff', 'CapInh', 'CapAmb'])
        expect(procfs.status(pid, set), set).toBe('0000000000000000');
    },
  );

  it.skipIf(!memberOfGroups())('initialises supplementary groups', async () => {
    const user = memberOfGroups() ?? '';
    const pid = await start(scratch(), ['--user', user]);
    const groups = await groupsOf(user);
    expect(groups.length).toBeGreaterThan(1);
    expect(ids(pid).groups).toEqual(groups);
  });

  it.each([[['--user', '65534']], [['--user', 'nobody:nogroup']], [['-u', 'nobody', '-g', '65534']]])(
    '%j',
    async (options) => {
      const pid = await start(scratch(), options);
      expect(ids(pid)).toEqual({ uid: four(NOBODY), gid: four(NOBODY), groups: [NOBODY] });
    },
  );

  it('takes a uid without an entry if it comes with a group', async () => {
    const pid = await start(scratch(), ['--user', '54321:12345'], undefined, {
      env: { ...process.env, USER: 'root', LOGNAME: 'root', SHELL: '/bin/bash', HOME: '/root' },
    });
    expect(ids(pid)).toEqual({ uid: four(54321), gid: four(12345), groups: [12345] });
    const found = variables(pid);
    expect(found.HOME).toBe('/');
    for (const name of ['USER', 'LOGNAME', 'SHELL']) expect(found).not.toHaveProperty(name);
  });

  it('refuses a uid without an entry and without a group: it would keep root’s', async () => {
    const failure = await expectCleanFailure(scratch(), { options: ['--user', '54321'] });
    expect(failure).toMatchObject({ status: 125 });
    expect(failure.message).toContain('give a group');
  });

  it('sets HOME, USER, LOGNAME and SHELL from the entry', async () => {
    const pid = await start(scratch(), ['--user', 'daemon'], undefined, {
      env: { ...process.env, HOME: '/root', USER: 'root', LOGNAME: 'root', SHELL: '/bin/bash' },
    });
    expect(variables(pid)).toMatchObject({
      HOME: '/usr/sbin',
      USER: 'daemon',
      LOGNAME: 'daemon',
      SHELL: '/usr/sbin/nologin',
    });
  });

  it('leaves those that --env names', async () => {
    const pid = await start(scratch(), ['--user', 'daemon', '--env', 'HOME=/srv', '--env', 'USER=me']);
    expect(variables(pid)).toMatchObject({ HOME: '/srv', USER: 'me', LOGNAME: 'daemon' });
  });

  it('reaches a directory that only the user may enter, and none that only root may', async () => {
    const at = scratch();
    fs.mkdirSync(at.file('theirs'), { mode: 0o700 });
    fs.chownSync(at.file('theirs'), NOBODY, NOBODY);
    const pid = await start(at, ['--user', 'nobody', '--chdir', at.file('theirs')]);
    expect(procfs.link(pid, 'cwd')).toBe(at.file('theirs'));
    fs.mkdirSync(at.file('ours'), { mode: 0o700 });
    const failure = await expectCleanFailure(scratch(), {
      options: ['--user', 'nobody', '--chdir', at.file('ours')],
    });
    expect(failure).toMatchObject({ status: 125, stage: 'chdir', code: 'EACCES' });
  });

  it('leaves the pidfile root’s, and cannot rewrite it', async () => {
    const at = scratch();
    const pid = await start(at, ['--user', 'nobody', '--pidfile', at.file('pid')]);
    const { uid, gid, mode } = fs.statSync(at.file('pid'));
    expect({ uid, gid, mode: mode & 0o777 }).toEqual({ uid: 0, gid: 0, mode: 0o644 });
    expect(procfs.descriptorFlags(pid, 255) & 0o3).toBe(fs.constants.O_RDONLY);
  });
});

describe.skipIf(!isRoot)('--group (needs root)', () => {
  it('alone changes the group, and keeps the user', async () => {
    const pid = await start(scratch(), ['--group', 'daemon']);
    expect(ids(pid)).toMatchObject({ uid: four(0), gid: four(1) });
    expect(ids(pid).groups).toContain(1);
  });
});

describe('an unknown name', () => {
  it.each([
    [['--user', 'no-such-user'], "unknown user 'no-such-user'"],
    [['--group', 'no-such-group'], "unknown group 'no-such-group'"],
    [['--user', 'root:no-such-group'], "unknown group 'no-such-group'"],
    [['--user', '4294967295:0'], "unknown user '4294967295'"],
  ])('%j is refused', async (options, message) => {
    expect(await expectCleanFailure(scratch(), { options })).toMatchObject({ status: 125, message });
  });
});

describe.skipIf(!isRoot)('an unprivileged caller (needs root to become one)', () => {
  const asNobody = { uid: NOBODY, gid: NOBODY };

  it('may name itself', async () => {
    const at = scratch();
    const env = { ...process.env, PATH: '/usr/bin:/bin', HOME: '/' };
    const pid = await start(at, ['--user', 'nobody'], undefined, { ...asNobody, env, cwd: '/' });
    expect(ids(pid)).toMatchObject({ uid: four(NOBODY), gid: four(NOBODY) });
  });

  it('may not become another', async () => {
    const at = scratch();
    const env = { ...process.env, PATH: '/usr/bin:/bin', HOME: '/' };
    const failure = await failedStart(at, ['--user', 'daemon'], undefined, { ...asNobody, env, cwd: '/' });
    expect(failure).toMatchObject({ status: 125, stage: 'setgroups', code: 'EPERM' });
    expect(procfs.mentioning(at.directory)).toEqual([]);
  });
});
