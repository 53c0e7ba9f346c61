/** Where the configuration is looked for when nobody says. */
import { existsSync, lstatSync, realpathSync, type Stats, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { invalid } from '../errors';

export interface FindOptions {
  /** Of the executable of tdaemon. */
  programDirectory: string;
  /** Default: our own. */
  cwd?: string;
  /** Then a relative place counts only where nobody but root can have put the file. Default: whether we are root. */
  asRoot?: boolean;
}

export interface Found {
  /** Absolute. */
  file: string;
  /** Files that would have come first, and why they do not count. */
  refused: string[];
}

const RELATIVE = ['tdaemon.conf', 'supervisord.conf', 'etc/supervisord.conf'] as const;

/** In their order. */
export function searchPath(programDirectory: string): string[] {
  const [ours, ...theirs] = RELATIVE;
  return [
    ours,
    '/etc/tdaemon.conf',
    join(programDirectory, '..', 'etc/supervisord.conf'),
    join(programDirectory, '..', 'supervisord.conf'),
    ...theirs,
    '/etc/supervisord.conf',
    '/etc/supervisor/supervisord.conf',
  ];
}

/** @throws TdaemonError (`invalid`) if there is none */
export function findConfig(options: FindOptions): Found {
  const { file, refused } = lookForConfig(options);
  if (file !== undefined) return { file, refused };
  const places = searchPath(options.programDirectory).join(', ');
  throw invalid([`there is no configuration in ${places} (-c FILE names one)`, ...refused].join('; '));
}

/** The same, where it is no failure that there is none. */
export function lookForConfig(options: FindOptions): { file: string | undefined; refused: string[] } {
  const { programDirectory, cwd = process.cwd(), asRoot = process.geteuid?.() === 0 } = options;
  const refused: string[] = [];
  const places = searchPath(programDirectory);
  for (const place of places) {
    const file = resolve(cwd, place);
    if (!existsSync(file)) continue;
    const why = asRoot && isRelative(place) ? whyUnsafe(file) : undefined;
    if (why === undefined) return { file, refused };
    refused.push(`'${file}' is not used by root: ${why}`);
  }
  return { file: undefined, refused };
}

function isRelative(place: string): boolean {
  return (RELATIVE as readonly string[]).includes(place);
}

/** Who else could have put it there, or could replace it: looks at the file and at every directory above it. */
function whyUnsafe(file: string): string | undefined {
  try {
    const real = realpathSync(file);
    const link = lstatSync(file);
    if (link.uid !== 0) return `'${file}' belongs to user ${link.uid}`;
    return writableBy(real, statSync(real), false) ?? unsafeAbove(real) ?? unsafeAbove(resolve(file));
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

function unsafeAbove(path: string): string | undefined {
  for (let directory = dirname(path); ; directory = dirname(directory)) {
    const real = realpathSync(directory);
    const why = writableBy(real, statSync(real), directory !== dirname(path));
    if (why !== undefined || directory === '/') return why;
  }
}

/** @param sticky whether it is enough that others cannot remove what is not theirs */
function writableBy(path: string, { uid, mode }: Stats, sticky: boolean): string | undefined {
  if (uid !== 0) return `'${path}' belongs to user ${uid}`;
  if ((mode & 0o022) === 0 || (sticky && (mode & 0o1000) !== 0)) return undefined;
  return `others may write to '${path}'`;
}
