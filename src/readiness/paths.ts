/** Names of files in a SPEC: they are the caller's, or with a root directory of its own the daemon's. */
import { absolutePath } from '../process/working_directory';
import type { Start } from './condition';

export function inRoot({ spawn }: Start, path: string): string {
  if (spawn.chroot === undefined) return absolutePath(path);
  return `${spawn.chroot}/${path}`.replace(/\/{2,}/g, '/');
}
