/** The members of a daemon's process group, which outlive it where it does not end them. */
import { readdirSync } from 'node:fs';
import { TdaemonError } from '../errors';
import { isDead, kill, readStat } from './live_process';

export interface ProcessGroup {
  group: number;
  session: number;
}

export function groupOf(pid: number): ProcessGroup | undefined {
  const stat = readStat(pid);
  return stat && { group: stat.group, session: stat.session };
}

/** Whether anybody but zombies is in it. The number belongs to the group as long as it has a member. */
export function hasMembers({ group, session }: ProcessGroup): boolean {
  return readdirSync('/proc').some((name) => {
    if (!/^\d+$/.test(name)) return false;
    const stat = readStat(Number(name));
    return stat !== undefined && stat.group === group && stat.session === session && !isDead(stat);
  });
}

/**
 * There is no pidfd for a group (PIDFD_SIGNAL_PROCESS_GROUP means one whose leader the process is, and a daemon leads
 * none): a look at the members must do.
 *
 * @returns false when there is nobody left
 * @throws TdaemonError (`setup`) when it is not permitted, or it is the caller's own group
 */
export function signalGroup(members: ProcessGroup, signal: number): boolean {
  if (!hasMembers(members)) return false;
  if (members.group === groupOf(process.pid)?.group || members.group <= 1) {
    throw new TdaemonError(`process group ${members.group} is not signalled: it is the caller's own`, {
      reason: 'setup',
      code: 'EPERM',
    });
  }
  return kill(-members.group, signal);
}
