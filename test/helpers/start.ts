/** Starts a daemon that must start, and gives back its pid. */
import type { SpawnOptions } from 'node:child_process';
import { expect } from 'vitest';
import { asleep } from './asleep';
import type { Scratch } from './scratch';
import { type Ran, tdaemon } from './tdaemon';

export const SLEEPER = ['sleep', '1000'] as const;

/** What `--json` prints. */
export interface Told {
  ok: boolean;
  status: number;
  pid: number;
  pidfile?: string;
  stage?: string;
  code?: string;
  path?: string;
  message?: string;
}

export function told(ran: Ran): Told {
  return JSON.parse(ran.stdout) as Told;
}

/** The variable in a daemon's environment by which scratch() finds and ends it. */
export function mark(at: Scratch): string[] {
  return ['--env', `TDAEMON_TEST=${at.directory}`];
}

export async function start(
  at: Scratch,
  options: readonly string[] = [],
  command: readonly string[] = SLEEPER,
  spawning: SpawnOptions = {},
): Promise<number> {
  const ran = await tdaemon(['--json', ...mark(at), ...options, '--', ...command], spawning);
  expect(ran, `${ran.stdout}${ran.stderr}`).toMatchObject({ status: 0, stderr: '' });
  const { pid } = told(ran);
  return command === SLEEPER ? asleep(pid) : pid;
}

/** A start that must fail: `--json` tells how. */
export async function failedStart(
  at: Scratch,
  options: readonly string[],
  command: readonly string[] = SLEEPER,
  spawning: SpawnOptions = {},
): Promise<Told> {
  const ran = await tdaemon(['--json', ...mark(at), ...options, '--', ...command], spawning);
  const report = told(ran);
  expect(report).toMatchObject({ ok: false, status: ran.status });
  return report;
}
