/** What is told of each program: as it stands at the moment that somebody asks, nothing is collected before. */
import { type Vitals, vitalsOf } from '../../process/vitals';
import { EXIT_REASONS, type ExitCounts } from '../../supervisor/exit_counts';
import { STATES, type State } from '../../supervisor/states';
import type { SupervisedProcess } from '../../supervisor/supervised_process';
import { type Family, labelsOf, type Sample } from './exposition';

export interface ProgramFacts {
  labels: string;
  state: State;
  restarts: number;
  exits: ExitCounts;
  /** Of the process that there is; undefined: there is none. */
  running: { startedAt: number; vitals: Vitals } | undefined;
  /** Bytes that it and those before it have written, by channel. */
  logBytes: { channel: string; bytes: number }[];
}

/** @param logBytes by the ids of channels */
export function factsOf(process: SupervisedProcess, logBytes: ReadonlyMap<string, number>): ProgramFacts {
  const { group, name, state, restarts, exits, startedAt, pid, channels } = process;
  return {
    labels: labelsOf({ group, name }),
    state,
    restarts,
    exits: { ...exits },
    running: pid === 0 ? undefined : { startedAt, vitals: vitalsOf(pid) },
    logBytes: (['stdout', 'stderr'] as const).flatMap((channel) => {
      const bytes = logBytes.get(channels.id(channel));
      return bytes === undefined ? [] : [{ channel, bytes }];
    }),
  };
}

const MAIN_ONLY = 'of its main process only, not of those that it has started';

/** Undefined: not known, or not there. */
type Read = (facts: ProgramFacts) => number | undefined | Sample[];

interface Row extends Omit<Family, 'samples'> {
  /** Without what all begin with. */
  name: string;
  read: Read;
}

const states: Read = ({ labels, state }) =>
  Object.keys(STATES).map((each) => ({ labels: `${labels},state="${each}"`, value: each === state ? 1 : 0 }));
const exits: Read = ({ labels, exits: counts }) =>
  EXIT_REASONS.map((reason) => ({ labels: `${labels},reason="${reason}"`, value: counts[reason] }));
const logs: Read = ({ labels, logBytes }) =>
  logBytes.map(({ channel, bytes }) => ({ labels: `${labels},channel="${channel}"`, value: bytes }));

const vital =
  (read: (vitals: Vitals) => number | undefined): Read =>
  ({ running }) =>
    running && read(running.vitals);

const ROWS: readonly Row[] = [
  {
    name: 'up',
    type: 'gauge',
    help: 'Whether it is RUNNING.',
    read: ({ state }) => (state === 'RUNNING' ? 1 : 0),
  },
  { name: 'state', type: 'gauge', help: 'Its state: 1 for the one that it is in.', read: states },
  {
    name: 'start_time_seconds',
    type: 'gauge',
    unit: 'seconds',
    help: 'When the present process was started, in seconds after 1970.',
    read: ({ running }) => running && running.startedAt / 1000,
  },
  {
    name: 'restarts',
    type: 'counter',
    help: 'How often it was started again by itself, retries included.',
    read: ({ restarts }) => restarts,
  },
  { name: 'exits', type: 'counter', help: 'How often its process has ended, and why.', read: exits },
  {
    name: 'cpu_seconds',
    type: 'counter',
    unit: 'seconds',
    help: `Processor time since its start, ${MAIN_ONLY}.`,
    read: vital(({ cpuSeconds }) => cpuSeconds),
  },
  {
    name: 'resident_memory_bytes',
    type: 'gauge',
    unit: 'bytes',
    help: `Resident memory ${MAIN_ONLY}.`,
    read: vital(({ residentBytes }) => residentBytes),
  },
  {
    name: 'open_fds',
    type: 'gauge',
    help: `Open descriptors ${MAIN_ONLY}.`,
    read: vital(({ openFiles }) => openFiles),
  },
  {
    name: 'max_fds',
    type: 'gauge',
    help: `How many descriptors it may have open (soft limit), ${MAIN_ONLY}.`,
    read: vital(({ openFilesLimit }) => openFilesLimit?.soft),
  },
  {
    name: 'log_bytes',
    type: 'counter',
    unit: 'bytes',
    help: 'Bytes that it has written and the logger has read; it begins anew with the logger.',
    read: logs,
  },
];

function* samplesOf(programs: readonly ProgramFacts[], read: Read): Iterable<Sample> {
  for (const facts of programs) {
    const found = read(facts);
    if (Array.isArray(found)) yield* found;
    else if (found !== undefined) yield { labels: facts.labels, value: found };
  }
}

export function programFamilies(programs: readonly ProgramFacts[]): Family[] {
  return ROWS.map(({ read, name, ...rest }) => {
    return { ...rest, name: `tdaemon_program_${name}`, samples: samplesOf(programs, read) };
  });
}
