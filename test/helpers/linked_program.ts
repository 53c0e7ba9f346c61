/** What is in test/fixtures/linked, each linked in its own way: statically, with a library, or as one. */
import { execFileSync } from 'node:child_process';
import path from 'node:path';
import { ROOT } from './paths';
import type { Scratch } from './scratch';

export function buildLinked(at: Scratch, name: string, ...flags: string[]): string {
  const source = path.join(ROOT, 'test', 'fixtures', 'linked', `${name}.c`);
  const words = ['-O1', '-Wall', '-Wextra', '-Werror', '-o', at.file(name), source, ...flags];
  execFileSync('cc', words, { stdio: 'inherit' });
  return at.file(name);
}
