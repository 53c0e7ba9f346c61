/** What a value may depend on besides its text: users, directories, the environment. Asked once in a reading. */
import { statSync } from 'node:fs';
import { homedir } from 'node:os';
import { resolve } from 'node:path';
import { invalid } from '../errors';
import { native, type UserEntry } from '../native';
import type { Owner } from './model';

function cached<Result>(find: (name: string) => Result): (name: string) => Result {
  const known = new Map<string, Result>();
  return (name) => {
    const before = known.get(name);
    if (before !== undefined || known.has(name)) return before as Result;
    const found = find(name);
    known.set(name, found);
    return found;
  };
}

function isDirectory(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}

const isNumber = (text: string) => /^\d{1,10}$/.test(text);

/** A name is looked up first, so that a user whose name is all digits is found. */
function findUser(name: string): UserEntry | undefined {
  const named = native.findUser(name);
  if (typeof named === 'object' && named !== null) return named;
  const numbered = isNumber(name) ? native.findUser(Number(name)) : null;
  return typeof numbered === 'object' && numbered !== null ? numbered : undefined;
}

function findGroup(name: string): number | undefined {
  const named = native.findGroup(name);
  if (typeof named === 'object' && named !== null) return named.gid;
  const numbered = isNumber(name) ? native.findGroup(Number(name)) : null;
  return typeof numbered === 'object' && numbered !== null ? numbered.gid : undefined;
}

export class Surroundings {
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Relative paths begin here. */
  cwd: string;
  readonly #directory = cached(isDirectory);
  readonly #user = cached(findUser);
  readonly #group = cached(findGroup);

  constructor(environment: Readonly<Record<string, string | undefined>>, cwd: string) {
    this.environment = environment;
    this.cwd = cwd;
  }

  /** @throws TdaemonError (`invalid`) */
  user(name: string): UserEntry {
    const found = this.#user(name);
    if (!found) throw invalid(`there is no user '${name}'`);
    return found;
  }

  /** `USER` or `USER:GROUP`. */
  owner(text: string): Owner {
    const colon = text.indexOf(':');
    if (colon === -1) return { uid: this.user(text).uid, gid: -1 };
    const group = text.slice(colon + 1);
    const gid = this.#group(group);
    if (gid === undefined) throw invalid(`there is no group '${group}'`);
    return { uid: this.user(text.slice(0, colon)).uid, gid };
  }

  /** Absolute; `~` and `~user` as in a shell. */
  path(text: string): string {
    if (text === '') throw invalid('it is empty');
    const tilde = /^~([^/]*)/.exec(text);
    if (!tilde) return resolve(this.cwd, text);
    const name = tilde[1] ?? '';
    const home = name === '' ? (this.environment.HOME ?? homedir()) : this.#user(name)?.home;
    return resolve(this.cwd, home === undefined ? text : home + text.slice(tilde[0].length));
  }

  /** The path of a file that may be made. */
  file(text: string): string {
    const path = this.path(text);
    const directory = resolve(path, '..');
    if (!this.#directory(directory))
      throw invalid(`the directory '${directory}' of '${text}' does not exist`);
    return path;
  }

  directory(text: string): string {
    const path = this.path(text);
    if (!this.#directory(path)) throw invalid(`'${text}' is no directory that exists`);
    return path;
  }

  temporaryDirectory(): string {
    const { TMPDIR, TEMP, TMP } = this.environment;
    const found = [TMPDIR, TEMP, TMP, '/tmp', '/var/tmp'].find(
      (each) => each && this.#directory(resolve(this.cwd, each)),
    );
    return resolve(this.cwd, found ?? '.');
  }
}
