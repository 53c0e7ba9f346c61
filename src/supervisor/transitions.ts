/**
 * The life of a program: in which state, what happens, leads where, and what is to be done then. A table, and nothing but:
 * process.ts does what it says.
 *
 * What is not in the table does not concern the state, and changes nothing.
 */
import type { State } from './states';

export type ProcessEvent =
  /** Somebody wants it up: a client, autostart, autorestart. */
  | 'start'
  /** The kernel executes it. */
  | 'spawned'
  /** It could not be executed, or nothing that it needs will come. */
  | 'spawn-failed'
  /** It has lived for `startsecs`, and is ready if that was asked for. */
  | 'up'
  /** It did not become ready in time. */
  | 'not-ready'
  /** It has ended before it was up. */
  | 'ended-early'
  /** It has ended after it was up. */
  | 'ended'
  /** It ended after it was up, and is to be started again, but not at once. */
  | 'hold-back'
  /** The pause before the next try is over. */
  | 'retry'
  /** `startretries` are used up. */
  | 'give-up'
  /** A program that it depends on is FATAL. */
  | 'dependency-fatal'
  /** Somebody wants it down. */
  | 'stop'
  /** `stopwaitsecs` are over. */
  | 'stop-overdue';

export type Action =
  | 'spawn'
  /** Wait for `startsecs` and readiness. */
  | 'watch-start'
  | 'send-stop-signal'
  | 'kill'
  /** Wait before the next try, or give up. */
  | 'back-off'
  /** Decide by `autorestart` whether to start again. */
  | 'consider-restart'
  | 'none';

export interface Transition {
  to: State;
  action: Action;
}

const go = (to: State, action: Action = 'none'): Transition => ({ to, action });

export const TRANSITIONS: Readonly<Record<State, Readonly<Partial<Record<ProcessEvent, Transition>>>>> = {
  STOPPED: {
    start: go('STARTING', 'spawn'),
    'dependency-fatal': go('FATAL'),
  },
  STARTING: {
    spawned: go('STARTING', 'watch-start'),
    'spawn-failed': go('BACKOFF', 'back-off'),
    up: go('RUNNING'),
    'not-ready': go('STARTING', 'send-stop-signal'),
    'ended-early': go('BACKOFF', 'back-off'),
    stop: go('STOPPING', 'send-stop-signal'),
    'stop-overdue': go('STARTING', 'kill'),
  },
  RUNNING: {
    ended: go('EXITED', 'consider-restart'),
    stop: go('STOPPING', 'send-stop-signal'),
  },
  BACKOFF: {
    retry: go('STARTING', 'spawn'),
    'give-up': go('FATAL'),
    stop: go('STOPPED'),
  },
  STOPPING: {
    'ended-early': go('STOPPED'),
    ended: go('STOPPED'),
    'stop-overdue': go('STOPPING', 'kill'),
  },
  EXITED: {
    start: go('STARTING', 'spawn'),
    'hold-back': go('BACKOFF'),
    'dependency-fatal': go('FATAL'),
  },
  FATAL: {
    start: go('STARTING', 'spawn'),
  },
  UNKNOWN: {
    start: go('STARTING', 'spawn'),
  },
};

/** Undefined: in this state the event means nothing. */
export function transition(state: State, event: ProcessEvent): Transition | undefined {
  return TRANSITIONS[state][event];
}
