/**
 * That all is being stopped, and what for: the next supervisor goes on with it, should this one be killed meanwhile. Of signals that end
 * all the keeper would remind it; of HUP and of what clients ask for nobody would.
 */
import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';

export interface BegunEnd {
  how: 'SHUTDOWN' | 'RESTARTING';
  /** Of the keeper. */
  status: number;
}

const fileIn = (runtimeDirectory: string) => path.join(runtimeDirectory, 'ending');

export function writeBegunEnd(runtimeDirectory: string, end: BegunEnd): void {
  const file = fileIn(runtimeDirectory);
  writeFileSync(`${file}.new`, JSON.stringify(end), { mode: 0o600 });
  renameSync(`${file}.new`, file);
}

/** It is over, or is not to go on. */
export function forgetBegunEnd(runtimeDirectory: string): void {
  rmSync(fileIn(runtimeDirectory), { force: true });
}

/** Undefined: none has begun. */
export function readBegunEnd(runtimeDirectory: string): BegunEnd | undefined {
  try {
    return JSON.parse(readFileSync(fileIn(runtimeDirectory), 'utf8')) as BegunEnd;
  } catch {
    return undefined;
  }
}
