/** Relative paths mean the caller's working directory, whatever the daemon's will be. */
import { readlinkSync } from 'node:fs';
import { TdaemonError } from '../errors';
import { type Bytes, concat, fromBuffer, startsWith, toText } from './bytes';

/** getcwd(3) as bytes. Throws where the directory has been removed. */
function currentDirectory(): Bytes {
  try {
    const here = process.cwd();
    return here.includes('\ufffd') ? fromBuffer(readlinkSync('/proc/self/cwd', 'buffer')) : here;
  } catch (cause) {
    throw new TdaemonError('cannot find the working directory; use absolute paths', {
      reason: 'setup',
      code: 'ENOENT',
      syscall: 'getcwd',
      cause,
    });
  }
}

/** `..` stays as it is: what it means depends on symbolic links, which only the kernel may resolve. */
export function absoluteBytes(path: Bytes): Bytes {
  if (startsWith(path, '/')) return path;
  const here = currentDirectory();
  const rest = startsWith(path, './') && typeof path === 'string' ? path.slice(2) : path;
  return toText(here) === '/' ? concat(here, rest) : concat(here, '/', rest);
}

export function absolutePath(path: string): string {
  const absolute = absoluteBytes(path);
  if (typeof absolute === 'string') return absolute;
  throw new TdaemonError(
    `cannot use '${path}': the working directory's name is not UTF-8; use an absolute path`,
    {
      reason: 'setup',
      code: 'EILSEQ',
      path,
    },
  );
}
