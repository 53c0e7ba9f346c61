/** The one error class of tdaemon. */
import type { Stage } from './native';

/**
 * What kind of failure it was:
 * - `invalid`: an option has a wrong value; nothing was tried
 * - `already-running`: the pidfile names a live daemon, or the lock file is held
 * - `not-found`: the command does not exist
 * - `not-executable`: it exists and cannot be executed
 * - `not-running`: there is no daemon to signal
 * - `still-running`: it is there after the whole stop schedule
 * - `ended`: the daemon ended before it was ready, or said that it never will be
 * - `not-ready`: it was not ready in time
 * - `interrupted`: the caller did not want to wait any longer
 * - `setup`: anything else that could not be done
 */
export type FailureReason =
  | 'invalid'
  | 'already-running'
  | 'not-found'
  | 'not-executable'
  | 'not-running'
  | 'still-running'
  | 'ended'
  | 'not-ready'
  | 'interrupted'
  | 'setup';

/** Every failure of tdaemon. `message` is one line: what failed, on what, why. */
export class TdaemonError extends Error {
  /** Always `TdaemonError`. */
  override readonly name = 'TdaemonError';
  /** What kind of failure it was. */
  readonly reason: FailureReason;
  /** Name of the system's error (`ENOENT`, see errno(3)), or `ERR_TDAEMON_…` where no system call failed. */
  readonly code: string;
  /** The step that failed. */
  readonly stage?: Stage;
  /** errno(3) as a positive number. */
  readonly errno?: number;
  /** The system call that failed. */
  readonly syscall?: string;
  /** The file that it was about. */
  readonly path?: string;
  /** The process that is already running, or was not ready. */
  readonly pid?: number;
  /** Of a daemon that did not become ready: the last lines that it wrote to its log files. */
  readonly output?: string[];
  /** Of one that has ended by itself. */
  readonly exitCode?: number;
  /** That ended it, by name. */
  readonly signal?: string;

  constructor(message: string, facts: ErrorFacts) {
    super(message, facts.cause === undefined ? undefined : { cause: facts.cause });
    this.reason = facts.reason;
    this.code = facts.code;
    if (facts.stage !== undefined) this.stage = facts.stage;
    if (facts.errno !== undefined) this.errno = facts.errno;
    if (facts.syscall !== undefined) this.syscall = facts.syscall;
    if (facts.path !== undefined) this.path = facts.path;
    if (facts.pid !== undefined) this.pid = facts.pid;
    if (facts.output !== undefined) this.output = facts.output;
    if (facts.exitCode !== undefined) this.exitCode = facts.exitCode;
    if (facts.signal !== undefined) this.signal = facts.signal;
  }
}

/** All that there is to know of a failure but its message. */
export type ErrorFacts = Omit<TdaemonError, keyof Error> & { cause?: unknown };

/** An option whose value cannot be meant. */
export function invalid(message: string): TdaemonError {
  return new TdaemonError(message, { reason: 'invalid', code: 'ERR_TDAEMON_INVALID' });
}
