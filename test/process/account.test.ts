/** Names to ids, compared with what id(1) and getent(1) say. */
import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { TdaemonError } from '../../src/errors';
import { isCaller, resolveAccount } from '../../src/process/account';

const ask = (program: string, ...args: string[]) => execFileSync(program, args, { encoding: 'utf8' }).trim();
const numbers = (text: string) =>
  text
    .split(' ')
    .map(Number)
    .sort((a, b) => a - b);

function refusal(user: string | number | undefined, group?: string | number): TdaemonError {
  try {
    resolveAccount(user, group);
  } catch (error) {
    expect(error).toBeInstanceOf(TdaemonError);
    return error as TdaemonError;
  }
  throw new Error('it was accepted');
}

/** Users that every system has in one way or another: the first of the database. */
const users = ask('getent', 'passwd')
  .split('\n')
  .slice(0, 12)
  .map((line) => line.split(':') as [string, string, string, string]);

describe('resolveAccount', () => {
  it.each(users.map(([name]) => name))('%s has the ids and groups that id says', (name) => {
    const account = resolveAccount(name, undefined);
    expect(account?.ids.uid).toBe(Number(ask('id', '-u', name)));
    expect(account?.ids.gid).toBe(Number(ask('id', '-g', name)));
    expect([...(account?.ids.groups ?? [])].sort((a, b) => a - b)).toEqual(numbers(ask('id', '-G', name)));
    expect(account?.entry?.name).toBe(name);
  });

  it('takes a number, in either type, for the user who has it', () => {
    const [name, , uid] = users[1] as [string, string, string, string];
    expect(resolveAccount(uid, undefined)).toEqual(resolveAccount(name, undefined));
    expect(resolveAccount(Number(uid), undefined)).toEqual(resolveAccount(name, undefined));
  });

  it('takes a group in the place of the user’s own', () => {
    const [name] = users[1] as [string, string, string, string];
    const [group = '', , gid = ''] = (ask('getent', 'group').split('\n').at(-1) ?? '').split(':');
    for (const either of [group, gid, Number(gid)]) {
      const account = resolveAccount(name, either);
      expect(account?.ids.gid).toBe(Number(gid));
      expect(account?.ids.groups).toContain(Number(gid));
    }
  });

  it('takes a group alone, and a uid that has no entry with one', () => {
    expect(resolveAccount(undefined, 0)?.ids).toMatchObject({ uid: process.geteuid?.(), gid: 0 });
    expect(resolveAccount(3999999, 4)).toEqual({ ids: { uid: 3999999, gid: 4, groups: [4] } });
    expect(resolveAccount('3999999', '3999998')?.ids).toEqual({
      uid: 3999999,
      gid: 3999998,
      groups: [3999998],
    });
  });

  it('is nothing where nothing is asked for', () => {
    expect(resolveAccount(undefined, undefined)).toBeUndefined();
  });

  it.each([
    ['no-such-user', undefined, "unknown user 'no-such-user'"],
    ['', undefined, "unknown user ''"],
    ['-1', undefined, "unknown user '-1'"],
    ['0x0', undefined, "unknown user '0x0'"],
    ['4294967295', undefined, "unknown user '4294967295'"],
    ['4294967296', undefined, "unknown user '4294967296'"],
    [4294967295, undefined, "unknown user '4294967295'"],
    [-1, undefined, "unknown user '-1'"],
    [1.5, undefined, "unknown user '1.5'"],
    [Number.NaN, undefined, "unknown user 'NaN'"],
    ['root', 'no-such-group', "unknown group 'no-such-group'"],
    ['root', '', "unknown group ''"],
    ['root', '4294967295', "unknown group '4294967295'"],
    [undefined, -1, "unknown group '-1'"],
  ])('refuses user %j with group %j', (user, group, message) => {
    expect(refusal(user, group)).toMatchObject({
      message,
      reason: 'setup',
      code: 'ERR_TDAEMON_UNKNOWN_ACCOUNT',
    });
  });

  it('gives a uid without an entry no group of the caller’s', () => {
    expect(refusal('3999999').message).toBe(
      "user '3999999' has no entry in the user database: give a group too (--user 3999999:GROUP)",
    );
  });
});

describe('isCaller', () => {
  const own = {
    uid: process.getuid?.() ?? 0,
    gid: process.getgid?.() ?? 0,
    groups: process.getgroups?.() ?? [],
  };

  it('is true for just these ids, in whatever order', () => {
    expect(isCaller(own)).toBe(true);
    expect(isCaller({ ...own, groups: [...own.groups, own.gid].reverse() })).toBe(true);
  });

  it('is false for any other', () => {
    expect(isCaller({ ...own, uid: own.uid + 1 })).toBe(false);
    expect(isCaller({ ...own, gid: own.gid + 1 })).toBe(false);
    expect(isCaller({ ...own, groups: [...own.groups, 3999999] })).toBe(false);
  });
});
