/** A program in TypeScript that uses src/ and the add-on, as a process of its own: one that may crash. */
import fs from 'node:fs';
import path from 'node:path';
import { buildSync } from 'esbuild';
import { ROOT } from './paths';
import type { Scratch } from './scratch';

/** @param source below test/fixtures @returns what node can run */
export function bundle(at: Scratch, source: string): string {
  // src/native.ts looks for the add-on beside the directory that it is in.
  const outfile = at.file(`bundled/${path.basename(source, '.ts')}.cjs`);
  buildSync({
    entryPoints: [path.join(ROOT, 'test', 'fixtures', source)],
    outfile,
    bundle: true,
    platform: 'node',
    target: 'node20',
    format: 'cjs',
    logLevel: 'warning',
  });
  for (const folder of ['build', 'prebuilds'])
    if (fs.existsSync(path.join(ROOT, folder))) fs.symlinkSync(path.join(ROOT, folder), at.file(folder));
  return outfile;
}
