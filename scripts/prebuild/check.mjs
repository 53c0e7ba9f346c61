// npm run prebuild:check, which npm pack runs too: refuses a package whose binaries are not all there, or not what
// targets.mjs says. With arguments: those whose file name contains one of them.
import { accessSync, constants, readdirSync, statSync } from 'node:fs';
import path from 'node:path';
import { wrongWithElf } from './elf.mjs';
import { loadsHere } from './load.mjs';
import { wrongWithMacho } from './macho.mjs';
import { contentOf, FILE, notes, sourcesNow } from './made_from.mjs';
import { TARGETS } from './targets.mjs';

function isExecutable(file) {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

const made = notes();

function* wrongWith(target) {
  const size = statSync(target.file, { throwIfNoEntry: false })?.size;
  if (size === undefined) return yield 'is missing: npm run prebuild:all';
  if (made[target.file]?.sources !== sourcesNow())
    yield 'is of other sources than these: npm run prebuild:all';
  if (made[target.file]?.content !== contentOf(target.file)) yield `is not the file of ${FILE}`;
  if (size > target.most) yield `has ${size} bytes, more than ${target.most}`;
  if (target.kind === 'keeper' && !isExecutable(target.file)) yield 'is not executable';
  yield* target.os === 'darwin' ? wrongWithMacho(target) : wrongWithElf(target);
  yield* loadsHere(target);
}

/** What would be shipped although nobody has asked for it. */
function* strangers() {
  for (const entry of readdirSync('prebuilds', { recursive: true, withFileTypes: true })) {
    const file = path.join(entry.parentPath ?? entry.path, entry.name);
    if (entry.isDirectory() || file === FILE) continue;
    if (!TARGETS.some((target) => target.file === file)) yield file;
  }
}

const wanted = process.argv.slice(2);
const chosen = TARGETS.filter(
  ({ file }) => wanted.length === 0 || wanted.some((part) => file.includes(part)),
);
let wrong = chosen.length === 0 ? ['no such prebuilt binary'] : [];
for (const target of chosen)
  wrong = [...wrong, ...[...wrongWith(target)].map((what) => `${target.file}: ${what}`)];
if (wanted.length === 0 && statSync('prebuilds', { throwIfNoEntry: false }))
  wrong = [...wrong, ...[...strangers()].map((file) => `${file}: is not on the list`)];

for (const line of wrong) console.error(`prebuild: ${line}`);
if (wrong.length > 0) process.exit(1);
console.log(`prebuild: ${chosen.length} binaries are as they must be`);
