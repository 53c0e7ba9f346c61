/** Callers without TypeScript, and values that came from outside: what cannot be meant is said before anything is done. */
import { invalid } from '../errors';
import { IO_CLASSES, POLICIES } from '../process/scheduling';
import type { DaemonizeOptions } from './options';

type Check = (value: unknown) => boolean;

const text: Check = (value) => typeof value === 'string' && !value.includes('\0');
const bytes: Check = (value) => text(value) || (value instanceof Uint8Array && !value.includes(0));
const number: Check = (value) => typeof value === 'number';
const flag: Check = (value) => typeof value === 'boolean';
const account: Check = (value) => text(value) || number(value);
const record: Check = (value) => typeof value === 'object' && value !== null;
const listOf =
  (check: Check): Check =>
  (value) =>
    Array.isArray(value) && value.every(check);
const variables: Check = (value) =>
  record(value) && [...(value instanceof Map ? value.values() : Object.values(value as object))].every(bytes);
const limits: Check = (value) =>
  record(value) &&
  Object.values(value as object).every((limit) => record(limit) && number((limit as { soft: unknown }).soft));
const oneOf =
  (field: string, names: object): Check =>
  (value) =>
    record(value) && Object.hasOwn(names, String((value as Record<string, unknown>)[field]));
const descriptor: Check = (value) => Number.isInteger(value) && (value as number) >= 3;

const CHECKS: { [Name in keyof Required<DaemonizeOptions>]: Check } = {
  command: bytes,
  args: listOf(bytes),
  argv0: bytes,
  pidfile: text,
  lock: text,
  chdir: text,
  chroot: text,
  user: account,
  group: account,
  umask: number,
  stdin: text,
  stdout: text,
  stderr: text,
  truncate: flag,
  env: variables,
  envFile: (value) => text(value) || listOf(text)(value),
  clearEnv: flag,
  baseEnv: listOf(bytes),
  limits,
  nice: number,
  ionice: oneOf('class', IO_CLASSES),
  sched: oneOf('policy', POLICIES),
  oomScoreAdj: number,
  noNewPrivs: flag,
  keepFds: listOf(descriptor),
  ready: (value) => text(value) || listOf(text)(value),
  readyTimeout: number,
  readyGrace: number,
  readyKeep: flag,
  readyCa: text,
  signal: (value) => value instanceof AbortSignal,
  onReadiness: (value) => typeof value === 'function',
};

/** @throws TdaemonError (`invalid`) that names the option */
export function checkTypes(options: DaemonizeOptions): void {
  for (const [name, check] of Object.entries(CHECKS)) {
    const value: unknown = options[name as keyof DaemonizeOptions];
    const isNeeded = name === 'command';
    if ((value !== undefined || isNeeded) && !check(value))
      throw invalid(`${name}: a value that cannot be meant`);
  }
}
