/** A process that was alive when it was opened, held by its pidfd: never a later one with the same pid. */
import { readFileSync, statSync } from 'node:fs';
import { constants as osConstants } from 'node:os';
import { TdaemonError } from '../errors';
import { type Exit, native, type Pidfd } from '../native';
import { errnoName, errnoWords } from './errno';
import { LONGEST_TIMEOUT_MS } from './pause';

/** Where the kernel has no pidfds we must look again and again. */
const POLL_MS = 5;

interface Stat {
  state: string;
  parent: number;
  group: number;
  session: number;
  flags: number;
  /** User and system time, without its children's. */
  cpuTicks: number;
  threads: number;
  startTime: number;
  /** Of a zombie, as wait(2) has it; 0 where it may not be seen. */
  exitStatus: number;
}

/** proc_pid_stat(5). Undefined when it cannot be read. */
export function readStat(pid: number): Stat | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'latin1');
    // Field 2, the name, may hold spaces and parentheses.
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
    return {
      state: fields[0] ?? '',
      parent: Number(fields[1]),
      group: Number(fields[2]),
      session: Number(fields[3]),
      flags: Number(fields[6]),
      cpuTicks: Number(fields[11]) + Number(fields[12]),
      threads: Number(fields[17]),
      startTime: Number(fields[19]),
      exitStatus: Number(fields[49]),
    };
  } catch {
    return undefined;
  }
}

/** A zombie is dead, although kill(pid, 0) finds it; but not one whose other threads go on without the first. */
export function isDead(stat: Stat): boolean {
  return stat.state === 'X' || (stat.state === 'Z' && stat.threads <= 1);
}

/** PF_KTHREAD. */
const KERNEL_THREAD = 0x0020_0000;

export function isKernelThread(stat: Stat | undefined): boolean {
  return stat !== undefined && (stat.flags & KERNEL_THREAD) !== 0;
}

/** kill(2) also takes a thread's number, pidfd_open(2) does not. */
function isThread(pid: number): boolean {
  try {
    return Number(/^Tgid:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))?.[1] ?? pid) !== pid;
  } catch {
    return false;
  }
}

function exists(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') return false;
  }
  const stat = readStat(pid);
  return (stat === undefined || !isDead(stat)) && !isThread(pid);
}

function notPermitted(whom: string, errno: number, syscall: string): TdaemonError {
  const code = errnoName(errno);
  const message = `cannot signal ${whom}: ${errnoWords(errno)} (${code})`;
  return new TdaemonError(message, { reason: 'setup', code, errno, syscall });
}

/**
 * kill(2), which takes a negative number for a process group.
 *
 * @returns false when there is nobody
 * @throws TdaemonError (`setup`) when it is not permitted
 */
export function kill(target: number, signal: number): boolean {
  try {
    return process.kill(target, signal);
  } catch (error) {
    const { errno = 0 } = error as NodeJS.ErrnoException;
    if (-errno === osConstants.errno.ESRCH) return false;
    throw notPermitted(target < 0 ? `process group ${-target}` : `process ${target}`, -errno, 'kill');
  }
}

/** Who may not trace it (ptrace(2)) reads an exit status of 0. */
function mayBeSeen(pid: number, exitStatus: number): boolean {
  const uid = process.geteuid?.();
  try {
    return exitStatus !== 0 || uid === 0 || statSync(`/proc/${pid}`).uid === uid;
  } catch {
    return false;
  }
}

/** @param status as wait(2) has it */
export function exitOf(status: number): Exit {
  const signal = status & 0x7f;
  return signal === 0 ? { code: (status >> 8) & 0xff } : { signal };
}

export class LiveProcess {
  readonly pid: number;
  /** Clock ticks after boot; undefined where the system does not say. */
  readonly startTime: number | undefined;
  readonly #pidfd: Pidfd | undefined;

  private constructor(pid: number, pidfd: Pidfd | undefined, startTime?: number) {
    this.pid = pid;
    this.#pidfd = pidfd;
    this.startTime = startTime ?? readStat(pid)?.startTime;
  }

  /** Undefined: there is no such process, or it is a zombie, or the number is a thread's. Close it after use. */
  static open(pid: number): LiveProcess | undefined {
    const opened = native.openPidfd(pid);
    const { ESRCH, EINVAL, ENOENT } = osConstants.errno;
    if (opened === ESRCH || opened === EINVAL || opened === ENOENT) return undefined;
    // Another error: the kernel or a sandbox has no pidfds.
    const live = new LiveProcess(pid, typeof opened === 'number' ? undefined : opened);
    if (!live.hasEnded()) return live;
    live.close();
    return undefined;
  }

  /** The process of a start, whose pidfd this takes over. */
  static from({ pid, startTime, pidfd }: { pid: number; startTime: number; pidfd?: Pidfd }): LiveProcess {
    return new LiveProcess(pid, pidfd ?? undefined, startTime || undefined);
  }

  hasEnded(): boolean {
    if (this.#pidfd) return native.hasEnded(this.#pidfd);
    // Without /proc a zombie looks alive; one of ours can be asked for all the same.
    if (native.exitOfChild(this.pid) || !exists(this.pid)) return true;
    const stat = readStat(this.pid);
    // Nor is a start time to be had there, whatever the start itself knew: then the number must do.
    return stat === undefined ? !exists(this.pid) : stat.startTime !== this.startTime;
  }

  /**
   * @returns false when it has ended already
   * @throws TdaemonError (`setup`) when it is not permitted
   */
  signal(signal: number): boolean {
    const errno = this.#pidfd ? native.signalPidfd(this.#pidfd, signal) : osConstants.errno.ENOSYS;
    if (errno === 0) return true;
    // The kernel has no pidfds, or a sandbox knows the one call and not the other.
    if (errno === osConstants.errno.ENOSYS) return !this.hasEnded() && kill(this.pid, signal);
    if (errno === osConstants.errno.ESRCH) return false;
    throw notPermitted(`process ${this.pid}`, errno, 'pidfd_send_signal');
  }

  /** How it has ended, where that is to be known: it is no child of ours. */
  exit(): Exit | undefined {
    const told = this.#pidfd && native.exitOf(this.#pidfd);
    if (told) return told;
    // Its parent has not reaped it yet.
    const stat = readStat(this.pid);
    if (stat?.state !== 'Z' || stat.startTime !== this.startTime || !mayBeSeen(this.pid, stat.exitStatus))
      return undefined;
    return exitOf(stat.exitStatus);
  }

  /**
   * Calls once, when it has ended. Unless cancelled this keeps the event loop alive.
   *
   * @returns cancels
   */
  onEnd(callback: () => void): () => void {
    const watch = this.#pidfd ? native.watchPidfd(this.#pidfd, () => end()) : 0;
    const timer =
      typeof watch === 'number' ? setInterval(() => this.hasEnded() && end(), POLL_MS) : undefined;
    const cancel = () => {
      clearInterval(timer);
      if (typeof watch !== 'number') native.unwatch(watch);
    };
    const end = () => {
      cancel();
      callback();
    };
    return cancel;
  }

  /** @param milliseconds `Infinity`: however long it takes */
  async waitForEnd(milliseconds: number): Promise<boolean> {
    if (this.hasEnded()) return true;
    if (milliseconds <= 0) return false;
    return new Promise((resolve) => {
      const settle = (ended: boolean) => {
        clearTimeout(timer);
        cancel();
        resolve(ended);
      };
      const timer =
        milliseconds > LONGEST_TIMEOUT_MS
          ? undefined
          : setTimeout(() => settle(this.hasEnded()), milliseconds);
      const cancel = this.onEnd(() => settle(true));
    });
  }

  close(): void {
    if (this.#pidfd) native.closePidfd(this.#pidfd);
  }
}
