/** Exit statuses of start, stop and signal: as timeout(1), env(1) and nohup(1) where they have one. */
import { type FailureReason, TdaemonError } from '../errors';

export const EXIT = {
  ok: 0,
  alreadyRunning: 1,
  /** stop, signal: there was nothing to do. */
  notRunning: 1,
  usage: 2,
  stillRunning: 124,
  endedFirst: 123,
  notReady: 124,
  interrupted: 130,
  setup: 125,
  notExecutable: 126,
  notFound: 127,
} as const;

const BY_REASON: Record<FailureReason, number> = {
  'already-running': EXIT.alreadyRunning,
  'not-running': EXIT.notRunning,
  'still-running': EXIT.stillRunning,
  ended: EXIT.endedFirst,
  'not-ready': EXIT.notReady,
  interrupted: EXIT.interrupted,
  invalid: EXIT.usage,
  setup: EXIT.setup,
  'not-executable': EXIT.notExecutable,
  'not-found': EXIT.notFound,
};

export function exitStatus(error: unknown): number {
  return error instanceof TdaemonError ? BY_REASON[error.reason] : EXIT.setup;
}
