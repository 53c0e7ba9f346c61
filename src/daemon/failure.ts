/** A native report becomes an error that says what failed, on what, and why. */
import { closeSync, openSync, readSync, statSync } from 'node:fs';
import { TdaemonError } from '../errors';
import type { Failure, Stage } from '../native';
import { toBuffer, toText } from '../process/bytes';
import { errnoName, errnoWords } from '../process/errno';
import { isSearched, type Plan } from './plan';

const SYSCALLS: Partial<Record<Stage, string>> = {
  channel: 'socketpair',
  fork: 'clone',
  setsid: 'setsid',
  'second-fork': 'clone',
  cgroup: 'write',
  record: 'write',
  close: 'close_range',
  nice: 'setpriority',
  ionice: 'ioprio_set',
  sched: 'sched_setscheduler',
  lock: 'open',
  stdin: 'open',
  stdout: 'open',
  stderr: 'open',
  chroot: 'chroot',
  limit: 'setrlimit',
  setgroups: 'setgroups',
  setgid: 'setresgid',
  setuid: 'setresuid',
  chdir: 'chdir',
  stdio: 'dup2',
  'keep-fd': 'fcntl',
  'no-new-privs': 'prctl',
  exec: 'execve',
};

export function failureOf(report: Failure, plan: Plan): TdaemonError {
  if (report.stage === 'exec') return execFailure(report, plan);
  const code = report.errno === 0 ? 'ERR_TDAEMON_KILLED' : errnoName(report.errno);
  const path = pathOf(report.stage, plan);
  const syscall = SYSCALLS[report.stage];
  return new TdaemonError(`${whatFailed(report, plan)}${why(report, code)}`, {
    reason: 'setup',
    stage: report.stage,
    code,
    ...(report.errno !== 0 && { errno: report.errno }),
    ...(syscall && { syscall }),
    ...(path !== undefined && { path }),
  });
}

function why(report: Failure, code: string): string {
  if (report.errno === 0) return '';
  const opensFile = report.stage === 'stdin' || report.stage === 'stdout' || report.stage === 'stderr';
  // Only of a FIFO or a terminal does ENXIO mean what errnoWords says.
  const words = code === 'ENXIO' && !opensFile ? 'no such device or address' : errnoWords(report.errno);
  return `: ${report.reason || words} (${code})`;
}

function pathOf(stage: Stage, plan: Plan): string | undefined {
  const { spawn } = plan;
  if (stage === 'pidfile') return spawn.pidfile;
  if (stage === 'lock') return spawn.lock;
  if (stage === 'chroot') return spawn.chroot;
  if (stage === 'chdir') return spawn.chdir;
  const number = ['stdin', 'stdout', 'stderr'].indexOf(stage);
  const stdio = number === -1 ? undefined : spawn.stdio[number];
  return stdio?.kind === 'file' ? stdio.path : undefined;
}

function whatFailed(report: Failure, plan: Plan): string {
  const { spawn } = plan;
  const path = pathOf(report.stage, plan);
  switch (report.stage) {
    case 'channel':
      return 'cannot make a channel to the daemon';
    case 'fork':
    case 'second-fork':
      return 'cannot fork';
    case 'cgroup':
      return 'cannot move the process to its cgroup';
    case 'record':
      return 'cannot write the record of the start';
    case 'setsid':
      return 'cannot begin a session';
    case 'close':
      return 'cannot close descriptors';
    case 'nice':
      return `cannot set nice ${spawn.nice}`;
    case 'ionice':
      return 'cannot set the I/O priority';
    case 'sched':
      return 'cannot set the scheduling policy';
    case 'oom-score-adj':
      return `cannot set oom_score_adj ${spawn.oomScoreAdj}`;
    case 'lock':
      return `cannot lock '${path}'`;
    case 'pidfile':
      return `cannot create pidfile '${path}'`;
    case 'stdin':
    case 'stdout':
    case 'stderr':
      return path === undefined
        ? `cannot set up ${report.stage}`
        : `cannot open '${path}' for ${report.stage}`;
    case 'chroot':
      return `cannot change the root directory to '${path}'`;
    case 'limit':
      return `cannot set limit ${plan.limitNames[report.index ?? 0]}`;
    case 'setgroups':
      return `cannot set the groups of uid ${spawn.ids?.uid}`;
    case 'setgid':
      return `cannot change to gid ${spawn.ids?.gid}`;
    case 'setuid':
      return `cannot change to uid ${spawn.ids?.uid}`;
    case 'chdir':
      return `cannot change directory to '${path}'`;
    case 'stdio':
      return `cannot connect descriptor ${report.index}`;
    case 'keep-fd':
      return `cannot keep descriptor ${spawn.keep[report.index ?? 0]}`;
    case 'no-new-privs':
      return 'cannot set no_new_privs';
    case 'killed':
      return `the daemon was killed before it could execute${report.index ? ` (signal ${report.index})` : ''}`;
    case 'leader-killed':
      return 'a process of tdaemon was killed before the daemon could execute';
    case 'exec':
      return `cannot execute '${toText(plan.command)}'`;
  }
}

function execFailure(report: Failure, plan: Plan): TdaemonError {
  const code = errnoName(report.errno);
  const typed = toText(plan.command);
  const candidate = toText(plan.spawn.candidates[report.index ?? 0] ?? plan.command);
  const absent = (code === 'ENOENT' || code === 'ENOTDIR') && !report.interpreter;
  const what = isSearched(plan.command) && !absent ? `'${typed}' (${candidate})` : `'${typed}'`;
  return new TdaemonError(`cannot execute ${what}: ${execWords(report, plan, absent)} (${code})`, {
    reason: absent ? 'not-found' : 'not-executable',
    stage: 'exec',
    code,
    errno: report.errno,
    syscall: 'execve',
    path: isSearched(plan.command) && absent ? typed : candidate,
  });
}

function execWords(report: Failure, plan: Plan, absent: boolean): string {
  if (absent) {
    if (isSearched(plan.command)) return 'not found in PATH';
    return errnoName(report.errno) === 'ENOENT' ? 'no such file' : errnoWords(report.errno);
  }
  const file = plan.spawn.candidates[report.index ?? 0] ?? plan.command;
  if (report.interpreter) {
    const interpreter = interpreterOf(plan, file);
    return interpreter ? `its interpreter '${interpreter}' is missing` : 'its interpreter is missing';
  }
  if (errnoName(report.errno) === 'EACCES' && isDirectory(plan, file)) return 'it is a directory';
  return errnoWords(report.errno);
}

/** In another root the same name means another file. */
function isDirectory(plan: Plan, file: string | Uint8Array): boolean {
  if (plan.spawn.chroot !== undefined) return false;
  try {
    return statSync(toBuffer(file)).isDirectory();
  } catch {
    return false;
  }
}

function interpreterOf(plan: Plan, file: string | Uint8Array): string | undefined {
  if (plan.spawn.chroot !== undefined) return undefined;
  try {
    const descriptor = openSync(toBuffer(file), 'r');
    try {
      const start = Buffer.alloc(256);
      const size = readSync(descriptor, start);
      return /^#![ \t]*([^ \t\n]+)/.exec(start.toString('utf8', 0, size))?.[1];
    } finally {
      closeSync(descriptor);
    }
  } catch {
    return undefined;
  }
}
