/** A tmpfs of a test's own, so small that it can be filled. */
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { onTestFinished } from 'vitest';
import type { Scratch } from './scratch';

/** Whether this run may mount anything: containers often may not. */
export const mayMount: boolean = spawnSync('unshare', ['--mount', 'true']).status === 0;

/** @param options of tmpfs(5), such as `size=4k` */
export function smallDisk(at: Scratch, options: string): string {
  const directory = at.file('small');
  fs.mkdirSync(directory);
  const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', options, 'tmpfs', directory], {
    encoding: 'utf8',
  });
  if (mounted.status !== 0) throw new Error(mounted.stderr);
  onTestFinished(() => {
    spawnSync('umount', ['-l', directory]);
  });
  return directory;
}

/** Writes until there is no block left. Returns the file's name. */
export function fill(directory: string): string {
  const file = fs.openSync(path.join(directory, 'filler'), 'w');
  try {
    for (;;) fs.writeSync(file, Buffer.alloc(4096));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
  } finally {
    fs.closeSync(file);
  }
  return 'filler';
}
