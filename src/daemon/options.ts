/** What a daemon is to be: the options of daemonize() and of the command line, one for one. */
import type { Bytes } from '../process/bytes';
import type { Limits } from '../process/limits';
import type { IoPriority, Scheduling } from '../process/scheduling';
import type { ReadyOptions } from './ready_options';

/** A file, or `inherit` for the caller's own, or for outputs the caller's descriptor 1 or 2. Default `/dev/null`. */
export type StdioTarget = string;

/** What a daemon is to be. */
export interface DaemonizeOptions extends ReadyOptions {
  /** The program. With a slash: a path, relative to the caller's directory. Without: searched in the daemon's PATH. */
  command: Bytes;
  /** Its arguments, byte for byte. Default none. */
  args?: readonly Bytes[];
  /** argv[0]. Default: `command` as given. */
  argv0?: Bytes;

  /** Locked, race-free file with the daemon's pid. Default none. */
  pidfile?: string;
  /** Also hold an exclusive flock(2) on this file while the daemon lives. Default none. */
  lock?: string;
  /** Working directory. Default `/`. */
  chdir?: string;
  /** Root directory (chroot(2)). `command`, PATH and a relative `chdir` are then inside it. Default none. */
  chroot?: string;
  /** Name or number; supplementary groups are initialised. Default: the caller. */
  user?: string | number;
  /** Name or number. Default: the user's own group. */
  group?: string | number;
  /** File mode creation mask. Default 0o022. */
  umask?: number;

  /** Default `/dev/null`. */
  stdin?: StdioTarget;
  /** Default `/dev/null`. */
  stdout?: StdioTarget;
  /** Default `/dev/null`. The same file as `stdout` is opened once. */
  stderr?: StdioTarget;
  /** Empty the output files first. Default false: append. */
  truncate?: boolean;

  /** Added to the inherited environment. Default none. */
  env?: Readonly<Record<string, Bytes>> | ReadonlyMap<string, Bytes>;
  /** A file of NAME=VALUE lines; `env` wins over it. Default none. */
  envFile?: string | readonly string[];
  /** Begin with an empty environment. Default false. */
  clearEnv?: boolean;
  /** The environment to begin with, as `NAME=VALUE`. Default: environ(7), byte for byte. */
  baseEnv?: readonly Bytes[];

  /** Default: the caller's, but `nofile`, which Node has raised for itself: min(1024, hard limit). */
  limits?: Limits;
  /** -20 to 19, absolute (setpriority(2)). Default: inherited. */
  nice?: number;
  /** ioprio_set(2). Default: inherited. */
  ionice?: IoPriority;
  /** sched_setscheduler(2). Default: inherited. */
  sched?: Scheduling;
  /** -1000 to 1000, proc_pid_oom_score_adj(5). Default: inherited. */
  oomScoreAdj?: number;
  /** PR_SET_NO_NEW_PRIVS (prctl(2)). Default false. */
  noNewPrivs?: boolean;
  /** Descriptors from 3 up to pass on; all others are closed. Default none. */
  keepFds?: readonly number[];
}
