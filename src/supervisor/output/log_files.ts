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

/** What had that name a moment ago: rotation does not wait. */
export interface NamedFile {
  name: string;
  inode: number;
}

/** @returns undefined: it is not there any more */
export async function withInode(log: string, backups: number, inode: number): Promise<NamedFile | undefined> {
  for (let number = 0; number <= backups; number++)
    if ((await look(nameOf(log, number)))?.ino === inode) return { name: nameOf(log, number), inode };
  return undefined;
}

/** All there are, the oldest first. */
export async function filesOf(log: string, backups: number): Promise<NamedFile[]> {
  const found: NamedFile[] = [];
  for (let number = backups; number >= 0; number--) {
    const name = nameOf(log, number);
    const inode = (await look(name))?.ino;
    if (inode !== undefined) found.push({ name, inode });
  }
  return found;
}

/**
 * What has been written after a file.
 *
 * @returns undefined: nothing, it is the newest, or what follows it has no content yet
 */
export async function successorOf(log: string, backups: number, of: Stats): Promise<NamedFile | undefined> {
  const newest = await look(log);
  if (!newest || (newest.ino === of.ino && newest.dev === of.dev)) return undefined;
  let next: NamedFile | undefined;
  let before: NamedFile | undefined;
  for (let number = 1; number <= backups; number++) {
    const found = await look(nameOf(log, number));
    if (!found) continue;
    if (found.ino === of.ino && found.dev === of.dev) {
      next = before;
      break;
    }
    before = { name: nameOf(log, number), inode: found.ino };
    // It may have no number any more: then time must say which is older.
    if (found.mtimeMs >= of.mtimeMs) next = before;
  }
  return next ?? (newest.size > 0 ? { name: log, inode: newest.ino } : undefined);
}

export type Judgement = 'followable' | 'moved' | { refused: string };

/** @param found what was opened by that name */
export async function judge(file: string, found: Stats): Promise<Judgement> {
  if (!found.isFile()) return { refused: 'is no regular file, and cannot be followed' };
  const directory = path.dirname(file);
  const { mode = 0o777 } = (await look(directory)) ?? {};
  if (process.geteuid?.() !== 0 || ((mode & 0o022) === 0 && (await isRootsPath(directory))))
    return 'followable';
  // Whoever can put names there could have us read what he may not.
  const named = await lstat(file).catch(() => undefined);
  if (named?.isSymbolicLink() || found.nlink > 1)
    return { refused: 'is a link in a directory that others can write to, and is not followed' };
  return named?.ino === found.ino && named.dev === found.dev ? 'followable' : 'moved';
}

/** Whether nobody but root can make it lead elsewhere. */
async function isRootsPath(directory: string): Promise<boolean> {
  const found = await lstat(directory).catch(() => undefined);
  const sticky = ((found?.mode ?? 0) & 0o1000) !== 0;
  if (!found?.isDirectory() || found.uid !== 0 || ((found.mode & 0o022) !== 0 && !sticky)) return false;
  return directory === path.dirname(directory) || isRootsPath(path.dirname(directory));
}
