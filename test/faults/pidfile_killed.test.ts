/** Processes of a start are killed at any moment: a daemon with its pidfile is there, or nothing is. */
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { eventually } from '../helpers/eventually';
import { TDAEMON } from '../helpers/paths';
import * as pidfiles from '../helpers/pidfiles';
import * as procfs from '../helpers/procfs';
import { type Scratch, scratch } from '../helpers/scratch';

const ROUNDS = 100;

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

function begin(at: Scratch): number {
  const child = spawn(TDAEMON, ['-p', at.file('pid'), '--', 'sleep', '1000'], {
    stdio: 'ignore',
    env: { ...process.env, TEST_DIRECTORY: at.directory },
  });
  if (child.pid === undefined) throw new Error('cannot start tdaemon');
  return child.pid;
}

/** How long an undisturbed start takes here and now, so that the moments cover all of it. */
async function measure(): Promise<number> {
  const at = scratch();
  const begun = performance.now();
  await pidfiles.startWith(at, at.file('pid'));
  return performance.now() - begun;
}

describe('SIGKILL', () => {
  it(`to tdaemon at ${ROUNDS} moments: a daemon with a locked pidfile that names it, or nothing`, {
    timeout: 300_000,
  }, async () => {
    const whole = await measure();
    const outcomes = { daemon: 0, nothing: 0 };
    for (let round = 0; round < ROUNDS; round++) {
      const at = scratch();
      const tdaemon = begin(at);
      // The second half of the time is where something can go wrong: node has loaded by then.
      await pause(whole * (0.3 + (0.9 * round) / ROUNDS));
      kill(tdaemon);
      await eventually('the rest of the start', () => working(at).length === 0);
      const daemons = procfs.mentioning(at.directory).filter(procfs.isAlive);
      if (daemons.length > 0) {
        outcomes.daemon++;
        const pid = pidfiles.readPid(at.file('pid'));
        expect(daemons).toEqual([pid]);
        expect(procfs.locksOn(at.file('pid'))).toMatchObject([{ kind: 'POSIX', access: 'READ', pid }]);
        expect(fs.readdirSync(at.directory)).toEqual(['pid']);
        await pidfiles.kill(pid);
      } else {
        outcomes.nothing++;
        expect(fs.readdirSync(at.directory)).toEqual([]);
      }
    }
    // Where the moments fell is the machine's affair, but all were accounted for.
    expect(outcomes.daemon + outcomes.nothing).toBe(ROUNDS);
  });

  it('to any or all processes of a start: the next start succeeds', { timeout: 300_000 }, async () => {
    const whole = await measure();
    for (let round = 0; round < ROUNDS / 2; round++) {
      const at = scratch();
      begin(at);
      await pause(whole * (0.3 + (1.4 * round) / ROUNDS));
      const found = working(at);
      // All of them, newest first, so that nobody is left to clean up; or one, who is missed by the others.
      if (round % 2) found.reverse().forEach(kill);
      else if (found.length > 0) kill(found[round % found.length] as number);
      await eventually('the rest of the start', () => working(at).length === 0);
      const daemons = procfs.mentioning(at.directory).filter(procfs.isAlive);
      expect(daemons.length).toBeLessThanOrEqual(1);
      const ran = await pidfiles.start(at, ['-p', at.file('pid')]);
      // A daemon without its pidfile would let a second one start beside it.
      expect(ran.status).toBe(daemons.length);
      const pid = pidfiles.readPid(at.file('pid'));
      if (daemons.length > 0) expect(daemons).toEqual([pid]);
      expect(procfs.mentioning(at.directory).filter(procfs.isAlive)).toEqual([pid]);
      expect(fs.readdirSync(at.directory)).toEqual(['pid']);
    }
  });
});
