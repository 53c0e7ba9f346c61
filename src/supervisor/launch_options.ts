/** What whoever starts a supervisor leaves in the runtime directory for it, and for each supervisor after it. */
import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Overrides } from '../config/section';
import { type Bytes, fromBuffer, toBuffer } from '../process/bytes';

export interface LaunchOptions {
  configFile: string;
  /** Of the command line. */
  overrides: Overrides;
  /** What programs inherit. */
  environment: readonly Bytes[];
  /** Soft limit of open files for programs. */
  openFiles: number;
  /** Where it was started: relative paths and programs without `directory` mean it. */
  directory: string;
  foreground: boolean;
}

const nameIn = (runtimeDirectory: string) => path.join(runtimeDirectory, 'options.json');

export function writeLaunchOptions(runtimeDirectory: string, options: LaunchOptions): void {
  const environment = options.environment.map((entry) => toBuffer(entry).toString('latin1'));
  const file = nameIn(runtimeDirectory);
  writeFileSync(`${file}.new`, JSON.stringify({ ...options, environment }), { mode: 0o600 });
  renameSync(`${file}.new`, file);
}

export function readLaunchOptions(runtimeDirectory: string): LaunchOptions {
  const options = JSON.parse(readFileSync(nameIn(runtimeDirectory), 'utf8')) as LaunchOptions;
  const environment = options.environment.map((entry) => fromBuffer(Buffer.from(entry as string, 'latin1')));
  return { ...options, environment };
}

/** Why it could not begin, for whoever waits. */
export interface LaunchFailure {
  message: string;
}

const failureIn = (runtimeDirectory: string) => path.join(runtimeDirectory, 'failure');

export function writeLaunchFailure(runtimeDirectory: string, failure: LaunchFailure): void {
  writeFileSync(failureIn(runtimeDirectory), JSON.stringify(failure), { mode: 0o600 });
}

/** Reads it once. */
export function takeLaunchFailure(runtimeDirectory: string): LaunchFailure | undefined {
  const file = failureIn(runtimeDirectory);
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as LaunchFailure;
  } catch {
    return undefined;
  } finally {
    rmSync(file, { force: true });
  }
}
