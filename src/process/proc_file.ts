/** Files of proc(5) about one process, as text. */
import { readFileSync } from 'node:fs';

/** @returns '' where it may not be read: the process may be another user's, or gone */
export function readProcFile(pid: number, name: string, encoding: 'latin1' | 'utf8' = 'latin1'): string {
  try {
    return readFileSync(`/proc/${pid}/${name}`, encoding);
  } catch {
    return '';
  }
}
