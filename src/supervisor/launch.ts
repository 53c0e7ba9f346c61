/** From a configuration to a running supervisor: the lock first, then a keeper that starts the rest. */
import { randomUUID } from 'node:crypto';
import {
  closeSync,
  constants,
  existsSync,
  fstatSync,
  openSync,
  readdirSync,
  rmdirSync,
  rmSync,
  statSync,
} from 'node:fs';
import path from 'node:path';
import { packaged } from '../binaries';
import type { Config } from '../config/model';
import { daemonize } from '../daemon/daemonize';
import { startInPlace } from '../daemon/launch';
import type { DaemonizeOptions } from '../daemon/options';
import { makePlan } from '../daemon/plan';
import { TdaemonError } from '../errors';
import { native } from '../native';
import { resolveAccount } from '../process/account';
import { type Bytes, toText } from '../process/bytes';
import { errnoName, errnoWords } from '../process/errno';
import { forgetBegunEnd } from './begun_end';
import { keeperProgram } from './keeper_program';
import { type LaunchOptions, takeLaunchFailure, writeLaunchOptions } from './launch_options';
import { endFormerLogger } from './logger_link';
import { makeRuntimeDirectory, respawnDirectoryOf, runtimeDirectoryOf } from './runtime_directory';

/** Where the supervisor says that it is there. */
const READY_DESCRIPTOR = 3;
/** Milliseconds: it waits for nothing but its own start. */
const READY_TIMEOUT = 300_000;
const STOP_SLACK = 10_000;

/** Memory before speed: a supervisor mostly sleeps. Measured with 1,000 programs: 17 MB of its own instead of 55. */
function nodeFlags(): string[] {
  const flags = ['--max-semi-space-size=1', '--optimize-for-size', '--v8-pool-size=0'];
  // Its inspector would listen for whoever may send a signal.
  if (process.allowedNodeEnvironmentFlags.has('--disable-sigusr1')) flags.push('--disable-sigusr1');
  return flags;
}

export interface Launched {
  /** Of the keeper, which the pidfile names. */
  pid: number;
  runtimeDirectory: string;
}

const { O_RDWR, O_CREAT, O_NOFOLLOW, O_NONBLOCK } = constants;
/** Whoever ends just now takes the directory away that we have just made. */
const MOST_TRIES = 10;

/** @returns undefined: it has been removed meanwhile */
function tryLock(file: string, what: string): number | undefined {
  const descriptor = openSync(file, O_RDWR | O_CREAT | O_NOFOLLOW, 0o600);
  const errno = native.lockFile(descriptor, false);
  const named = statSync(file, { throwIfNoEntry: false });
  if (errno === 0 && named?.ino === fstatSync(descriptor).ino) return descriptor;
  closeSync(descriptor);
  if (errno === 0) return undefined;
  const code = errnoName(errno);
  const busy = code === 'EAGAIN' || code === 'EWOULDBLOCK';
  throw new TdaemonError(
    busy
      ? `another supervisor is running with '${what}'`
      : `cannot lock '${file}': ${errnoWords(errno)} (${code})`,
    { reason: busy ? 'already-running' : 'setup', code, path: file },
  );
}

/**
 * Makes the runtime directory, and locks it.
 *
 * @returns a descriptor that holds the lock, close-on-exec
 * @throws TdaemonError (`already-running`) when a supervisor with this configuration has it
 */
function takeDirectory(directory: string, owner: { uid: number; gid: number }, what: string): number {
  for (let tries = 1; ; tries++) {
    makeRuntimeDirectory(directory, owner);
    try {
      const descriptor = tryLock(path.join(directory, 'lock'), what);
      if (descriptor !== undefined) return descriptor;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT' || tries === MOST_TRIES) throw error;
    }
  }
}

/** Soft and hard limits that the configuration asks for at least, as supervisord. */
function leastLimits({ supervisord }: Config, openFiles: number): DaemonizeOptions['limits'] {
  const { nofile, nproc } = native.limitResources;
  const processes = nproc === undefined ? undefined : native.getLimit(nproc);
  return {
    ...(nofile !== undefined && { nofile: { soft: Math.max(openFiles, supervisord.minfds) } }),
    ...(processes && processes.soft < supervisord.minprocs && { nproc: { soft: supervisord.minprocs } }),
  };
}

/** Of one command there is no file: two of them with the same pidfile are the same. */
function directoryOf({ file, supervisord }: Config, { source }: Pick<LaunchOptions, 'source'>): string {
  if (source.kind === 'file') return runtimeDirectoryOf(file, supervisord.identifier);
  return respawnDirectoryOf(supervisord.pidfile || randomUUID(), supervisord.identifier);
}

const processesOf = ({ groups }: Config) => groups.flatMap(({ processes }) => processes);

/** Milliseconds in which all programs have been stopped, be it one after another (`depends_on`), and the rest has ended. */
function stopTime(config: Config): number {
  return processesOf(config).reduce((sum, { stopWaitSecs }) => sum + stopWaitSecs * 1000, STOP_SLACK);
}

/** Milliseconds: of one command it is waited for that, too. */
function readyTime(config: Config, { source }: LaunchOptions): number {
  if (source.kind === 'file') return READY_TIMEOUT;
  return processesOf(config).reduce((sum, { readyTimeout }) => sum + readyTimeout * 1000, READY_TIMEOUT);
}

/** As whoever starts it knows it. */
export function launchedName(config: Config, { source }: LaunchOptions): string {
  return source.kind === 'file' ? config.file : (processesOf(config)[0]?.commandText ?? config.file);
}

/** Programs that a supervisor before has left running, or was about to start. */
function hasRecords(runtimeDirectory: string): boolean {
  const programs = path.join(runtimeDirectory, 'programs');
  return existsSync(programs) && readdirSync(programs).length > 0;
}

/** Whoever its parent is. */
function hasSupervisor(runtimeDirectory: string): boolean {
  try {
    const lock = openSync(path.join(runtimeDirectory, 'supervisor'), O_RDWR | O_NOFOLLOW | O_NONBLOCK);
    const isTaken = native.lockFile(lock, false) !== 0;
    closeSync(lock);
    return isTaken;
  } catch {
    return false;
  }
}

/** Nobody but us knows of a keeper. */
function withoutKeeper(error: TdaemonError, keeper: string, what: string, isLeft: boolean): TdaemonError {
  if (error.reason === 'ended' && error.exitCode === 0)
    error.message = `'${what}' was told to end before it was ready`;
  else if (error.reason === 'interrupted' && isLeft)
    error.message = `interrupted while waiting for '${what}'; its supervisor cannot be ended`;
  else error.message = error.message.replace(`'${keeper}'`, () => `'${what}'`);
  return error;
}

/** What runs in the supervisor must be its own: nothing that the caller's environment makes Node load. */
function environmentOf(environment: readonly Bytes[]): Bytes[] {
  return environment.filter((entry) => !/^(NODE_|TDAEMON_KEEPER=|TDAEMON_HELD=)/.test(toText(entry)));
}

/** After a start that failed; but what is written of programs that run is for the next one. */
function leaveNothing(runtimeDirectory: string, owner: number): void {
  try {
    // In another user's directory names may change their meaning while we look at them; only its own is in ours.
    if (owner !== process.geteuid?.()) rmdirSync(runtimeDirectory);
    else if (!hasRecords(runtimeDirectory)) rmSync(runtimeDirectory, { recursive: true, force: true });
  } catch {
    // It is in memory, and small.
  }
}

/**
 * Starts a supervisor, and resolves when it answers. In the foreground it never resolves: this process has become the keeper.
 *
 * @param signal ends it, unless there are programs that ran before: they are not stopped for that
 * @throws TdaemonError: nothing of it is left then
 */
export async function launchSupervisor(
  config: Config,
  options: LaunchOptions,
  signal?: AbortSignal,
): Promise<Launched> {
  const { supervisord } = config;
  const runtimeDirectory = directoryOf(config, options);
  const account = resolveAccount(supervisord.user?.uid, undefined);
  const owner = account?.ids ?? { uid: process.geteuid?.() ?? 0, gid: process.getegid?.() ?? 0 };
  const keeper = keeperProgram();
  const what = launchedName(config, options);
  const lock = takeDirectory(runtimeDirectory, owner, config.file);
  const isTakingOver = hasRecords(runtimeDirectory);
  const openFiles = Math.max(options.openFiles, supervisord.minfds);
  await endFormerLogger(path.join(runtimeDirectory, 'logger'));
  takeLaunchFailure(runtimeDirectory);
  // Whoever was about to end has: somebody wants it up again.
  forgetBegunEnd(runtimeDirectory);
  writeLaunchOptions(runtimeDirectory, { ...options, openFiles }, owner);
  const start = (ready: string[]): DaemonizeOptions => ({
    command: keeper,
    args: [
      runtimeDirectory,
      ...ready,
      '--',
      process.execPath,
      ...nodeFlags(),
      packaged('dist', 'supervisor.js'),
      runtimeDirectory,
    ],
    argv0: 'tdaemon-keeper',
    ...(supervisord.pidfile !== '' && { pidfile: supervisord.pidfile }),
    chdir: supervisord.directory ?? options.directory,
    umask: supervisord.umask,
    baseEnv: environmentOf(options.environment),
    ...(account && { user: owner.uid, group: owner.gid }),
    limits: leastLimits(config, options.openFiles) ?? {},
    keepFds: [lock],
  });
  try {
    if (options.foreground) await startInPlace(makePlan(start([]), true));
    const { pid } = await daemonize({
      ...start([`--ready-fd=${READY_DESCRIPTOR}`]),
      ready: `fd:${READY_DESCRIPTOR}`,
      readyTimeout: readyTime(config, options),
      readyGrace: stopTime(config),
      ...(signal && !isTakingOver && { signal }),
    });
    return { pid, runtimeDirectory };
  } catch (error) {
    const failure = takeLaunchFailure(runtimeDirectory);
    const isLeft = hasSupervisor(runtimeDirectory);
    if (!isLeft) leaveNothing(runtimeDirectory, owner.uid);
    const known = error instanceof TdaemonError ? error : undefined;
    if (failure && known?.reason !== 'interrupted')
      throw new TdaemonError(failure.message, { reason: failure.reason, code: 'ERR_TDAEMON_SUPERVISOR' });
    throw known ? withoutKeeper(known, keeper, what, isLeft) : error;
  } finally {
    closeSync(lock);
  }
}
