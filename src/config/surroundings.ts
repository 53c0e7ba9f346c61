/** What a value may depend on besides its text: users, directories, the environment. Asked once in a reading. */
import { statSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname } from 'node:path';
import { invalid } from '../errors';
import { native, type UserEntry } from '../native';
import { errnoName, errnoWords } from '../process/errno';
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

/** One that we may not look for is none to us. */
function isDirectory(path: string): boolean {
  try {
    return statSync(path).isDirectory();
  } catch {
    return false;
  }
}

const isNumber = (text: string) => /^\d{1,10}$/.test(text);

/** A name is looked up first, so that a user whose name is all digits is found. */
function lookUp<Entry>(kind: string, find: (name: string | number) => Entry | number | null) {
  return (name: string): Entry | undefined => {
    for (const key of isNumber(name) ? [name, Number(name)] : [name]) {
      const found = find(key);
      if (typeof found === 'number')
        throw invalid(`cannot look up ${kind} '${name}': ${errnoWords(found)} (${errnoName(found)})`);
      if (found !== null) return found;
    }
    return undefined;
  };
}

export class Surroundings {
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Relative paths begin here. */
  cwd: string;
  readonly #directory = cached(isDirectory);
  readonly #user = cached(lookUp('user', native.findUser));
  readonly #group = cached(lookUp('group', native.findGroup));

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
    const found = this.#group(group);
    if (!found) throw invalid(`there is no group '${group}'`);
    return { uid: this.user(text.slice(0, colon)).uid, gid: found.gid };
  }

  /** Absolute. `..` stays as it is: only the kernel knows what lies above a symbolic link. */
  absolute(text: string): string {
    return text.startsWith('/') ? text : `${this.cwd === '/' ? '' : this.cwd}/${text.replace(/^\.\//, '')}`;
  }

  /** The same, with `~` and `~user` as in a shell. */
  path(text: string): string {
    if (text === '') throw invalid('it is empty');
    const tilde = /^~([^/]*)/.exec(text);
    if (!tilde) return this.absolute(text);
    const name = tilde[1] ?? '';
    const home = name === '' ? (this.environment.HOME ?? homedir()) : this.#user(name)?.home;
    return this.absolute(home === undefined ? text : home + text.slice(tilde[0].length));
  }

  /** The path of a file that may be made. */
  file(text: string): string {
    const path = this.path(text);
    if (!this.#directory(dirname(path)))
      throw invalid(`the directory '${dirname(path)}' of '${text}' does not exist`);
    return path;
  }

  directory(text: string): string {
    const path = this.path(text);
    if (!this.#directory(path)) throw invalid(`'${text}' is no directory that exists`);
    return path;
  }

  temporaryDirectory(): string {
    const { TMPDIR, TEMP, TMP } = this.environment;
    const places = [TMPDIR, TEMP, TMP, '/tmp', '/var/tmp'].flatMap((each) =>
      each ? this.absolute(each) : [],
    );
    return places.find((each) => this.#directory(each)) ?? this.cwd;
  }
}
