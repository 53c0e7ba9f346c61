/** After a failure nothing may be left: no process, no file, no temporary file. */
import fs from 'node:fs';
import { expect } from 'vitest';
import * as procfs from './procfs';
import type { Scratch } from './scratch';

/** @param files what the test itself has put into the directory */
export function expectNothingLeft(at: Scratch, files: readonly string[] = []): void {
  expect(procfs.mentioning(at.directory)).toEqual([]);
  expect(fs.readdirSync(at.directory).sort()).toEqual([...files].sort());
}
