/** What every way of being ready has in common: one file per kind implements it. */
import { type FailureReason, TdaemonError } from '../errors';
import type { SpawnPlan } from '../native';
import type { LiveProcess } from '../process/live_process';
import type { OutputFile } from './output_file';

export interface Notes {
  /** Before it is made. */
  note(directory: string): void;
  /** It has been removed. */
  forget(directory: string): void;
}

/** A start that has not happened yet; or that somebody else has made, who is no more. */
export interface Start {
  /** Milliseconds after the epoch; absent: it has not happened yet. */
  readonly startedAt?: number;
  /** `prepare` may add to it. */
  readonly spawn: SpawnPlan;
  /** Of the daemon. */
  readonly uid: number;
  /** Milliseconds in which all conditions must come true. */
  readonly timeout: number;
  /** Certificates (PEM) that https trusts besides Node's own. */
  readonly certificates?: Buffer;
  /** Where what is made for it is written down, for who comes after us if we are killed. */
  readonly notes?: Notes;
  /** Numbers up to this one are given to the daemon by some condition. */
  readonly highestDescriptor: number;
  setVariable(name: string, value: string): void;
}

/** A daemon that executes, and what a condition may say of it. */
export interface Subject {
  readonly live: LiveProcess;
  /** Its process group and session. */
  readonly group: number;
  readonly spawn: SpawnPlan;
  readonly outputs: readonly OutputFile[];
  /** Something that the caller's user should know although it is no failure. */
  warn(message: string): void;
  /** What a helper printed, a line each. */
  show(line: string): void;
  /** The daemon says what it is doing. */
  status(text: string): void;
  /** At least so many milliseconds more. */
  extend(milliseconds: number): void;
  /** Another process is the daemon from now on. */
  becomes(pid: number): void;
}

export interface Condition {
  /** The SPEC that it was made of. */
  readonly text: string;
  /** Why it is not true yet, in a few words. */
  readonly state?: string | undefined;
  /** The line that made it true, as the daemon wrote it, without its end. */
  readonly line?: Buffer | undefined;
  /** The descriptor that is given to the daemon for this. */
  readonly descriptor?: number;
  /** It can be asked at any time, as often as one likes. Else the daemon says it once, to those who started it. */
  readonly asks?: true;
  /** Whether it follows what the daemon writes. */
  readonly readsOutputs?: boolean;
  /** Whether it can come true at all in this start; changes nothing. @throws TdaemonError (`invalid`) */
  check?(start: Start): void;
  /** Just before the start: makes what must exist by then. @throws TdaemonError */
  prepare?(start: Start): void;
  /**
   * Resolves when it is true. When the signal aborts it lets go of all that it holds, and need not settle.
   *
   * @throws TdaemonError when it can never become true
   */
  watch(subject: Subject, signal: AbortSignal): Promise<void>;
  /** Whatever `prepare` has made goes, also when there was no start; and what `watch` could not end at once has ended. */
  close?(): void | Promise<void>;
}

/** It can never become true. @param reason `ended`: the daemon is to blame; `setup`: the question */
export function hopeless(
  message: string,
  code: string,
  reason: FailureReason & ('ended' | 'setup') = 'ended',
): TdaemonError {
  return new TdaemonError(message, { reason, code });
}

/** Resolves by `settle`, or rejects; `release` runs in either case, and when the signal aborts. */
export function until<Result>(
  signal: AbortSignal,
  begin: (settle: (result: Result) => void, fail: (error: unknown) => void) => () => void,
): Promise<Result> {
  return new Promise((resolve, reject) => {
    let release: (() => void) | undefined;
    let over = false;
    const finish = (act: () => void) => {
      if (over) return;
      over = true;
      signal.removeEventListener('abort', abort);
      release?.();
      act();
    };
    const abort = () => finish(() => undefined);
    signal.addEventListener('abort', abort);
    release = begin(
      (result) => finish(() => resolve(result)),
      (error) => finish(() => reject(error)),
    );
    if (over) release();
    if (signal.aborted) abort();
  });
}
