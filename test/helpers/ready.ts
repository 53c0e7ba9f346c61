/** Starts that wait until the daemon is ready, and what must be so when they fail. */
import { type SpawnOptions, spawn } from 'node:child_process';
import fs from 'node:fs';
import { expect } from 'vitest';
import { TDAEMON } from './paths';
import { isAlive, mentioning } from './procfs';
import { type Scratch, scratch } from './scratch';
import { mark } from './start';
import type { Ran } from './tdaemon';

export interface Waiting {
  /** Of tdaemon. */
  pid: number;
  done: Promise<Ran>;
}

/** The pidfile is `pid`; what is printed comes back one character a byte. */
export function begin(
  at: Scratch,
  specs: string | readonly string[],
  options: readonly string[],
  command: readonly string[],
  spawning: SpawnOptions = {},
): Waiting {
  const ready = [specs].flat().flatMap((spec) => ['--ready', spec]);
  const words = [...ready, '--pidfile', at.file('pid'), ...mark(at), ...options, '--', ...command];
  const child = spawn(TDAEMON, words, { stdio: ['ignore', 'pipe', 'pipe'], ...spawning });
  const output = { stdout: '', stderr: '' };
  child.stdout?.setEncoding('latin1').on('data', (text: string) => (output.stdout += text));
  child.stderr?.setEncoding('latin1').on('data', (text: string) => (output.stderr += text));
  const done = new Promise<Ran>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (status, signal) => resolve({ status, signal, ...output }));
  });
  return { pid: child.pid as number, done };
}

export function awaitReady(...words: Parameters<typeof begin>): Promise<Ran> {
  return begin(...words).done;
}

/** A start with a log at `log`, by a line of sh that then becomes a sleeper. */
export function awaitLine(at: Scratch, regex: string, script: string, options: readonly string[] = []) {
  const log = ['--log', at.file('log'), '--chdir', at.directory];
  return awaitReady(at, `line:${regex}`, [...log, ...options], ['sh', '-c', `${script}; exec sleep 1000`]);
}

/** It printed the line and nothing else, and the daemon lives. */
export function expectReady(at: Scratch, ran: Ran, stdout = ''): number {
  expect(ran).toEqual({ status: 0, signal: null, stdout, stderr: '' });
  const pid = Number(fs.readFileSync(at.file('pid'), 'latin1'));
  expect(isAlive(pid)).toBe(true);
  return pid;
}

/** It says why, and neither process nor pidfile is left. */
export function expectStopped(at: Scratch, ran: Ran, status: number, ...reasons: (string | RegExp)[]): void {
  expect(ran).toMatchObject({ status, signal: null, stdout: '' });
  for (const reason of reasons) expect(ran.stderr).toMatch(reason);
  expect(mentioning(at.directory)).toEqual([]);
  expect(fs.existsSync(at.file('pid'))).toBe(false);
}

/** A usage error, before anything has happened. */
export async function expectUsageError(spec: string | readonly string[], options: readonly string[]) {
  const at = scratch();
  const ran = await awaitReady(at, spec, options, ['touch', at.file('started')]);
  expect(ran).toMatchObject({ status: 2, stdout: '' });
  expect(fs.readdirSync(at.directory)).toEqual([]);
  return ran.stderr;
}
