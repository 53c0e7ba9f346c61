/** What the kernel says of a process: proc(5). */
import fs from 'node:fs';

function read(pid: number | 'self', name: string): string | undefined {
  try {
    return fs.readFileSync(`/proc/${pid}/${name}`, 'latin1');
  } catch {
    return undefined;
  }
}

export interface Stat {
  name: string;
  state: string;
  ppid: number;
  group: number;
  session: number;
  /** 0: no controlling terminal. */
  tty: number;
  nice: number;
  startTime: number;
  policy: number;
  realTimePriority: number;
}

export function stat(pid: number): Stat | undefined {
  const text = read(pid, 'stat');
  if (!text) return undefined;
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  const field = (number: number) => Number(fields[number - 3]);
  return {
    name: text.slice(text.indexOf('(') + 1, text.lastIndexOf(')')),
    state: fields[0] ?? '',
    ppid: field(4),
    group: field(5),
    session: field(6),
    tty: field(7),
    nice: field(19),
    startTime: field(22),
    realTimePriority: field(40),
    policy: field(41),
  };
}

/** A zombie is dead. */
export function isAlive(pid: number): boolean {
  const now = stat(pid);
  return now !== undefined && now.state !== 'Z' && now.state !== 'X';
}

/** One field of /proc/PID/status, as text: `Uid`, `Groups`, `SigBlk`, `NoNewPrivs`, `Umask` … */
export function status(pid: number, field: string): string | undefined {
  return new RegExp(`^${field}:[ \\t]*(.*)$`, 'm').exec(read(pid, 'status') ?? '')?.[1]?.trim();
}

/** Soft and hard limit, as getrlimit(2) words them in /proc/PID/limits. */
export function limit(pid: number, name: string): { soft: string; hard: string } | undefined {
  const match = new RegExp(`^${name}\\s+(\\S+)\\s+(\\S+)`, 'm').exec(read(pid, 'limits') ?? '');
  return match ? { soft: match[1] as string, hard: match[2] as string } : undefined;
}

/** Descriptor to what it is open on. */
export function descriptors(pid: number | 'self'): Map<number, string> {
  const found = new Map<number, string>();
  for (const name of fs.readdirSync(`/proc/${pid}/fd`)) {
    try {
      found.set(Number(name), fs.readlinkSync(`/proc/${pid}/fd/${name}`));
    } catch {
      // Closed meanwhile.
    }
  }
  return found;
}

/** open(2) flags of a descriptor. */
export function descriptorFlags(pid: number, descriptor: number): number {
  return Number.parseInt(/^flags:\s*(\d+)/m.exec(read(pid, `fdinfo/${descriptor}`) ?? '')?.[1] ?? 'x', 8);
}

export function link(pid: number, name: 'cwd' | 'root' | 'exe'): string {
  return fs.readlinkSync(`/proc/${pid}/${name}`);
}

function splitAtNul(bytes: Buffer): Buffer[] {
  const parts: Buffer[] = [];
  for (let at = 0; at < bytes.length; ) {
    const nul = bytes.indexOf(0, at);
    const end = nul === -1 ? bytes.length : nul;
    parts.push(bytes.subarray(at, end));
    at = end + 1;
  }
  return parts;
}

/** Arguments as bytes; none of a process that has ended. */
export function commandLine(pid: number): Buffer[] {
  words(pid);
  try {
    return splitAtNul(fs.readFileSync(`/proc/${pid}/cmdline`));
  } catch {
    return [];
  }
}

/** Environment entries as bytes. */
export function environment(pid: number): Buffer[] {
  return splitAtNul(fs.readFileSync(`/proc/${pid}/environ`));
}

export function oomScoreAdj(pid: number): number {
  return Number(read(pid, 'oom_score_adj'));
}

/**
 * Arguments and environment. In the last moments of execve(2) both read as empty, though the process has
 * executed as far as setpgid(2) is concerned: look again, but not for ever at one that has erased its own.
 */
function words(pid: number): string {
  const end = Date.now() + 1000;
  for (;;) {
    const found = `${read(pid, 'cmdline') ?? ''}\0${read(pid, 'environ') ?? ''}`;
    if (found.length > 1 || !fs.existsSync(`/proc/${pid}/exe`) || Date.now() > end) return found;
  }
}

/** All processes but this one whose arguments or environment mention text. */
export function mentioning(text: string): number[] {
  return fs
    .readdirSync('/proc')
    .map(Number)
    .filter((pid) => Number.isInteger(pid) && pid !== process.pid && words(pid).includes(text));
}

/** All processes but this one whose working directory it is. Some, as redis-server, write their name over all that mentions it. */
export function workingIn(directory: string): number[] {
  const isThere = (pid: number) => {
    try {
      return fs.readlinkSync(`/proc/${pid}/cwd`) === directory;
    } catch {
      return false;
    }
  };
  return fs
    .readdirSync('/proc')
    .map(Number)
    .filter((pid) => Number.isInteger(pid) && pid !== process.pid && isThere(pid));
}

export function childrenOf(parent: number): number[] {
  return fs
    .readdirSync('/proc')
    .map(Number)
    .filter((pid) => Number.isInteger(pid) && stat(pid)?.ppid === parent);
}

export interface HeldLock {
  kind: string;
  access: string;
  pid: number;
  inode: number;
}

/**
 * /proc/locks (proc_locks(5)). The kernel goes on by position from one read to the next: when a lock in front is
 * released or taken meanwhile, it shows one twice. So a lock is what it says, without its number in the list.
 */
export function locksOn(file: string): HeldLock[] {
  const { ino } = fs.statSync(file);
  const held: HeldLock[] = [];
  const lines = fs.readFileSync('/proc/locks', 'latin1').split('\n');
  for (const line of new Set(lines.map((each) => each.replace(/^\d+: /, '')))) {
    const match = /^(?:-> )?(\w+)\s+\S+\s+(\w+)\s+(-?\d+) \w+:\w+:(\d+)/.exec(line);
    if (match && Number(match[4]) === ino)
      held.push({ kind: match[1] as string, access: match[2] as string, pid: Number(match[3]), inode: ino });
  }
  return held;
}
