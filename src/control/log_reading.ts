/** Pieces of log files, as clients ask for them. */
import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { Fault } from './faults';

const { O_RDONLY, O_NONBLOCK, O_NOCTTY } = constants;
/** At once: a log may be larger than the memory. */
export const MOST_BYTES = 16 * 1024 * 1024;

/** Undefined: there is nothing of that name. Whatever is no regular file is not read: it would never end. */
export async function openLog(path: string): Promise<{ file: FileHandle; size: number } | undefined> {
  let file: FileHandle;
  try {
    file = await open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    throw new Fault('FAILED');
  }
  const found = await file.stat().catch(() => undefined);
  if (found?.isFile()) return { file, size: found.size };
  await file.close();
  throw new Fault('FAILED');
}

/** Invalid UTF-8 becomes U+FFFD. */
async function textOf(file: FileHandle, from: number, length: number): Promise<string> {
  const bytes = Buffer.allocUnsafe(Math.max(0, Math.min(length, MOST_BYTES)));
  let size = 0;
  while (size < bytes.length) {
    const { bytesRead } = await file.read(bytes, size, bytes.length - size, from + size);
    if (bytesRead === 0) break;
    size += bytesRead;
  }
  return bytes.toString('utf8', 0, size);
}

async function reading<Result>(
  path: string | undefined,
  missing: () => Result,
  read: (file: FileHandle, size: number) => Promise<Result>,
): Promise<Result> {
  const opened = path === undefined ? undefined : await openLog(path);
  if (!opened) return missing();
  try {
    return await read(opened.file, opened.size);
  } catch (error) {
    throw error instanceof Fault ? error : new Fault('FAILED');
  } finally {
    await opened.file.close().catch(() => undefined);
  }
}

/**
 * A negative offset counts from the end, without a length; a length of 0 means all.
 *
 * @throws Fault (NO_FILE, FAILED, BAD_ARGUMENTS)
 */
export function readLog(path: string | undefined, offset: number, length: number): Promise<string> {
  const missing = () => {
    throw new Fault('NO_FILE', path);
  };
  return reading(path, missing, (file, size) => {
    if (offset < 0 ? length !== 0 : length < 0) throw new Fault('BAD_ARGUMENTS');
    if (offset < 0) {
      const most = Math.min(-offset, size, MOST_BYTES);
      return textOf(file, size - most, most);
    }
    const rest = Math.max(0, size - offset);
    return textOf(file, offset, length === 0 ? rest : Math.min(length, rest));
  });
}

/**
 * At most `length` bytes from `offset`, or the last ones if there are more; then the size of the file, and whether there were.
 */
export async function tailLog(
  path: string | undefined,
  offset: number,
  length: number,
): Promise<[string, number, boolean]> {
  try {
    return await reading<[string, number, boolean]>(
      path,
      () => ['', 0, false],
      async (file, size) => {
        const overflow = size > offset + length;
        let from = overflow ? size - 1 : offset;
        let most = length;
        if (from + most > size) {
          if (from > size - 1) most = 0;
          from = size - most;
        }
        return [await textOf(file, Math.max(0, from), most), size, overflow];
      },
    );
  } catch {
    return ['', offset, false];
  }
}
