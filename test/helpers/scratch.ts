/**
 * A directory of its own for each test. At the end of the test every process that still mentions it, or works in it, is
 * ended, by pid: the name is unique, so it is ours.
 */
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { onTestFinished } from 'vitest';
import { eventually } from './eventually';
import { isAlive, mentioning, stat, workingIn } from './procfs';

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended by itself.
  }
}

export interface Scratch {
  directory: string;
  /** The path of a file in it. */
  file(name: string): string;
  /** Writes a file, executable where it begins with #!, and returns its path. */
  write(name: string, content: string | Uint8Array): string;
}

/** @param parent default: the system's temporary directory */
export function scratch(parent = os.tmpdir()): Scratch {
  const directory = fs.mkdtempSync(path.join(parent, 'tdaemon-test-'));
  // Other users' daemons work in it.
  fs.chmodSync(directory, 0o755);
  onTestFinished(async () => {
    const left = [...mentioning(directory), ...workingIn(directory)];
    left.forEach(kill);
    for (const pid of left) await eventually(`the end of ${pid}`, () => !isAlive(pid));
    fs.rmSync(directory, { recursive: true, force: true });
  });
  const file = (name: string) => path.join(directory, name);
  return {
    directory,
    file,
    write(name, content) {
      fs.writeFileSync(file(name), content);
      if (typeof content === 'string' && content.startsWith('#!')) fs.chmodSync(file(name), 0o755);
      return file(name);
    },
  };
}

/** End a process that does not mention the scratch directory, when the test ends: this one, not a later one of its pid. */
export function endLater(pid: number): number {
  const started = stat(pid)?.startTime;
  onTestFinished(() => {
    if (pid > 1 && started !== undefined && stat(pid)?.startTime === started) kill(pid);
  });
  return pid;
}
