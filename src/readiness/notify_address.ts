/**
 * Where the notification socket is: a path in a directory of its own, which only the daemon's user can reach.
 * An abstract address would have no owner, and any local user could fill its queue; it is for a daemon in another
 * root directory, which can reach no path of ours.
 */
import { randomBytes } from 'node:crypto';
import { chmodSync, chownSync, lstatSync, mkdirSync, rmdirSync, unlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { TdaemonError } from '../errors';
import type { Notes, Start } from './condition';

const PREFIX = 'tdaemon-notify-';
const RANDOM_BYTES = 12;
const SOCKET = 's';
/** unix(7): sun_path with its NUL. */
const LONGEST = 107;

function directories(): string[] {
  const own = process.geteuid?.() === 0 ? '/run' : process.env.XDG_RUNTIME_DIR;
  return [own, tmpdir(), '/tmp'].filter((name): name is string => name?.startsWith('/') ?? false);
}

/** Nobody can guess its name, and make it before us. */
function makeDirectory(notes: Notes | undefined): string {
  let last: unknown;
  for (const parent of directories()) {
    const directory = `${parent}/${PREFIX}${randomBytes(RANDOM_BYTES).toString('base64url')}`;
    if (directory.length + SOCKET.length + 1 > LONGEST) continue;
    notes?.note(directory);
    try {
      mkdirSync(directory, { mode: 0o700 });
      return directory;
    } catch (error) {
      notes?.forget(directory);
      last = error;
    }
  }
  const { code = 'ENAMETOOLONG', message = '' } = (last ?? {}) as NodeJS.ErrnoException;
  throw new TdaemonError(`cannot make a directory for the notification socket: ${message || code}`, {
    reason: 'setup',
    code,
    cause: last,
  });
}

export class NotifyAddress {
  /** As $NOTIFY_SOCKET has it: `@` begins an abstract one. */
  readonly name: string;
  readonly #directory: string | undefined;
  readonly #uid: number;
  readonly #notes: Notes | undefined;

  constructor({ spawn, uid, notes }: Start) {
    this.#uid = uid;
    this.#notes = notes;
    this.#directory = spawn.chroot === undefined ? makeDirectory(notes) : undefined;
    this.name = this.#directory
      ? `${this.#directory}/${SOCKET}`
      : `@tdaemon/notify/${randomBytes(16).toString('hex')}`;
  }

  /** The daemon's user may send, nobody else. Until now the directory was closed to all. */
  admit(): void {
    if (!this.#directory) return;
    chmodSync(this.name, 0o600);
    if (this.#uid === process.geteuid?.()) return;
    chownSync(this.name, this.#uid, -1 as number);
    chmodSync(this.#directory, 0o711);
  }

  remove(): void {
    if (!this.#directory) return;
    removeAddress(this.#directory);
    this.#notes?.forget(this.#directory);
  }
}

/** Also that of somebody who was killed. What is not there, or not ours, stays as it is. */
export function removeAddress(directory: string): void {
  try {
    const found = lstatSync(directory);
    if (!found.isDirectory() || found.uid !== process.geteuid?.()) return;
  } catch {
    return;
  }
  for (const remove of [() => unlinkSync(`${directory}/${SOCKET}`), () => rmdirSync(directory)]) {
    try {
      remove();
    } catch {
      // It was never made, or somebody has tidied up.
    }
  }
}
