/** Who belongs to a daemon: its descendants, and whoever is in its session. */
import { readdirSync } from 'node:fs';
import { readStat } from './live_process';

/**
 * Whether a process is another one, or comes from it, or is in its session. Undefined: it is not to be seen (any
 * more).
 *
 * @param session of the daemon; undefined: only descent counts
 */
export function descendsFrom(
  pid: number,
  ancestor: number,
  session: number | undefined,
): boolean | undefined {
  let stat = readStat(pid);
  if (!stat) return undefined;
  if (stat.session === session) return true;
  // Who forks and dies while we climb makes a step too many look like a cycle; no chain is this long.
  for (let at = pid, steps = 0; steps < 1000; steps++) {
    if (at === ancestor) return true;
    if (!stat || stat.parent <= 1) return false;
    at = stat.parent;
    stat = readStat(at);
  }
  return false;
}

/** All that exist now. */
export function processTree(root: number, session: number): Set<number> {
  const parents = new Map<number, number>();
  const members = new Set([root]);
  for (const name of readdirSync('/proc')) {
    const pid = /^\d+$/.test(name) ? Number(name) : 0;
    const stat = pid === 0 ? undefined : readStat(pid);
    if (!stat) continue;
    parents.set(pid, stat.parent);
    if (stat.session === session) members.add(pid);
  }
  const belongs = (pid: number, steps = 0): boolean => {
    if (members.has(pid)) return true;
    const parent = parents.get(pid);
    if (parent === undefined || parent <= 1 || steps > 1000 || !belongs(parent, steps + 1)) return false;
    members.add(pid);
    return true;
  };
  for (const pid of parents.keys()) belongs(pid);
  return members;
}
