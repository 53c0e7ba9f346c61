/** From the names that a person gives to the ids that the kernel takes. */
import { TdaemonError } from '../errors';
import { type IdsPlan, native, type UserEntry } from '../native';
import { errnoName, errnoWords } from './errno';

export interface Account {
  ids: IdsPlan;
  /** The database's entry; absent for a uid that has none. */
  entry?: UserEntry;
}

function lookUp<Entry>(kind: string, name: string | number, found: Entry | number | null): Entry | undefined {
  if (typeof found !== 'number') return found ?? undefined;
  throw new TdaemonError(`cannot look up ${kind} '${name}': ${errnoWords(found)} (${errnoName(found)})`, {
    reason: 'setup',
    code: errnoName(found),
    errno: found,
  });
}

/** A name is looked up first, so that a user whose name is all digits is found. */
function parseId(name: string | number): number | undefined {
  const id = typeof name === 'number' ? name : /^\d{1,10}$/.test(name) ? Number(name) : undefined;
  return id !== undefined && Number.isInteger(id) && id >= 0 && id < 0xffff_ffff ? id : undefined;
}

function unknown(kind: string, name: string | number): TdaemonError {
  return new TdaemonError(`unknown ${kind} '${name}'`, {
    reason: 'setup',
    code: 'ERR_TDAEMON_UNKNOWN_ACCOUNT',
  });
}

function findUser(user: string | number): { uid: number; entry?: UserEntry } {
  const named = typeof user === 'string' ? lookUp('user', user, native.findUser(user)) : undefined;
  if (named) return { uid: named.uid, entry: named };
  const uid = parseId(user);
  if (uid === undefined) throw unknown('user', user);
  const entry = lookUp('user', user, native.findUser(uid));
  return entry ? { uid, entry } : { uid };
}

/** @throws TdaemonError (`setup`) for a name that is not in the database. */
export function uidOf(user: string | number): number {
  return findUser(user).uid;
}

function findGroup(group: string | number): number {
  const named = typeof group === 'string' ? lookUp('group', group, native.findGroup(group)) : undefined;
  const gid = named?.gid ?? parseId(group);
  if (gid === undefined) throw unknown('group', group);
  return gid;
}

/**
 * Supplementary groups as initgroups(3) gives them.
 *
 * @returns undefined when neither user nor group is asked for.
 * @throws TdaemonError for a name that is not in the database.
 */
export function resolveAccount(
  user: string | number | undefined,
  group: string | number | undefined,
): Account | undefined {
  if (user === undefined && group === undefined) return undefined;
  const { uid, entry } = findUser(user ?? process.geteuid?.() ?? 0);
  const gid = group === undefined ? entry?.gid : findGroup(group);
  if (gid === undefined) {
    // Not the caller's group: that would be root's.
    throw new TdaemonError(
      `user '${user}' has no entry in the user database: give a group too (--user ${user}:GROUP)`,
      {
        reason: 'setup',
        code: 'ERR_TDAEMON_UNKNOWN_ACCOUNT',
      },
    );
  }
  const groups = entry ? native.groupsOf(entry.name, gid) : [gid];
  return entry ? { ids: { uid, gid, groups }, entry } : { ids: { uid, gid, groups } };
}

/** Whether the calling process has just these ids already, so that nothing need be (or may be) set. */
export function isCaller({ uid, gid, groups }: IdsPlan): boolean {
  if (process.getuid?.() !== uid || process.geteuid?.() !== uid) return false;
  if (process.getgid?.() !== gid || process.getegid?.() !== gid) return false;
  const own = new Set([...(process.getgroups?.() ?? []), gid]);
  const wanted = new Set([...groups, gid]);
  return own.size === wanted.size && [...wanted].every((id) => own.has(id));
}
