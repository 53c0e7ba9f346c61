// prebuilds/made_from.json: from which sources each binary was made, and what came out. So that nobody ships a binary of
// yesterday's sources, and everybody can make the same one again.
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = path.join(path.dirname(fileURLToPath(import.meta.url)), '..', '..');
export const FILE = 'prebuilds/made_from.json';

function filesBelow(folder) {
  return readdirSync(path.join(ROOT, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.join(entry.parentPath ?? entry.path, entry.name));
}

/** SHA-256 of all that the compiling reads of ours. */
export function sourcesNow() {
  const hash = createHash('sha256');
  for (const file of [
    path.join(ROOT, 'binding.gyp'),
    ...filesBelow('native'),
    ...filesBelow('scripts/prebuild'),
  ].sort())
    hash.update(`${path.relative(ROOT, file)}\0`).update(readFileSync(file));
  return hash.digest('hex');
}

export function contentOf(file) {
  return createHash('sha256').update(readFileSync(file)).digest('hex');
}

/** @returns {Record<string, { sources: string, content: string }>} */
export function notes() {
  return existsSync(FILE) ? JSON.parse(readFileSync(FILE, 'utf8')) : {};
}

export function note(file) {
  const sorted = Object.entries({
    ...notes(),
    [file]: { sources: sourcesNow(), content: contentOf(file) },
  }).sort();
  writeFileSync(FILE, `${JSON.stringify(Object.fromEntries(sorted), undefined, 2)}\n`);
}
