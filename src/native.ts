/** The only file that loads the add-on, and the types of all that crosses to it. */
import { findAddon, HOW_TO_BUILD } from './binaries';
import type { Bytes } from './process/bytes';

/** In their order. native/spawn_plan.h has the same list; a test compares them. */
export const STAGES = [
  'channel',
  'fork',
  'setsid',
  'second-fork',
  'cgroup',
  'record',
  'close',
  'nice',
  'ionice',
  'sched',
  'oom-score-adj',
  'lock',
  'pidfile',
  'stdin',
  'stdout',
  'stderr',
  'chroot',
  'limit',
  'setgroups',
  'setgid',
  'setuid',
  'chdir',
  'stdio',
  'keep-fd',
  'no-new-privs',
  'exec',
  'killed',
  'leader-killed',
] as const;

/** A step from the call to exec. */
export type Stage = (typeof STAGES)[number];

export type StdioPlan =
  | { kind: 'null' }
  | { kind: 'inherit'; descriptor: number }
  | { kind: 'same'; as: number }
  | { kind: 'file'; path: string; truncate: boolean };

export interface LimitPlan {
  resource: number;
  /** `Infinity`: unlimited. */
  soft: number;
  /** Absent: the hard limit stays, or is raised to `soft`. */
  hard?: number;
}

export interface IdsPlan {
  uid: number;
  gid: number;
  groups: number[];
}

/** All that a start needs, resolved. See `struct SpawnPlan` in native/spawn_plan.h. */
export interface SpawnPlan {
  candidates: Bytes[];
  argv: Bytes[];
  env: Bytes[];
  nice?: number;
  ionice?: number;
  sched?: { policy: number; priority: number };
  oomScoreAdj?: number;
  umask?: number;
  lock?: string;
  pidfile?: string;
  bootId?: string;
  highDescriptor: number;
  stdio: StdioPlan[];
  chroot?: string;
  limits: LimitPlan[];
  ids?: IdsPlan;
  chdir: string;
  keep: number[];
  /** Descriptors of this process that become the command's under another number, from 3 up. */
  passes?: { from: number; to: number }[];
  /** Adds LISTEN_PID to the environment: the pid that the command has (sd_listen_fds(3)). */
  listenPid?: boolean;
  /** Of spawnChild, descriptors of this process. The directory of the cgroup that the child belongs to (cgroups(7)). */
  cgroup?: number;
  /** The child writes `PID START_TIME\n` to it before anything else is done. */
  record?: number;
  /** Report where the outputs begin. */
  tellOutputs?: boolean;
  noNewPrivs: boolean;
  foreground: boolean;
}

declare const pidfd: unique symbol;
/** An open pidfd_open(2) descriptor. Closed by `closePidfd` or the garbage collector. */
export type Pidfd = { [pidfd]: true };
declare const watch: unique symbol;
/** Stopped by `unwatch` or the garbage collector. */
export type Watch = { [watch]: true };
/** As wait(2) has it. */
export type Exit = { code: number; signal?: undefined } | { signal: number; code?: undefined };
declare const notifySocket: unique symbol;
export type NotifySocket = { [notifySocket]: true };
declare const datagramSocket: unique symbol;
/** Closed by `closeDatagram` or the garbage collector. */
export type DatagramSocket = { [datagramSocket]: true };
declare const pidfileHandle: unique symbol;
export type PidfileHandle = { [pidfileHandle]: true };

export interface Failure {
  ok: false;
  stage: Stage;
  errno: number;
  reason?: string;
  /** Which candidate, limit or descriptor; the signal for `killed`. */
  index?: number;
  /** The file exists: what is missing is its interpreter. */
  interpreter?: true;
  /** The lock file is held by another process. */
  locked?: true;
}

/** A regular file that an output goes to, as it was before the command wrote anything. */
export interface OpenedOutput {
  device: bigint;
  inode: bigint;
  /** Bytes. */
  size: number;
}

export interface Spawned {
  ok: true;
  pid: number;
  /** Its process group, which is its session too. */
  group: number;
  /** Of 1 and 2, with `tellOutputs`; null: no regular file. */
  outputs?: (OpenedOutput | null)[];
  /** Clock ticks after boot, proc_pid_stat(5) field 22; 0 when unknown. */
  startTime: number;
  pidfd?: Pidfd;
}

export interface OpenedPidfile {
  ok: true;
  own?: undefined;
  handle: PidfileHandle;
  /** Its first 65 bytes at most. */
  content: Buffer;
  /** Bytes. */
  size: number;
  uid: number;
  /** Seconds after the epoch. */
  modified: number;
  /** Who holds a lock on it; -1: a lock that names nobody. */
  lockHolder: number | null;
  othersCanWrite?: string;
  identity?: string;
}

/** sd_notify(3): one datagram, and who the kernel says has sent it. */
export interface Notification {
  /** Empty where it was too long. */
  content: Buffer;
  /** 0: not visible from here. */
  pid: number;
  uid: number;
}

export interface FileIdentity {
  device: bigint;
  inode: bigint;
}

/** What the system did not permit. */
export interface Refusal {
  descriptor?: undefined;
  errno: number;
  syscall: string;
}

export interface UserEntry {
  name: string;
  uid: number;
  gid: number;
  home: string;
  shell: string;
}

interface Addon {
  stages: string[];
  spawnDaemon(plan: SpawnPlan): Spawned | Failure;
  /** As a child of this process, which leads a session; to be reaped. */
  spawnChild(plan: SpawnPlan): Spawned | Failure;
  /** Returns only after a failure. */
  execInPlace(plan: SpawnPlan): Failure;
  openPidfile(path: string, daemonUid: number): OpenedPidfile | { ok: true; own: true } | Failure;
  /** False: it changed or is busy. A number: errno. */
  removePidfile(handle: PidfileHandle, content: Buffer): boolean | number;
  /** The file means another process from now on. False: it changed. A number: errno. */
  replacePidfile(
    handle: PidfileHandle,
    content: Buffer,
    pid: number,
    bootId: string,
    startTime: number,
  ): boolean | number;
  closePidfile(handle: PidfileHandle): void;
  /** A number: errno. */
  openPidfd(pid: number): Pidfd | number;
  hasEnded(pidfd: Pidfd): boolean;
  /** 0 or errno. */
  signalPidfd(pidfd: Pidfd, signal: number): number;
  /** Called when it has ended, and again until it is unwatched. A number: errno. */
  watchPidfd(pidfd: Pidfd, callback: () => void): Watch | number;
  unwatch(watch: Watch): void;
  /** Of a process that is no child of ours. Null: the kernel does not say, or not before its parent has reaped it. */
  exitOf(pidfd: Pidfd): Exit | null;
  /** Of a child of ours, which is then gone. Null: it has not ended. */
  reap(pid: number): Exit | null;
  /** The same, and it stays to be reaped, by us or by who is its parent after us. */
  exitOfChild(pid: number): Exit | null;
  closePidfd(pidfd: Pidfd): void;
  /** @param address a path, or `@name` for an abstract one (unix(7)) */
  openNotifySocket(address: string): NotifySocket | number;
  /** Descriptors that came with it have been closed. Null: nothing has arrived. */
  receiveNotification(socket: NotifySocket): Notification | number | null;
  /** Called as long as something is to be received. */
  watchNotifySocket(socket: NotifySocket, callback: () => void): Watch | number;
  closeNotifySocket(socket: NotifySocket): void;
  /** @param address a path, or `@name`. A number: errno. */
  connectDatagram(address: string): DatagramSocket | number;
  /** One datagram, at once or not at all. 0 or errno (EAGAIN: the receiver has too many). */
  sendDatagram(socket: DatagramSocket, content: Buffer): number;
  closeDatagram(socket: DatagramSocket): void;
  /** Close-on-exec, the writer's number above the one given. The caller closes both. A number: errno. */
  openPipe(above: number): { reader: number; writer: number } | number;
  /** Connected stream sockets, close-on-exec; the other's number is above 9. The caller closes both. A number: errno. */
  openSocketPair(): { one: number; other: number } | number;
  /** Of openPipe, no other. */
  closeDescriptor(descriptor: number): void;
  /** mkfifo(3), whatever the umask. 0 or errno. */
  makeFifo(path: string, mode: number): number;
  /** flock(2), exclusive. 0 or errno. */
  lockFile(descriptor: number, wait: boolean): number;
  /** unix(7), SCM_RIGHTS. 0 or errno. */
  sendDescriptor(socket: number, text: string, descriptor: number): number;
  /** A socket that listens, close-on-exec; on a numeric address, `::` also on IPv4. */
  openTcpListener(address: string, port: number, backlog: number): { descriptor: number } | Refusal;
  /**
   * What nobody accepts at any more is replaced. -1 leaves an id as it is.
   */
  openUnixListener(
    path: string,
    backlog: number,
    mode: number,
    uid: number,
    gid: number,
  ): ({ descriptor: number } & FileIdentity) | Refusal;
  /** If it is that file still. 0 or errno. */
  removeUnixListener(path: string, device: bigint, inode: bigint): number;
  /** 0 or errno. */
  markCloseOnExec(descriptor: number): number;
  /** Of a connected unix socket: who listens at the other end, or has made the pair that it is of; 0: not known. */
  peerPid(descriptor: number): number;
  /** Who accepts a connection (closed again) at a path, or `@name`; 0: not known. A number: errno. */
  connectUnix(address: string): { pid: number } | number;
  /** Close-on-exec; its file has the mode from the first moment on. Negative: errno. */
  listenUnix(path: string, mode: number): number;
  /** @param address numeric; `::` means IPv4 too. Negative: errno. */
  listenTcp(address: string, port: number): number;
  /** Null: there is none. A number: errno. */
  findUser(user: string | number): UserEntry | number | null;
  findGroup(group: string | number): { name: string; gid: number } | number | null;
  groupsOf(user: string, gid: number): number[];
  limitResources: Record<string, number>;
  /** prlimit(2): 0 or errno. Without a hard limit it stays, and is raised where the soft one lies above it. */
  setLimitOf(pid: number, resource: number, soft: number, hard?: number): number;
  getLimit(resource: number): { soft: number; hard: number } | null;
  /** CLOCK_BOOTTIME, which start times count by (and /proc/uptime in a container may not). */
  secondsSinceBoot(): number;
  /** Null where /proc is not mounted. */
  rawArguments(): Buffer[] | null;
  /** environ(7): each entry ends with a NUL byte. Null in a worker thread. */
  rawEnvironment(): Buffer | null;
  /** _exit(2): for a process that holds nothing to be given back. */
  exitNow(status: number): never;
}

function load(): Addon {
  const found = findAddon();
  if (found.file === undefined)
    throw new Error(
      `no add-on for ${process.platform} ${process.arch}: there is no ${found.tried.join(' and no ')}; ${HOW_TO_BUILD}`,
    );
  const module = { exports: {} };
  try {
    process.dlopen(module, found.file);
  } catch (error) {
    throw new Error(`the add-on cannot be loaded: ${(error as Error).message}; ${HOW_TO_BUILD}`, {
      cause: error,
    });
  }
  return module.exports as Addon;
}

export const native: Addon = load();
