/** Starts test/fixtures/hold.c by the real command; what it was given is then read from /proc. */
import type { SpawnOptions } from 'node:child_process';
import fs from 'node:fs';
import { expect } from 'vitest';
import { asleep } from './asleep';
import { eventually } from './eventually';
import { fixture } from './paths';
import * as procfs from './procfs';
import { endLater, type Scratch } from './scratch';
import { type Ran, tdaemon } from './tdaemon';

export const HOLD = fixture('hold');

export interface Held {
  pid: number;
  arguments: Buffer[];
  /** Name to value, decoded one character a byte. */
  environment: Map<string, string>;
}

/** A name may begin with '=', as the kernel sees it. */
function parseEntry(entry: Buffer): [string, string] {
  const text = entry.toString('latin1');
  const at = text.indexOf('=', 1);
  return at === -1 ? [text, ''] : [text.slice(0, at), text.slice(at + 1)];
}

export async function held(pid: number): Promise<Held> {
  endLater(pid);
  // execve gives up the old program (which is what tdaemon waits for) a moment before /proc has the new arguments.
  await eventually(`arguments of ${pid}`, () => fs.readFileSync(`/proc/${pid}/cmdline`).length > 0);
  await asleep(pid);
  return {
    pid,
    arguments: procfs.commandLine(pid),
    environment: new Map(procfs.environment(pid).map(parseEntry)),
  };
}

/** The daemon of a run that had `--pidfile PIDFILE` and must have succeeded without a word. */
export async function heldBy(pidfile: string, ran: Ran): Promise<Held> {
  expect(ran).toEqual({ status: 0, signal: null, stdout: '', stderr: '' });
  return held(Number(fs.readFileSync(pidfile, 'utf8')));
}

/** @param options of tdaemon, without the pidfile */
export async function startHold(
  at: Scratch,
  options: readonly string[],
  args: readonly string[] = [],
  spawning: SpawnOptions = {},
): Promise<Held> {
  const pidfile = at.file('hold.pid');
  fs.rmSync(pidfile, { force: true });
  return heldBy(pidfile, await tdaemon(['-p', pidfile, ...options, '--', HOLD, ...args], spawning));
}
