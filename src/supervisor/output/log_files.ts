/** A log and its backups (`.1` is the newest): which is which, by inode. */
import type { Stats } from 'node:fs';
import { lstat, stat } from 'node:fs/promises';
import path from 'node:path';

async function look(file: string): Promise<Stats | undefined> {
  try {
    return await stat(file);
  } catch {
    return undefined;
  }
}

function nameOf(log: string, number: number): string {
  return number === 0 ? log : `${log}.${number}`;
}

/** @returns its name; undefined: it is not there any more */
export async function withInode(log: string, backups: number, inode: number): Promise<string | undefined> {
  for (let number = 0; number <= backups; number++)
    if ((await look(nameOf(log, number)))?.ino === inode) return nameOf(log, number);
  return undefined;
}

/**
 * What has been written after a file.
 *
 * @returns undefined: nothing, it is the newest, or what follows it has no content yet
 */
export async function successorOf(log: string, backups: number, of: Stats): Promise<string | undefined> {
  const newest = await look(log);
  if (!newest || (newest.ino === of.ino && newest.dev === of.dev)) return undefined;
  let next: string | undefined;
  for (let number = 1; number <= backups; number++) {
    const found = await look(nameOf(log, number));
    if (!found) continue;
    if (found.ino === of.ino && found.dev === of.dev) {
      next = number === 1 ? undefined : nameOf(log, number - 1);
      break;
    }
    // It may have no number any more: then time must say which is older.
    if (found.mtimeMs >= of.mtimeMs) next = nameOf(log, number);
  }
  return next ?? (newest.size > 0 ? log : undefined);
}

/** @returns why it is not; undefined: it is */
export async function isFollowable(file: string, found: Stats): Promise<string | undefined> {
  if (!found.isFile()) return 'is no regular file, and cannot be followed';
  const directory = path.dirname(file);
  const { mode = 0o777 } = (await look(directory)) ?? {};
  if (process.geteuid?.() !== 0 || ((mode & 0o022) === 0 && (await isRootsPath(directory)))) return undefined;
  // Whoever can put names there could have us read what he may not.
  const named = await lstat(file).catch(() => undefined);
  if (!named || named.ino !== found.ino || named.dev !== found.dev || found.nlink > 1)
    return 'is a link in a directory that others can write to, and is not followed';
  return undefined;
}

/** Whether nobody but root can make it lead elsewhere. */
async function isRootsPath(directory: string): Promise<boolean> {
  const found = await lstat(directory).catch(() => undefined);
  const sticky = ((found?.mode ?? 0) & 0o1000) !== 0;
  if (!found?.isDirectory() || found.uid !== 0 || ((found.mode & 0o022) !== 0 && !sticky)) return false;
  return directory === path.dirname(directory) || isRootsPath(path.dirname(directory));
}
