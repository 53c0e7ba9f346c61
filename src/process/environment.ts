/** The daemon's environment: the caller's, less what speaks of the caller, plus what was asked for. */
import { invalid } from '../errors';
import { native, type UserEntry } from '../native';
import { type Bytes, concat, fromBuffer, splitAtNul, toBuffer, toText } from './bytes';

/** Meant for the caller's own pid or service, which a detached daemon has left: sd_notify(3), sd_watchdog_enabled(3). */
const NOTIFICATION = ['NOTIFY_SOCKET', 'WATCHDOG_USEC', 'WATCHDOG_PID'];
/** sd_listen_fds(3). */
const ACTIVATION = ['LISTEN_FDS', 'LISTEN_PID', 'LISTEN_FDNAMES'];

export type Variables = ReadonlyMap<string, Bytes>;

/** `NAME=VALUE` as the kernel passes it on, keyed by its name. A name that is not UTF-8 is keyed by its bytes. */
export type Environment = Map<string, Bytes>;

export interface EnvironmentRequest {
  clear: boolean;
  /** In rising precedence. */
  additions: readonly Variables[];
  account: UserEntry | undefined;
  /** `--user` was given a uid that has no entry. */
  nameless: boolean;
  directory: string;
  /** The process itself becomes the command: what was meant for it still is. */
  foreground: boolean;
  /** Default: environ(7). */
  inherited?: readonly Bytes[];
}

function nameOf(entry: Buffer): string {
  const end = entry.indexOf('=', 1);
  return entry.toString('latin1', 0, end === -1 ? entry.length : end);
}

/** environ(7), byte for byte; in a worker thread, which has a copy of its own, `process.env`. */
export function callersEnvironment(): Bytes[] {
  const raw = native.rawEnvironment();
  return (raw && splitAtNul(raw)) ?? Object.entries(process.env).map(([name, value]) => `${name}=${value}`);
}

function entryFor(name: string, value: Bytes): Bytes {
  if (name === '' || name.includes('=') || name.includes('\0'))
    throw invalid(`'${name}' is no name of a variable`);
  return concat(name, '=', value);
}

export function composeEnvironment(request: EnvironmentRequest): Environment {
  const environment: Environment = new Map();
  if (!request.clear) {
    for (const entry of request.inherited ?? callersEnvironment())
      environment.set(nameOf(toBuffer(entry)), entry);
    environment.delete('OLDPWD');
    const ours = request.foreground && variable(environment, 'LISTEN_PID') === String(process.pid);
    if (!request.foreground) for (const name of NOTIFICATION) environment.delete(name);
    if (!ours) for (const name of ACTIVATION) environment.delete(name);
  }
  const set = (name: string, value: Bytes) => setVariable(environment, name, value);
  if (request.account) {
    set('HOME', request.account.home);
    set('USER', request.account.name);
    set('LOGNAME', request.account.name);
    set('SHELL', request.account.shell || '/bin/sh');
  } else if (request.nameless) {
    // Whatever the caller's say, they are somebody else's.
    for (const name of ['USER', 'LOGNAME', 'SHELL']) environment.delete(name);
    set('HOME', '/');
  }
  set('PWD', request.directory);
  for (const variables of request.additions) for (const [name, value] of variables) set(name, value);
  return environment;
}

/** What setVariable and variable take, of entries that are settled. */
export function environmentOf(entries: readonly Bytes[]): Environment {
  return new Map(entries.map((entry) => [nameOf(toBuffer(entry)), entry]));
}

export function setVariable(environment: Environment, name: string, value: Bytes): void {
  environment.set(Buffer.from(name).toString('latin1'), entryFor(name, value));
}

export function variable(environment: Environment, name: string): Bytes | undefined {
  const entry = environment.get(name);
  if (entry === undefined) return undefined;
  return typeof entry === 'string'
    ? entry.slice(name.length + 1)
    : fromBuffer(entry.subarray(name.length + 1));
}

/** For people and JSON: undecodable bytes become U+FFFD. */
export function describeEnvironment(environment: Environment): string[] {
  return [...environment.values()].map(toText).sort();
}

/** As `process.env` would have them. */
export function variablesOf(environment: readonly Bytes[]): Record<string, string> {
  return Object.fromEntries(
    environment.flatMap((entry) => {
      const text = toText(entry);
      const at = text.indexOf('=', 1);
      return at === -1 ? [] : [[text.slice(0, at), text.slice(at + 1)]];
    }),
  );
}
