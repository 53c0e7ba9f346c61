/** Names and words for errno(3). */
import { constants as osConstants } from 'node:os';
import { getSystemErrorMap } from 'node:util';

const WORDS: Record<string, string> = {
  E2BIG: 'argument list too long',
  EACCES: 'permission denied',
  EAGAIN: 'resource temporarily unavailable; perhaps too many processes (ulimit -u)',
  EDQUOT: 'disk quota exceeded',
  EINVAL: 'invalid argument',
  EISDIR: 'it is a directory',
  ELIBBAD: 'a needed shared library is damaged',
  ELOOP: 'it is a symbolic link, or leads through too many',
  EMLINK: 'it has more than one hard link',
  ENOENT: 'no such file or directory',
  ENOEXEC: 'not a format that the system executes; a script needs a #! line',
  ENOSPC: 'no space left on device',
  ENOTDIR: 'a part of the path is not a directory',
  ENXIO: 'nobody reads from it',
  ENOTSUP: 'operation not supported',
  EOPNOTSUPP: 'operation not supported',
  EPERM: 'operation not permitted',
  EROFS: 'read-only file system',
  ETXTBSY: 'the file is being written',
};

export function errnoName(errno: number): string {
  for (const [name, number] of Object.entries(osConstants.errno)) if (number === errno) return name;
  return `errno ${errno}`;
}

export function errnoWords(errno: number): string {
  const name = errnoName(errno);
  return WORDS[name] ?? getSystemErrorMap().get(-errno)?.[1] ?? name;
}
