/** The keeper's program, or why there is none. */
import { findKeeper, HOW_TO_BUILD } from '../binaries';
import { TdaemonError } from '../errors';

/** @throws TdaemonError (`setup`) */
export function keeperProgram(): string {
  const found = findKeeper();
  if (found.file !== undefined) return found.file;
  const [built = ''] = found.tried;
  // It waits for, and asks, what only this kernel has: pidfds, signalfd, epoll, /proc.
  const why =
    process.platform === 'linux'
      ? `there is no ${found.tried.join(' and no ')}; ${HOW_TO_BUILD}`
      : 'that needs Linux; start, stop and the other commands do not';
  throw new TdaemonError(`cannot supervise: ${why}`, { reason: 'setup', code: 'ENOENT', path: built });
}
