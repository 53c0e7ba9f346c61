/** What whoever starts a supervisor leaves in the runtime directory for it, and for each supervisor after it. */
import {
  closeSync,
  constants,
  fchownSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { MisconfigurationError } from '../config/diagnostics';
import type { Config } from '../config/model';
import { type Reread, readConfig } from '../config/read';
import type { Overrides } from '../config/section';
import type { FailureReason } from '../errors';
import type { Bytes } from '../process/bytes';
import { variablesOf } from '../process/environment';
import { fromJson, toJson } from './json';

const { O_CREAT, O_EXCL, O_NOFOLLOW, O_NONBLOCK, O_RDONLY, O_WRONLY } = constants;

export interface LaunchOptions {
  source:
    | { kind: 'file'; file: string; overrides: Overrides }
    /** `start --respawn`: there is no file. */
    | { kind: 'given'; config: Config };
  /** What programs inherit. */
  environment: readonly Bytes[];
  /** Soft limit of open files for programs. */
  openFiles: number;
  /** Where it was started: relative paths and programs without `directory` mean it. */
  directory: string;
  foreground: boolean;
}

const nameIn = (runtimeDirectory: string) => path.join(runtimeDirectory, 'options.json');

/** @param owner the directory's, who may be another user than we: nothing that he has put there is followed */
export function writeLaunchOptions(
  runtimeDirectory: string,
  options: LaunchOptions,
  owner: { uid: number; gid: number },
): void {
  const file = nameIn(runtimeDirectory);
  rmSync(`${file}.new`, { force: true });
  const descriptor = openSync(`${file}.new`, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600);
  try {
    writeFileSync(descriptor, toJson(options));
    if (owner.uid !== process.geteuid?.()) fchownSync(descriptor, owner.uid, owner.gid);
  } finally {
    closeSync(descriptor);
  }
  renameSync(`${file}.new`, file);
}

export function readLaunchOptions(runtimeDirectory: string): LaunchOptions {
  return fromJson<LaunchOptions>(readFileSync(nameIn(runtimeDirectory), 'utf8'));
}

/** Broken are the programs that cannot be had while the others can. @throws TdaemonError: it cannot be read any more */
export function readLaunched({
  source,
  environment,
  directory,
}: LaunchOptions): Pick<Reread, 'config' | 'broken'> {
  if (source.kind === 'given') return { config: source.config, broken: [] };
  const { file, overrides } = source;
  return readConfig(file, { overrides, environment: variablesOf(environment), cwd: directory });
}

/** A slip of the pen must not look as if a program were to be removed. @throws TdaemonError, also where one program is wrong */
export function wholeConfigOf(options: LaunchOptions): Config {
  const { config, broken } = readLaunched(options);
  const [first] = broken;
  if (first) throw new MisconfigurationError(first.place, first.message);
  return config;
}

/** Why it could not begin, for whoever waits. */
export interface LaunchFailure {
  message: string;
  reason: FailureReason;
}

const failureIn = (runtimeDirectory: string) => path.join(runtimeDirectory, 'failure');

export function writeLaunchFailure(runtimeDirectory: string, failure: LaunchFailure): void {
  writeFileSync(failureIn(runtimeDirectory), JSON.stringify(failure), { mode: 0o600 });
}

/** Reads it once. */
export function takeLaunchFailure(runtimeDirectory: string): LaunchFailure | undefined {
  const file = failureIn(runtimeDirectory);
  try {
    const descriptor = openSync(file, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
    try {
      return JSON.parse(readFileSync(descriptor, 'utf8')) as LaunchFailure;
    } finally {
      closeSync(descriptor);
    }
  } catch {
    return undefined;
  } finally {
    rmSync(file, { force: true });
  }
}
