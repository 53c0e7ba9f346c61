/** Which programs a keeper looks after (native/keeper), as /proc shows them: by the tree and by the names of its own processes. */
import { readdirSync, readFileSync } from 'node:fs';
import { readStat } from './live_process';

const KEEPER = 'tdaemon-keeper';
const LOGGER = 'tdaemon-logger';

function nameOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/comm`, 'utf8').trim();
  } catch {
    return '';
  }
}

/** Their pids; none where it is no keeper. */
export function supervisedBy(keeper: number): number[] {
  if (nameOf(keeper) !== KEEPER) return [];
  const children = new Map<number, number[]>();
  for (const name of readdirSync('/proc')) {
    const pid = /^\d+$/.test(name) ? Number(name) : 0;
    const stat = pid === 0 ? undefined : readStat(pid);
    // Each leads a session, the supervisor too.
    if (stat && stat.session === pid) children.set(stat.parent, [...(children.get(stat.parent) ?? []), pid]);
  }
  const own = (children.get(keeper) ?? []).filter((pid) => nameOf(pid) !== LOGGER);
  // The first is the supervisor; the others were a supervisor's before it.
  const [supervisor = 0, ...adopted] = own.sort((one, other) => Number(isNode(other)) - Number(isNode(one)));
  return [...(children.get(supervisor) ?? []), ...adopted];
}

function isNode(pid: number): boolean {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('supervisor.js');
  } catch {
    return false;
  }
}
