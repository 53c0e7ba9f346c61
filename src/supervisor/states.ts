/** The states of a program, with supervisord's names and numbers (supervisor/states.py documents them). */

export const STATES = {
  STOPPED: 0,
  STARTING: 10,
  RUNNING: 20,
  BACKOFF: 30,
  STOPPING: 40,
  EXITED: 100,
  FATAL: 200,
  UNKNOWN: 1000,
} as const;

export type State = keyof typeof STATES;

/** It can be started. */
export const STOPPED_STATES: ReadonlySet<State> = new Set(['STOPPED', 'EXITED', 'FATAL', 'UNKNOWN']);
/** It counts as started. */
export const RUNNING_STATES: ReadonlySet<State> = new Set(['RUNNING', 'BACKOFF', 'STARTING']);
/** There is a process. */
export const SIGNALLABLE_STATES: ReadonlySet<State> = new Set(['RUNNING', 'STARTING', 'STOPPING']);
