/**
 * Where the notification socket is: a path in a directory of its own, which only the daemon's user can reach.
 * An abstract address would have no owner, and any local user could fill its queue; it is for a daemon in another
 * root directory, which can reach no path of ours.
 */
import { randomBytes } from 'node:crypto';
import { chmodSync, chownSync, lstatSync, mkdtempSync, readdirSync, rmdirSync, unlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { TdaemonError } from '../errors';
import type { Start } from './condition';

const PREFIX = 'tdaemon-notify-';
const SOCKET = 's';
/** unix(7): sun_path with its NUL. */
const LONGEST = 107;

function directories(): string[] {
  const own = process.geteuid?.() === 0 ? '/run' : process.env.XDG_RUNTIME_DIR;
  return [own, tmpdir(), '/tmp'].filter((name): name is string => name?.startsWith('/') ?? false);
}

const prefixOf = (owner: string | undefined) => (owner === undefined ? PREFIX : `${PREFIX}${owner}-`);

function makeDirectory(prefix: string): string {
  let last: unknown;
  for (const parent of directories()) {
    if (parent.length > LONGEST - prefix.length - 10) continue;
    try {
      return mkdtempSync(`${parent}/${prefix}`);
    } catch (error) {
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

  constructor({ spawn, uid, owner }: Start) {
    this.#uid = uid;
    this.#directory = spawn.chroot === undefined ? makeDirectory(prefixOf(owner)) : undefined;
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
    if (this.#directory) removeAddress(this.#directory);
  }
}

function removeAddress(directory: string): void {
  for (const remove of [() => unlinkSync(`${directory}/${SOCKET}`), () => rmdirSync(directory)]) {
    try {
      remove();
    } catch {
      // It was never made, or somebody has tidied up.
    }
  }
}

/** What an owner who was killed has left. */
export function clearAddressesOf(owner: string): void {
  for (const parent of new Set(directories()))
    for (const name of namesIn(parent)) {
      if (!name.startsWith(prefixOf(owner))) continue;
      // A link of another user's would lead elsewhere; and what is our own nobody else can rename (a sticky directory).
      const found = lstatSync(`${parent}/${name}`, { throwIfNoEntry: false });
      if (found?.isDirectory() && found.uid === process.geteuid?.()) removeAddress(`${parent}/${name}`);
    }
}

function namesIn(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch {
    return [];
  }
}
