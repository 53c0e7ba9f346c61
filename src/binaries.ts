/**
 * Where the compiled parts are: in this package, built here or shipped with it, and nowhere else; no environment variable and
 * no search changes that, for root runs this. Loads nothing itself.
 */
import { closeSync, existsSync, openSync, readSync } from 'node:fs';
import { join } from 'node:path';

const ROOT = join(__dirname, '..');
const PREBUILT = join(ROOT, 'prebuilds', `${process.platform}-${process.arch}`);

export const HOW_TO_BUILD = 'build it with "npm rebuild tdaemon" (needs a C++ compiler, make and python3)';

/** Beside what runs this. */
export function packaged(...parts: string[]): string {
  return join(ROOT, ...parts);
}

/** The first bytes of the program that runs this; where /proc is not mounted, of the file that was it. */
function beginOfNode(): string {
  for (const file of ['/proc/self/exe', process.execPath]) {
    try {
      const descriptor = openSync(file, 'r');
      const bytes = Buffer.alloc(4096);
      const length = readSync(descriptor, bytes);
      closeSync(descriptor);
      return bytes.toString('latin1', 0, length);
    } catch {
      // The other one, then.
    }
  }
  return '';
}

/** Which C library node runs on: its dynamic linker, which an ELF file names near its begin, is of the same. */
function libc(): 'musl' | 'glibc' {
  return beginOfNode().includes('/ld-musl-') ? 'musl' : 'glibc';
}

// In the order in which they are tried. Generators: node is only looked at where nothing was built here.
function* addonPlaces(): Generator<string> {
  yield join(ROOT, 'build', 'Release', 'tdaemon.node');
  yield join(PREBUILT, process.platform === 'linux' ? `tdaemon.${libc()}.node` : 'tdaemon.node');
}

function* keeperPlaces(): Generator<string> {
  yield join(ROOT, 'build', 'Release', 'tdaemon-keeper');
  // A static program, whatever the C library.
  yield join(PREBUILT, 'tdaemon-keeper');
}

export type Found = { file: string } | { file?: undefined; tried: string[] };

function firstOf(places: Iterable<string>): Found {
  const tried: string[] = [];
  for (const file of places) {
    if (existsSync(file)) return { file };
    tried.push(file);
  }
  return { tried };
}

export function findAddon(): Found {
  return firstOf(addonPlaces());
}

export function findKeeper(): Found {
  return firstOf(keeperPlaces());
}
