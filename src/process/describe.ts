/** What proc(5) says of a process, for a person to read. Every fact may be missing: it may be another user's. */
import { readdirSync, readFileSync } from 'node:fs';
import { native } from '../native';
import { TICKS } from './identity';
import { listeningSockets } from './listening';
import { readStat } from './live_process';

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

function read(pid: number, name: string): string {
  try {
    return readFileSync(`/proc/${pid}/${name}`, 'utf8');
  } catch {
    return '';
  }
}

function count(directory: string): number | undefined {
  try {
    return readdirSync(directory).length;
  } catch {
    return undefined;
  }
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
  const status = read(pid, 'status');
  const field = (name: string) => new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(status)?.[1];
  const number = (text: string | undefined) => (text === undefined ? undefined : Number(text));
  const uid = field('Uid');
  const kilobytes = number(field('VmRSS'));
  const words = read(pid, 'cmdline').split('\0').slice(0, -1);
  const stat = readStat(pid);
  const limit = /^Max open files\s+(\S+)/m.exec(read(pid, 'limits'))?.[1];
  return {
    pid,
    ...known({
      command: words.length > 0 ? words : undefined,
      user: uid === undefined ? undefined : userName(Number(uid)),
      uptime: stat && Math.max(0, native.secondsSinceBoot() - stat.startTime / TICKS),
      memory: kilobytes === undefined ? undefined : kilobytes * 1024,
      threads: number(field('Threads')),
      openFiles: count(`/proc/${pid}/fd`),
      openFilesLimit: limit === 'unlimited' ? Number.POSITIVE_INFINITY : number(limit),
      listening: listeningSockets(pid),
    }),
  };
}
