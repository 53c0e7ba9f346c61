/** What each subcommand's exit statuses mean, for the help and the manual. The numbers themselves: exit_status.ts. */
import type { Command } from './option_table';

export type Statuses = readonly (readonly [number, string])[];

const NOT_RUNNING = 'was not running (--oknodo: 0)';

const START: Statuses = [
  [0, 'running, and ready where asked for'],
  [1, 'already running (--oknodo: 0)'],
  [2, 'wrong usage'],
  [123, 'ended before it was ready'],
  [124, 'not ready in time'],
  [125, 'could not be set up'],
  [126, 'COMMAND cannot be executed'],
  [127, 'COMMAND was not found'],
  [130, 'interrupted'],
];

const SIGNAL: Statuses = [
  [0, 'sent'],
  [1, 'not running'],
  [2, 'wrong usage'],
  [125, 'could not be done'],
];

const RESTART: Record<number, string> = {
  1: 'running again: somebody else was faster',
  124: 'not ready in time, or the old one is still there after the schedule',
};

export const STATUSES: Record<Command, Statuses> = {
  start: START,
  stop: [
    [0, 'stopped'],
    [1, NOT_RUNNING],
    [2, 'wrong usage'],
    [124, 'still there after the schedule'],
    [125, 'could not be done'],
  ],
  restart: START.map(([status, meaning]) => [status, RESTART[status] ?? meaning]),
  reload: SIGNAL,
  signal: SIGNAL,
  status: [
    [0, 'running'],
    [1, 'dead, its pidfile is there'],
    [3, 'not running'],
    [4, 'unknown: unreadable, or wrong usage'],
  ],
  supervise: [
    [0, 'it answers; in the foreground: it was shut down'],
    [1, 'in the foreground, with exit_on_fatal: a program went FATAL'],
    [2, 'it could not begin'],
    [130, 'interrupted before it answered'],
  ],
  ctl: [
    [0, 'done'],
    [1, 'refused, a wrong password, or an unknown action'],
    [2, 'wrong usage'],
    [3, 'status: not all run; else: no [rpcinterface:supervisor], or no tdaemon where one is needed'],
    [4, 'status: unknown name or no answer; else: connection refused'],
    [5, 'another version of the API'],
    [7, 'no socket, or a process that is not running or did not come up'],
  ],
  completion: [
    [0, 'printed'],
    [2, 'wrong usage'],
  ],
};
