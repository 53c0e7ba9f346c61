/** Whether given ids may execute a file, by its mode bits and those of the directories on its path (path_resolution(7)). */
import { realpathSync, type Stats, statSync } from 'node:fs';
import { dirname } from 'node:path';
import type { IdsPlan } from '../native';

function mayExecute(stat: Stats, { uid, gid, groups }: IdsPlan): boolean {
  // Root enters every directory, and executes what anybody may.
  if (uid === 0) return stat.isDirectory() || (stat.mode & 0o111) !== 0;
  const shift = stat.uid === uid ? 6 : stat.gid === gid || groups.includes(stat.gid) ? 3 : 0;
  return ((stat.mode >> shift) & 1) !== 0;
}

/** Access control lists are not seen. A file that cannot be looked at counts as one that may not be executed. */
export function canExecute(file: Buffer, ids: IdsPlan): boolean {
  try {
    let at = realpathSync(file);
    if (!statSync(at).isFile()) return false;
    for (;;) {
      if (!mayExecute(statSync(at), ids)) return false;
      if (at === '/') return true;
      at = dirname(at);
    }
  } catch {
    return false;
  }
}
