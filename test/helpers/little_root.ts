/** A root directory that holds a few programs of this machine and the libraries that they need: for chroot(2). */
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import type { Scratch } from './scratch';

function copyInto(root: string, file: string): void {
  const target = path.join(root, file);
  fs.mkdirSync(path.dirname(target), { recursive: true });
  fs.copyFileSync(file, target);
}

export function littleRoot(at: Scratch, programs: readonly string[]): string {
  const root = at.file('root');
  for (const directory of ['dev', 'tmp', 'srv/inner', 'bin'])
    fs.mkdirSync(path.join(root, directory), { recursive: true });
  for (const program of programs) {
    const file = execFileSync('/bin/sh', ['-c', `command -v ${program}`], { encoding: 'utf8' }).trim();
    fs.copyFileSync(file, path.join(root, 'bin', path.basename(program)));
    // ldd(1): `name => /path (address)`, or the loader's path alone.
    for (const [, library] of execFileSync('ldd', [file], { encoding: 'utf8' }).matchAll(/(\/\S+) \(0x/g))
      if (library) copyInto(root, library);
  }
  return root;
}
