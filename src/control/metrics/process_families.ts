/** What is told of tdaemon itself: its three processes, and which tdaemon it is. */
import { version } from '../../../package.json';
import { native } from '../../native';
import { TICKS } from '../../process/identity';
import { readStat } from '../../process/live_process';
import { type Vitals, vitalsOf } from '../../process/vitals';
import { type Family, labelsOf, type Sample } from './exposition';

/** 0: there is none just now. */
export type OwnPids = Readonly<Record<'supervisor' | 'keeper' | 'logger', number>>;

interface OwnFacts extends Vitals {
  labels: string;
  startSeconds: number;
}

export class OwnProcesses {
  /** By name: worked out once, so that the number of a process does not waver with the clock. */
  readonly #starts = new Map<string, { ticks: number; seconds: number }>();

  #startOf(name: string, ticks: number): number {
    const before = this.#starts.get(name);
    if (before?.ticks === ticks) return before.seconds;
    const seconds = Math.round(Date.now() / 10 + (ticks / TICKS - native.secondsSinceBoot()) * 100) / 100;
    this.#starts.set(name, { ticks, seconds });
    return seconds;
  }

  facts(pids: OwnPids): OwnFacts[] {
    return Object.entries(pids).flatMap(([name, pid]) => {
      const stat = pid === 0 ? undefined : readStat(pid);
      if (!stat) return [];
      const labels = labelsOf({ process: name });
      return [{ labels, startSeconds: this.#startOf(name, stat.startTime), ...vitalsOf(pid) }];
    });
  }
}

interface Row extends Omit<Family, 'samples'> {
  read(facts: OwnFacts): number | undefined;
}

const ROWS: readonly Row[] = [
  {
    name: 'start_time_seconds',
    type: 'gauge',
    unit: 'seconds',
    help: "When tdaemon's own process was started, in seconds after 1970.",
    read: ({ startSeconds }) => startSeconds,
  },
  {
    name: 'cpu_seconds',
    type: 'counter',
    unit: 'seconds',
    help: "Processor time of tdaemon's own process since its start.",
    read: ({ cpuSeconds }) => cpuSeconds,
  },
  {
    name: 'resident_memory_bytes',
    type: 'gauge',
    unit: 'bytes',
    help: "Resident memory of tdaemon's own process.",
    read: ({ residentBytes }) => residentBytes,
  },
  {
    name: 'open_fds',
    type: 'gauge',
    help: "Open descriptors of tdaemon's own process.",
    read: ({ openFiles }) => openFiles,
  },
  {
    name: 'max_fds',
    type: 'gauge',
    help: "How many descriptors tdaemon's own process may have open (soft limit).",
    read: ({ openFilesLimit }) => openFilesLimit?.soft,
  },
  {
    name: 'threads',
    type: 'gauge',
    help: "Threads of tdaemon's own process.",
    read: ({ threads }) => threads,
  },
];

export function processFamilies(processes: readonly OwnFacts[]): Family[] {
  return ROWS.map(({ read, name, ...rest }) => {
    const samples = processes.flatMap((facts): Sample[] => {
      const value = read(facts);
      return value === undefined ? [] : [{ labels: facts.labels, value }];
    });
    return { ...rest, name: `tdaemon_process_${name}`, samples };
  });
}

export function identityFamily(identifier: string): Family {
  return {
    name: 'tdaemon',
    type: 'info',
    help: 'Which tdaemon this is.',
    samples: [{ labels: labelsOf({ version, identifier }), value: 1 }],
  };
}
