/** Why a daemon did not become ready, in one line, with what it has written last. */
import { TdaemonError } from '../errors';
import type { Exit } from '../native';
import { signalName } from '../process/signals';
import type { OutputFile } from '../readiness/output_file';
import type { Outcome } from '../readiness/wait';

const LAST_LINES = 20;

export interface Circumstances {
  command: string;
  pid: number;
  /** Milliseconds. */
  timeout: number;
  exit: Exit | undefined;
  /** What it said of itself (sd_notify). */
  status: string | undefined;
  left: 'nothing' | 'kept' | 'unendable';
  outputs: readonly OutputFile[];
}

function afterwards({ left, pid }: Circumstances): string {
  if (left === 'kept') return `; process ${pid} goes on`;
  return left === 'unendable' ? `; process ${pid} cannot be ended` : '; it was stopped';
}

function howItEnded(exit: Exit | undefined): string {
  if (!exit) return '';
  if (exit.signal !== undefined) return `: killed by ${signalName(exit.signal)}`;
  const hint = exit.code === 0 ? ' (a program that puts itself into the background must be told not to)' : '';
  return `: exit status ${exit.code}${hint}`;
}

function sayingOf({ status }: Circumstances): string {
  return status === undefined ? '' : `; it says: ${status}`;
}

/** Of each output; the daemon's errors come last, where they are seen. */
function lastLines(outputs: readonly OutputFile[]): string[] {
  return outputs.flatMap((output) => output.lastLines(LAST_LINES)).slice(-LAST_LINES);
}

export function failedToBeReady(
  outcome: Exclude<Outcome, { kind: 'ready' }>,
  facts: Circumstances,
): TdaemonError {
  const { command, pid, exit } = facts;
  const common = {
    pid,
    output: lastLines(facts.outputs),
    ...(exit?.code !== undefined && { exitCode: exit.code }),
    ...(exit?.signal !== undefined && { signal: signalName(exit.signal) }),
  };
  switch (outcome.kind) {
    case 'ended':
      return new TdaemonError(`'${command}' ended before it was ready${howItEnded(exit)}${sayingOf(facts)}`, {
        ...common,
        reason: 'ended',
        code: 'ERR_TDAEMON_ENDED',
      });
    case 'late': {
      const missing = outcome.missing.map(({ text, state }) => (state ? `${text}: ${state}` : text));
      return new TdaemonError(
        `'${command}' was not ready in ${facts.timeout / 1000} s (${missing.join('; ')})${sayingOf(facts)}${afterwards(facts)}`,
        { ...common, reason: 'not-ready', code: 'ETIMEDOUT' },
      );
    }
    case 'interrupted':
      return new TdaemonError(`interrupted while waiting for '${command}'${afterwards(facts)}`, {
        ...common,
        output: [],
        reason: 'interrupted',
        code: 'ABORT_ERR',
      });
    case 'hopeless': {
      const { error } = outcome;
      const known = error instanceof TdaemonError ? error : undefined;
      const message = error instanceof Error ? error.message : String(error);
      return new TdaemonError(`'${command}' cannot become ready: ${message}${afterwards(facts)}`, {
        ...common,
        reason: known?.reason ?? 'setup',
        code: known?.code ?? 'ERR_TDAEMON_READINESS',
        cause: error,
      });
    }
  }
}
