/** Which files a command may mean, as execvp(3) finds them. */
import { type Bytes, concat, fromBuffer, includes, startsWith, toBuffer } from './bytes';
import { absoluteBytes } from './working_directory';

/** What execvp(3) searches when PATH is not set: confstr(3), _CS_PATH. */
const DEFAULT_PATH = '/bin:/usr/bin';

/**
 * @param path PATH of the daemon's environment; undefined: not set.
 * @param inNewRoot the daemon is chrooted: relative names mean the new root.
 */
export function candidates(command: Bytes, path: Bytes | undefined, inNewRoot: boolean): Bytes[] {
  const resolve = (file: Bytes): Bytes => {
    if (!inNewRoot) return absoluteBytes(file);
    return startsWith(file, '/') ? file : concat('/', file);
  };
  if (includes(command, '/')) return [resolve(command)];
  return split(path ?? DEFAULT_PATH).map((directory) => {
    const isEmpty = directory.length === 0;
    return resolve(isEmpty ? concat('./', command) : concat(directory, '/', command));
  });
}

function split(path: Bytes): Bytes[] {
  if (typeof path === 'string') return path.split(':');
  const text = toBuffer(path).toString('latin1');
  return text.split(':').map((part) => fromBuffer(Buffer.from(part, 'latin1')));
}
