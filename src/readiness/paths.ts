/** Names of files in a SPEC: they are the caller's, or with a root directory of its own the daemon's. */
import { readlinkSync } from 'node:fs';
import type { SpawnPlan } from '../native';
import { absolutePath } from '../process/working_directory';

/** As many as the kernel follows. */
const MOST_LINKS = 40;

function linkTarget(path: string): string | undefined {
  try {
    return readlinkSync(path);
  } catch {
    return undefined;
  }
}

/** As the daemon sees it: a symbolic link that begins with `/` begins at its root, and `..` does not leave it. */
function resolveIn(root: string, path: string): string {
  let rest = path.split('/');
  let found: string[] = [];
  for (let links = 0; rest.length > 0; ) {
    const [name = '', ...further] = rest;
    rest = further;
    if (name === '..') found.pop();
    if (['', '.', '..'].includes(name)) continue;
    const target = linkTarget([root, ...found, name].join('/'));
    if (target === undefined || ++links > MOST_LINKS) {
      found.push(name);
      continue;
    }
    if (target.startsWith('/')) found = [];
    rest = [...target.split('/'), ...rest];
  }
  return [root.replace(/\/+$/, ''), ...found].join('/');
}

/** Where it is now, for us: what leads to it may change until the daemon is ready. */
export function inRoot({ spawn }: { spawn: SpawnPlan }, path: string): string {
  return spawn.chroot === undefined ? absolutePath(path) : resolveIn(spawn.chroot, path);
}
