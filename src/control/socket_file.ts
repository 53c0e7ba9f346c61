/**
 * A listening unix socket whose file comes to its place with its owner and mode, listening already. It is made in a directory that
 * nobody else can enter, and moved: there is no moment in which others could connect, or have us change another file.
 */
import {
  chmodSync,
  chownSync,
  closeSync,
  constants,
  lstatSync,
  mkdtempSync,
  openSync,
  renameSync,
  rmdirSync,
  rmSync,
  type Stats,
} from 'node:fs';
import path from 'node:path';
import type { UnixServerConfig } from '../config/model';
import { TdaemonError } from '../errors';
import { native } from '../native';
import { errnoName, errnoWords } from '../process/errno';

const { O_RDONLY, O_DIRECTORY, O_NOFOLLOW } = constants;
const OWNER_ONLY = 0o600;

export interface SocketFile {
  path: string;
  descriptor: number;
  /** Of the file, by which it is known again. */
  inode: number;
}

export const IN_USE =
  'Another program is already listening on a port that one of our HTTP servers is configured to use. ' +
  'Shut this program down first before starting tdaemon.';

export function cannotListen(where: string, code: string, why: string): TdaemonError {
  if (code === 'EADDRINUSE')
    return new TdaemonError(`${IN_USE} (${where})`, { reason: 'already-running', code, path: where });
  return new TdaemonError(`cannot listen on ${where}: ${why} (${code})`, {
    reason: 'setup',
    code,
    path: where,
  });
}

function found(file: string): Stats | undefined {
  return lstatSync(file, { throwIfNoEntry: false });
}

/** Whether it is the one that was made, and as it is wanted. */
export function isInPlace({ file, mode, owner }: UnixServerConfig, inode: number): boolean {
  const now = found(file);
  if (!now?.isSocket() || now.ino !== inode || (now.mode & 0o7777) !== mode) return false;
  if (!owner) return now.uid === process.geteuid?.();
  return now.uid === owner.uid && (owner.gid === -1 || now.gid === owner.gid);
}

/** A leftover of somebody who has ended may be replaced. @throws TdaemonError for anything else */
function checkFree(file: string): void {
  const there = found(file);
  if (!there) return;
  if (!there.isSocket()) throw cannotListen(`'${file}'`, 'EEXIST', 'there is a file that is no socket');
  const answer = native.connectUnix(file);
  if (typeof answer === 'object') throw cannotListen(`'${file}'`, 'EADDRINUSE', '');
  const code = errnoName(answer);
  // Its queue is full: somebody is there.
  if (code === 'EAGAIN') throw cannotListen(`'${file}'`, 'EADDRINUSE', '');
  if (code !== 'ECONNREFUSED' && code !== 'ENOENT') throw cannotListen(`'${file}'`, code, errnoWords(answer));
}

/** @param directory nobody else can enter it */
function listenIn(directory: string, config: UnixServerConfig): SocketFile {
  // By its descriptor it is this one, whatever has its name by now; and it is short enough for an address.
  const handle = openSync(directory, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
  const made = `/proc/self/fd/${handle}/listening`;
  let descriptor = -1;
  try {
    rmSync(made, { force: true });
    descriptor = native.listenUnix(made, OWNER_ONLY);
    if (descriptor < 0)
      throw cannotListen(`'${config.file}'`, errnoName(-descriptor), errnoWords(-descriptor));
    const { uid = -1, gid = -1 } = config.owner ?? {};
    if (config.owner) chownSync(made, uid, gid);
    chmodSync(made, config.mode);
    const { ino } = lstatSync(made);
    renameSync(made, config.file);
    return { path: config.file, descriptor, inode: ino };
  } catch (error) {
    if (descriptor >= 0) closeSync(descriptor);
    rmSync(made, { force: true });
    throw error;
  } finally {
    closeSync(handle);
  }
}

/** On another file system than the runtime directory: in a directory of our own beside it. */
function listenBeside(config: UnixServerConfig): SocketFile {
  const directory = mkdtempSync(path.join(path.dirname(config.file), '.tdaemon-'));
  try {
    return listenIn(directory, config);
  } finally {
    rmdirSync(directory);
  }
}

/** @throws TdaemonError, also where somebody listens there already */
export function makeSocketFile(config: UnixServerConfig, runtimeDirectory: string): SocketFile {
  checkFree(config.file);
  try {
    try {
      return listenIn(runtimeDirectory, config);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EXDEV') throw error;
      return listenBeside(config);
    }
  } catch (error) {
    if (error instanceof TdaemonError) throw error;
    const { code = 'EIO', syscall, message } = error as NodeJS.ErrnoException;
    if (code === 'EPERM' && syscall === 'chown')
      throw cannotListen(`'${config.file}'`, code, 'its owner (chown) cannot be set by this user');
    throw cannotListen(`'${config.file}'`, code, message);
  }
}

/** Only the one that was made. */
export function removeSocketFile(file: string, inode: number): void {
  const there = found(file);
  if (there?.isSocket() && there.ino === inode) rmSync(file, { force: true });
}
