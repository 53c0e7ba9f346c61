/**
 * A disk may hang, and whoever asks it for something with it. One question at a time for each file system: the others, and the few
 * threads that all of Node shares, are not for the one that does not answer.
 */
import { readFileSync } from 'node:fs';
import path from 'node:path';

/** Found without touching it: by the longest mount point (proc_pid_mountinfo(5)). */
export function mountPointOf(file: string, mountinfo = readMounts()): string {
  let longest = '/';
  for (const line of mountinfo.split('\n')) {
    const point = line
      .split(' ')[4]
      ?.replace(/\\(\d{3})/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 8)));
    if (point === undefined || point.length <= longest.length) continue;
    if (file.startsWith(`${point}${path.sep}`)) longest = point;
  }
  return longest;
}

function readMounts(): string {
  try {
    return readFileSync('/proc/self/mountinfo', 'utf8');
  } catch {
    return '';
  }
}

export class DiskTurns {
  readonly #last = new Map<string, Promise<unknown>>();

  /** @param disk of mountPointOf */
  take<Result>(disk: string, work: () => Promise<Result>): Promise<Result> {
    const mine = (this.#last.get(disk) ?? Promise.resolve()).then(work, work);
    this.#last.set(disk, mine);
    return mine;
  }
}
