/** What the supervisor and its web page tell each other. Types alone: both sides are checked against them. */
import type { State } from '../../supervisor/states';

export type LogName = 'stdout' | 'stderr' | 'main';

/** One process, as the table shows it. */
export interface ProgramRow {
  /** `group:process`: unique. */
  key: string;
  group: string;
  name: string;
  kind: 'program' | 'fcgi-program' | 'eventlistener';
  state: State;
  /** Not empty: it is started when these are RUNNING. */
  waitingFor: readonly string[];
  /** 0: there is none. */
  pid: number;
  /** Of the one that is to take its place, or did so. */
  pidBeside: number;
  /** Milliseconds after the epoch; 0: never. */
  startedAt: number;
  stoppedAt: number;
  exitStatus: number | null;
  /** The last one; empty: none. */
  error: string;
  restarts: number;
  /** A rolling restart is possible. */
  rolls: boolean;
  logs: readonly ('stdout' | 'stderr')[];
  command: string;
}

/** What a process takes right now. `null`: it may not be seen; a limit of -1: none. */
export interface VitalsRow {
  key: string;
  /** In which it was measured. */
  pid: number;
  /** 1: all of one processor. */
  cpu: number | null;
  /** Bytes. */
  memory: number | null;
  openFiles: number | null;
  softLimit: number | null;
  hardLimit: number | null;
}

/** All that there is: the first event of a stream. */
export interface Hello {
  /** Goes with each action. */
  token: string;
  identifier: string;
  host: string;
  version: string;
  pid: number;
  configFile: string;
  supervisorState: string;
  /** Milliseconds after the epoch, by the supervisor's clock. */
  now: number;
  /** Without it there is nobody to act: [rpcinterface:supervisor]. */
  canAct: boolean;
  /** Of actions that have begun and are not over. */
  underWay: string[];
  /** Of actions, the last ones: a page may have been without a stream when they ended. */
  outcomes: Outcome[];
  programs: ProgramRow[];
  vitals: VitalsRow[];
}

export interface ProgramsChanged {
  changed: ProgramRow[];
  removed: string[];
}

export interface LogPart {
  log: LogName;
  text: string;
  /** What was there before is not part of it. */
  isFirst?: boolean;
  /** So many bytes came too fast to be shown. */
  skipped?: number;
  /** There is no such file (yet). */
  isMissing?: boolean;
}

export const ACTIONS = ['start', 'stop', 'restart', 'clear', 'rolling-restart', 'reread', 'update'] as const;
export type ActionName = (typeof ACTIONS)[number];

/** The body of a POST. */
export interface ActionRequest {
  token: string;
  /** Chosen by the page, which knows the outcome by it. */
  id: string;
  action: ActionName;
  /** `group:process`, `group:*`, `*` for all, `main` for the supervisor's own log. */
  target: string;
}

export interface Failure {
  name: string;
  message: string;
}

export interface Outcome {
  id: string;
  action: ActionName;
  target: string;
  /** How many it has worked for. */
  done: number;
  failures: Failure[];
  /** Failures beyond those. */
  more: number;
  /** Of reread and update: what differs. */
  changes?: { added: string[]; changed: string[]; removed: string[] };
}

/** The events of a stream, by name. */
export interface Events {
  hello: Hello;
  programs: ProgramsChanged;
  vitals: VitalsRow[];
  supervisor: { state: string };
  log: LogPart;
  outcome: Outcome;
  /** Nothing has happened, and the connection is there. */
  beat: { now: number };
}
