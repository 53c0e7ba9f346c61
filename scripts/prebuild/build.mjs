// npm run prebuild:all: every binary that is shipped; with arguments, those whose file name contains one of them.
import { statSync } from 'node:fs';
import { compile } from './compile.mjs';
import { note } from './made_from.mjs';
import { TARGETS } from './targets.mjs';

const wanted = process.argv.slice(2);
const chosen = TARGETS.filter(
  ({ file }) => wanted.length === 0 || wanted.some((part) => file.includes(part)),
);
if (chosen.length === 0) throw new Error(`no such prebuilt binary: ${wanted.join(' ')}`);

for (const target of chosen) {
  try {
    await compile(target);
  } catch (error) {
    console.error(`prebuild: ${target.file}: ${error.stderr ?? error.message}`);
    process.exit(1);
  }
  note(target.file);
  console.log(`${target.file}: ${statSync(target.file).size} bytes`);
}
