/** Runs tdaemon under a subreaper of the test's own, so that whatever it leaves behind is seen at once. */
import type { SpawnOptions } from 'node:child_process';
import fs from 'node:fs';
import { expect } from 'vitest';
import { fixture, TDAEMON } from './paths';
import { mentioning } from './procfs';
import type { Scratch } from './scratch';
import { mark, SLEEPER, type Told, told } from './start';
import { run } from './tdaemon';

export interface Fault {
  /** What runs tdaemon: `strace` and its options, a shell's `-c` …; default tdaemon itself. */
  under?: readonly string[];
  /** Instead of tdaemon. */
  program?: readonly string[];
  options?: readonly string[];
  /** Default: one in a directory where nothing else is. */
  pidfile?: string;
  command?: readonly string[];
  spawning?: SpawnOptions;
  /** `zombie`: an orphan has been ended, which is for init to reap. Default `none`. */
  left?: 'none' | 'zombie';
}

/** A directory for the pidfile, and for nothing else. */
export function emptyDirectory(at: Scratch): string {
  const directory = at.file('run');
  fs.mkdirSync(directory, { recursive: true });
  return directory;
}

/**
 * A start that fails, with a pidfile in a directory of its own. Expects that no process is left, alive or dead,
 * and no file.
 */
export async function expectCleanFailure(at: Scratch, fault: Fault): Promise<Told> {
  const {
    under = [],
    program = [TDAEMON],
    options = [],
    command = SLEEPER,
    spawning = {},
    left = 'none',
  } = fault;
  const directory = emptyDirectory(at);
  const { pidfile = `${directory}/pid` } = fault;
  const report = at.file('left');
  const ran = await run(
    fixture('subreaper'),
    [report, ...under, ...program, '--json', ...mark(at), '--pidfile', pidfile, ...options, '--', ...command],
    spawning,
  );
  const failure = told(ran);
  expect(failure).toMatchObject({ ok: false, status: ran.status });
  expect(fs.readFileSync(report, 'utf8')).toBe(left);
  expect(mentioning(at.directory)).toEqual([]);
  expect(fs.readdirSync(directory)).toEqual([]);
  return failure;
}

/** strace with faults, and its log in the scratch directory. */
export function strace(at: Scratch, ...options: string[]): string[] {
  return ['strace', '-f', '-qq', '-o', at.file('strace.log'), ...options];
}

/** System calls that fail: the rules are those of test/fixtures/deny.c. */
export function deny(...rules: string[]): string[] {
  return [fixture('deny'), ...rules, '--'];
}
