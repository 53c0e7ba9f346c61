/** Starts that wait until a daemon is ready, by the real command. */
import { execFileSync, type SpawnOptions } from 'node:child_process';
import fs from 'node:fs';
import { expect } from 'vitest';
import { TDAEMON } from './paths';
import * as procfs from './procfs';
import type { Scratch } from './scratch';
import { mark } from './start';
import { type Ran, run } from './tdaemon';

export interface Spawning extends SpawnOptions {
  /** What runs tdaemon: `nsenter` and its options, …; default nothing. */
  under?: readonly string[];
}

function tdaemon(args: readonly string[], { under = [], ...options }: Spawning = {}): Promise<Ran> {
  const [program, ...rest] = [...under, TDAEMON, ...args];
  return run(program as string, rest, options);
}

/** Long enough for a loaded machine; none of the starts that use it may take it up. */
const PATIENT = ['--ready-timeout', '20s'];
/** For starts that must fail. */
export const SOON = ['--ready-timeout', '1s'] as const;

export interface Waiting {
  pid: number;
  stderr: string;
}

/** A start that must succeed, without a word unless one is expected. */
export async function startReady(
  at: Scratch,
  spec: string,
  command: readonly string[],
  options: readonly string[] = [],
  spawning: Spawning = {},
): Promise<number> {
  const { pid, stderr } = await startReadyLoudly(at, spec, command, options, spawning);
  expect(stderr).toBe('');
  return pid;
}

export async function startReadyLoudly(
  at: Scratch,
  spec: string,
  command: readonly string[],
  options: readonly string[] = [],
  spawning: Spawning = {},
): Promise<Waiting> {
  const given = ['--json', ...PATIENT, ...mark(at), '--ready', spec, ...options, '--', ...command];
  const ran = await tdaemon(given, spawning);
  expect(ran, ran.stdout + ran.stderr).toMatchObject({ status: 0, signal: null });
  return { pid: (JSON.parse(ran.stdout) as { pid: number }).pid, stderr: ran.stderr };
}

/** A start that must fail: no process is left that was started by it, and no pidfile. */
export async function failReady(
  at: Scratch,
  spec: string,
  command: readonly string[],
  options: readonly string[] = SOON,
  spawning: Spawning = {},
): Promise<Ran> {
  const pidfile = at.file('failed.pid');
  const given = ['--pidfile', pidfile, ...mark(at), '--ready', spec, ...options, '--', ...command];
  const ran = await tdaemon(given, spawning);
  expect(ran).toMatchObject({ signal: null, stdout: '' });
  expect(procfs.mentioning(`TDAEMON_TEST=${at.directory}`)).toEqual([]);
  expect(fs.existsSync(pidfile)).toBe(false);
  return ran;
}

/** A start that waits for longer than its timeout: status 124, and one line that says for what. */
export async function expectNotReady(
  at: Scratch,
  spec: string,
  command: readonly string[],
  state: string,
  options: readonly string[] = SOON,
  spawning: Spawning = {},
): Promise<void> {
  const ran = await failReady(at, spec, command, options, spawning);
  expect(ran.status, ran.stderr).toBe(124);
  expect(ran.stderr).toMatch(/^tdaemon: '[^\n]*' was not ready in [^\n]*; it was stopped\n/);
  expect(ran.stderr).toContain(`(${spec}: ${state})`);
}

/** Nothing is started: wrong usage, in one line. */
export async function expectBadSpec(
  at: Scratch,
  spec: string,
  reason: string,
  options: readonly string[] = [],
): Promise<void> {
  const pidfile = at.file('bad.pid');
  const command = ['sh', '-c', `echo started > ${at.file('started')}; exec sleep 1000`];
  const ran = await tdaemon(['-p', pidfile, ...mark(at), '--ready', spec, ...options, '--', ...command]);
  expect(ran).toMatchObject({ status: 2, stdout: '' });
  expect(ran.stderr).toMatch(/^tdaemon: [^\n]+\n$/);
  expect(ran.stderr).toContain(reason);
  expect(fs.existsSync(at.file('started'))).toBe(false);
  expect(fs.existsSync(pidfile)).toBe(false);
  expect(procfs.mentioning(`TDAEMON_TEST=${at.directory}`)).toEqual([]);
}

export interface Gate {
  /** Precedes a command: it is executed when the gate is opened. */
  before: string[];
  /** Waits until the daemon is at the gate, and lets it through. */
  open(): Promise<void>;
}

export function gate(at: Scratch): Gate {
  const fifo = at.file('gate');
  execFileSync('mkfifo', ['-m', '666', fifo]);
  return {
    before: ['sh', '-c', 'read -r line <"$0"; exec "$@"', fifo],
    open: () => fs.promises.writeFile(fifo, '\n'),
  };
}
