/** What proc(5) says of a process, for a person to read. Every fact may be missing: it may be another user's. */
import { native } from '../native';
import { TICKS } from './identity';
import { listeningSockets } from './listening';
import { readStat } from './live_process';
import { readProcFile } from './proc_file';
import { vitalsOf } from './vitals';

/** What proc(5) says of a process. What cannot be seen is missing. */
export interface ProcessDescription {
  /** Its process id. */
  pid: number;
  /** Its arguments, with argv[0]. */
  command?: string[];
  /** Name or number of its real user. */
  user?: string;
  /** Seconds since its start. */
  uptime?: number;
  /** Resident set in bytes. */
  memory?: number;
  /** How many threads. */
  threads?: number;
  /** How many descriptors are open. */
  openFiles?: number;
  /** The soft limit; `Infinity`: unlimited. */
  openFilesLimit?: number;
  /** Addresses on which it accepts connections. */
  listening?: string[];
}

function userName(uid: number): string {
  const entry = native.findUser(uid);
  return entry && typeof entry === 'object' ? entry.name : String(uid);
}

type Known<Facts> = { [Name in keyof Facts]?: Exclude<Facts[Name], undefined> };

function known<Facts extends object>(facts: Facts): Known<Facts> {
  return Object.fromEntries(Object.entries(facts).filter(([, value]) => value !== undefined)) as Known<Facts>;
}

export function describeProcess(pid: number): ProcessDescription {
  const uid = /^Uid:\s+(\d+)/m.exec(readProcFile(pid, 'status'))?.[1];
  const words = readProcFile(pid, 'cmdline', 'utf8').split('\0').slice(0, -1);
  const stat = readStat(pid);
  const { residentBytes, threads, openFiles, openFilesLimit } = vitalsOf(pid);
  return {
    pid,
    ...known({
      command: words.length > 0 ? words : undefined,
      user: uid === undefined ? undefined : userName(Number(uid)),
      uptime: stat && Math.max(0, native.secondsSinceBoot() - stat.startTime / TICKS),
      memory: residentBytes,
      threads,
      openFiles,
      openFilesLimit: openFilesLimit?.soft,
      listening: listeningSockets(pid),
    }),
  };
}
