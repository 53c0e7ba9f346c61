/** Where things are in the checkout. */
import path from 'node:path';

export const ROOT = path.join(__dirname, '..', '..');
export const TDAEMON = path.join(ROOT, 'bin', 'tdaemon');

/** A program built from test/fixtures/NAME.c. */
export function fixture(name: string): string {
  return path.join(ROOT, 'build', 'fixtures', name);
}
