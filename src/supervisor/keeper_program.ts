/** Where the keeper is: in this package, and nowhere else. */
import { existsSync } from 'node:fs';
import path from 'node:path';
import { TdaemonError } from '../errors';

/** Beside what runs this. */
export function packaged(...parts: string[]): string {
  return path.join(__dirname, '..', ...parts);
}

/** @throws TdaemonError (`setup`) */
export function keeperProgram(): string {
  const file = packaged('build', 'Release', 'tdaemon-keeper');
  if (existsSync(file)) return file;
  throw new TdaemonError(`cannot supervise: '${file}' is missing; build it with "npm rebuild tdaemon"`, {
    reason: 'setup',
    code: 'ENOENT',
    path: file,
  });
}
