/** Where this process is in the cgroup hierarchy (cgroups(7), version 2), as a directory. */
import { readFileSync } from 'node:fs';
import path from 'node:path';

interface Mount {
  /** Which cgroup it shows, seen from our cgroup namespace. */
  root: string;
  point: string;
}

/** proc_pid_mountinfo(5): spaces and the like are `\040`. */
function plain(text: string): string {
  return text.replace(/\\([0-7]{3})/g, (_, digits: string) =>
    String.fromCharCode(Number.parseInt(digits, 8)),
  );
}

function mounts(): Mount[] {
  return readFileSync('/proc/self/mountinfo', 'latin1')
    .split('\n')
    .flatMap((line) => {
      const [mount = '', filesystem = ''] = line.split(' - ');
      const [, , , root, point] = mount.split(' ');
      if (!filesystem.startsWith('cgroup2 ') || root === undefined || point === undefined) return [];
      return [{ root: plain(root), point: plain(point) }];
    });
}

/** Below the root of what we may see; undefined: outside of it, or there is none. */
export function cgroupOf(pid: number | 'self'): string | undefined {
  try {
    const own = /^0::(\/.*)$/m.exec(readFileSync(`/proc/${pid}/cgroup`, 'latin1'))?.[1];
    return own === undefined || own.startsWith('/..') || own.endsWith(' (deleted)') ? undefined : own;
  } catch {
    return undefined;
  }
}

function hasUs(directory: string): boolean {
  try {
    const members = readFileSync(path.join(directory, 'cgroup.procs'), 'latin1').split('\n');
    return members.includes(String(process.pid));
  } catch {
    return false;
  }
}

/** Undefined: it is not to be seen, or not mounted. */
export function ownCgroup(): string | undefined {
  const own = cgroupOf('self');
  if (own === undefined) return undefined;
  try {
    for (const { root, point } of mounts()) {
      const below = root === '/' ? own : own === root ? '/' : undefined;
      const inside = below ?? (own.startsWith(`${root}/`) ? own.slice(root.length) : undefined);
      const directory = inside === undefined ? undefined : path.join(point, inside);
      // Something else may be mounted over it.
      if (directory !== undefined && hasUs(directory)) return directory;
    }
  } catch {
    // /proc is not mounted.
  }
  return undefined;
}
