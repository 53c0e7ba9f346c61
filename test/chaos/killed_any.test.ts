/** Any or all processes of a start are killed at any moment, so that nobody may be left to clean up: the next start succeeds. */
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { size, TIMEOUT, tell } from '../helpers/chaos';
import { eventually } from '../helpers/eventually';
import { TDAEMON } from '../helpers/paths';
import * as pidfiles from '../helpers/pidfiles';
import * as procfs from '../helpers/procfs';
import { type Scratch, scratch } from '../helpers/scratch';

const ROUNDS = size(50, 500);

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It was faster.
  }
}

function isDaemon(pid: number): boolean {
  try {
    return String(procfs.commandLine(pid)[0]) === 'sleep';
  } catch {
    return false;
  }
}

/** The processes of this start that are neither dead nor the finished daemon. */
function working(at: Scratch): number[] {
  return procfs.mentioning(at.directory).filter((pid) => procfs.isAlive(pid) && !isDaemon(pid));
}

function begin(at: Scratch): void {
  spawn(TDAEMON, ['-p', at.file('pid'), '--', 'sleep', '1000'], {
    stdio: 'ignore',
    env: { ...process.env, TEST_DIRECTORY: at.directory },
  });
}

/** How long an undisturbed start takes here and now, so that the moments cover all of it. */
async function measure(): Promise<number> {
  const at = scratch();
  const begun = performance.now();
  await pidfiles.startWith(at, at.file('pid'));
  return performance.now() - begun;
}

async function expectNextStart(at: Scratch, daemons: readonly number[]): Promise<void> {
  expect(daemons.length).toBeLessThanOrEqual(1);
  const ran = await pidfiles.start(at, ['-p', at.file('pid')]);
  // A daemon without its pidfile would let a second one start beside it.
  expect(ran.status).toBe(daemons.length);
  const pid = pidfiles.readPid(at.file('pid'));
  if (daemons.length > 0) expect(daemons).toEqual([pid]);
  expect(procfs.mentioning(at.directory).filter(procfs.isAlive)).toEqual([pid]);
  expect(fs.readdirSync(at.directory)).toEqual(['pid']);
  await pidfiles.kill(pid);
  fs.rmSync(at.file('pid'));
}

it('SIGKILL to any or all processes of a start: the next start succeeds', TIMEOUT, async () => {
  const whole = await measure();
  const at = scratch();
  const seen = { rounds: ROUNDS, daemon: 0, nothing: 0 };
  for (let round = 0; round < ROUNDS; round++) {
    begin(at);
    await pause(whole * (0.3 + 0.7 * Math.random()));
    const found = working(at);
    // All of them, newest first; or one, who is missed by the others.
    if (round % 2) found.reverse().forEach(kill);
    else if (found.length > 0) kill(found[round % found.length] as number);
    await eventually('the rest of the start', () => working(at).length === 0);
    const daemons = procfs.mentioning(at.directory).filter(procfs.isAlive);
    if (daemons.length > 0) seen.daemon++;
    else seen.nothing++;
    await expectNextStart(at, daemons);
  }
  tell('kills of any or all processes', seen);
});
