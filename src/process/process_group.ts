/** The members of a daemon's process group, which outlive it where it does not end them. */
import { readdirSync, readFileSync } from 'node:fs';
import { TdaemonError } from '../errors';
import { isDead, kill, readStat } from './live_process';
import { pause } from './pause';

export interface ProcessGroup {
  group: number;
  session: number;
  /** Of the process by which it was found. */
  uid: number | undefined;
}

export function groupOf(pid: number): ProcessGroup | undefined {
  const stat = readStat(pid);
  return stat && { group: stat.group, session: stat.session, uid: realUid(pid) };
}

/** All of it but zombies. The number belongs to the group as long as it has a member. */
function membersOf({ group, session }: ProcessGroup): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => {
      const stat = readStat(pid);
      return stat !== undefined && stat.group === group && stat.session === session && !isDead(stat);
    });
}

/** Nothing tells when the last of a group has ended: look, ever less often. */
const FIRST_LOOK_MS = 1;
const LAST_LOOK_MS = 50;

/** @returns whether all of it has ended by then */
export async function awaitGroupEnd(members: ProcessGroup, milliseconds: number): Promise<boolean> {
  const end = performance.now() + milliseconds;
  for (let look = FIRST_LOOK_MS; membersOf(members).length > 0; look = Math.min(look * 2, LAST_LOOK_MS)) {
    const left = end - performance.now();
    if (left <= 0) return false;
    await pause(Math.min(look, left));
  }
  return true;
}

function realUid(pid: number): number | undefined {
  try {
    return Number(/^Uid:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))?.[1]);
  } catch {
    return undefined;
  }
}

function refused(group: number, why: string): TdaemonError {
  return new TdaemonError(`process group ${group} is not signalled: ${why}`, {
    reason: 'setup',
    code: 'EPERM',
  });
}

/**
 * There is no pidfd for a group (PIDFD_SIGNAL_PROCESS_GROUP means one whose leader the process is, and a daemon leads
 * none): a look at the members must do.
 *
 * Root signals no other user's processes for being in one group with a user's daemon.
 *
 * @returns false when there is nobody left
 * @throws TdaemonError (`setup`) when it is not permitted, or it is the caller's own group
 */
export function signalGroup(target: ProcessGroup, signal: number): boolean {
  const members = membersOf(target);
  if (members.length === 0) return false;
  const { group, uid } = target;
  if (group === groupOf(process.pid)?.group || group <= 1) throw refused(group, "it is the caller's own");
  if (process.geteuid?.() === 0 && uid !== 0) {
    const stranger = members.find((pid) => ![uid, undefined].includes(realUid(pid)));
    if (stranger !== undefined) throw refused(group, `process ${stranger} in it is another user's`);
  }
  return kill(-group, signal);
}
