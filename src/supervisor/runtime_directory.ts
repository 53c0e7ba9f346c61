/** Where a supervisor keeps what must outlive it: one directory for each configuration file, ours alone. */
import { createHash } from 'node:crypto';
import { chownSync, lstatSync, mkdirSync, realpathSync } from 'node:fs';
import path from 'node:path';
import { TdaemonError } from '../errors';

function refuse(directory: string, why: string, code: string): TdaemonError {
  return new TdaemonError(`cannot use the runtime directory '${directory}': ${why}`, {
    reason: 'setup',
    code,
    path: directory,
  });
}

/** /run for root, the user's own runtime directory, or one in /tmp. */
function base(uid: number): string {
  if (uid === 0) return '/run/tdaemon';
  const own = process.env.XDG_RUNTIME_DIR;
  return own?.startsWith('/') ? path.join(own, 'tdaemon') : `/tmp/tdaemon-${uid}`;
}

function named(identifier: string, key: string): string {
  const hash = createHash('sha256').update(key).digest('hex').slice(0, 12);
  return path.join(base(process.geteuid?.() ?? 0), `${encodeURIComponent(identifier)}-${hash}`);
}

/** Every supervisord.conf has the identifier `supervisor`: the hash keeps two of them apart. */
export function runtimeDirectoryOf(configFile: string, identifier: string): string {
  return named(identifier, realpathSync(configFile));
}

/** Of one command: its pidfile tells it from others. */
export function respawnDirectoryOf(key: string, identifier: string): string {
  return named(identifier, key);
}

/**
 * Makes it, 0700, and what lies in it.
 *
 * @param owner who will use it
 * @throws TdaemonError (`setup`) when somebody else has a hand in it
 */
export function makeRuntimeDirectory(directory: string, owner: { uid: number; gid: number }): void {
  const caller = process.geteuid?.() ?? 0;
  // Root's is passed through by the users of root's supervisors.
  makeOwn(path.dirname(directory), caller === 0 ? 0o755 : 0o700, { uid: caller, gid: -1 });
  for (const name of ['.', 'fifo', 'programs']) makeOwn(path.join(directory, name), 0o700, owner);
}

function makeOwn(folder: string, mode: number, owner: { uid: number; gid: number }): void {
  try {
    mkdirSync(folder, { mode });
    if (owner.uid !== process.geteuid?.()) chownSync(folder, owner.uid, owner.gid);
  } catch (error) {
    const { code = 'EIO', message } = error as NodeJS.ErrnoException;
    if (code !== 'EEXIST') throw refuse(folder, message, code);
  }
  const found = lstatSync(folder);
  if (!found.isDirectory()) throw refuse(folder, 'it is no directory', 'ENOTDIR');
  if (found.uid !== owner.uid) throw refuse(folder, 'it belongs to another user', 'EPERM');
  if ((found.mode & 0o022) !== 0) throw refuse(folder, 'others can write to it', 'EPERM');
}
