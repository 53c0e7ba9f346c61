/** What a live process takes right now: cheap enough to ask of a thousand while somebody looks. */
import { accessSync, constants, readdirSync, statSync } from 'node:fs';
import { TICKS } from './identity';
import { readStat } from './live_process';
import { readProcFile } from './proc_file';

/** From proc(5); a fact is undefined where it may not be seen: the process may be another user's, or gone. */
export interface Vitals {
  /** Seconds of processor time since its start, its own and the kernel's for it; without its children's. */
  cpuSeconds: number | undefined;
  /** Resident set, in bytes. */
  residentBytes: number | undefined;
  threads: number | undefined;
  /** How many descriptors are open. */
  openFiles: number | undefined;
  /** RLIMIT_NOFILE in force; `Infinity`: unlimited. */
  openFilesLimit: { soft: number; hard: number } | undefined;
}

function countOpenFiles(pid: number): number | undefined {
  const folder = `/proc/${pid}/fd`;
  try {
    // Its size is everybody's to see, and the number is not.
    accessSync(folder, constants.R_OK);
    // Since Linux 6.2 its size says it; before that it is 0, and a hundred thousand are read one by one.
    return statSync(folder).size || readdirSync(folder).length;
  } catch {
    return undefined;
  }
}

const limitOf = (text: string) => (text === 'unlimited' ? Number.POSITIVE_INFINITY : Number(text));

/** @param pid of a process that the caller holds: a number alone may have become another's */
export function vitalsOf(pid: number): Vitals {
  const stat = readStat(pid);
  // The number in "stat" lags behind by up to some hundred kilobytes (proc(5)).
  const kilobytes = /^VmRSS:\s+(\d+)/m.exec(readProcFile(pid, 'status'))?.[1];
  const [, soft, hard] = /^Max open files\s+(\S+)\s+(\S+)/m.exec(readProcFile(pid, 'limits')) ?? [];
  return {
    cpuSeconds: stat && stat.cpuTicks / TICKS,
    residentBytes: kilobytes === undefined ? undefined : Number(kilobytes) * 1024,
    threads: stat?.threads,
    openFiles: countOpenFiles(pid),
    openFilesLimit:
      soft === undefined || hard === undefined ? undefined : { soft: limitOf(soft), hard: limitOf(hard) },
  };
}
