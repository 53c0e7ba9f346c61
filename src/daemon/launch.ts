/** Start a plan; where its pidfile is in the way, find out whose it is, and try again if it is nobody's. */
import { invalid, TdaemonError } from '../errors';
import { type Failure, native, type Spawned, type SpawnPlan } from '../native';
import { errnoName } from '../process/errno';
import { pause } from '../process/pause';
import { failureOf } from './failure';
import { clearStalePidfile } from './pidfile';
import type { Plan } from './plan';

/** Others may be taking over the same stale file: each of them needs only its turn. */
const MOST_TRIES = 1000;
const PAUSE_MS = 5;

function alreadyRunning(plan: Plan, pid: number): TdaemonError {
  const path = plan.spawn.pidfile ?? '';
  return new TdaemonError(`already running: process ${pid} (pidfile '${path}')`, {
    reason: 'already-running',
    stage: 'pidfile',
    code: 'EEXIST',
    path,
    pid,
  });
}

function lockHeld(plan: Plan): TdaemonError {
  const path = plan.spawn.lock ?? '';
  return new TdaemonError(`already running: another process holds the lock '${path}'`, {
    reason: 'already-running',
    stage: 'lock',
    code: 'EWOULDBLOCK',
    path,
  });
}

/** A wrong value that no check before has seen is a TypeError of the add-on's. */
function attemptIn(attempt: (spawn: SpawnPlan) => Spawned | Failure, spawn: SpawnPlan): Spawned | Failure {
  try {
    return attempt(spawn);
  } catch (error) {
    throw error instanceof TypeError ? invalid(error.message) : error;
  }
}

/** @returns the process that runs, or undefined: it is worth another try */
async function clearWay(pidfile: string, daemonUid: number): Promise<number | undefined> {
  for (let tries = 0; tries < MOST_TRIES; tries++) {
    const found = clearStalePidfile(pidfile, daemonUid);
    if (found.state === 'running') return found.pid;
    if (found.state !== 'busy') return undefined;
    await pause(PAUSE_MS);
  }
  throw new TdaemonError(
    `cannot use pidfile '${pidfile}': a process that cannot be named keeps it locked (EBUSY)`,
    {
      reason: 'setup',
      stage: 'pidfile',
      code: 'EBUSY',
      path: pidfile,
    },
  );
}

/** @throws TdaemonError; nothing of the daemon is left then. */
async function launch(plan: Plan, attempt: (spawn: SpawnPlan) => Spawned | Failure): Promise<Spawned> {
  const { pidfile } = plan.spawn;
  for (let tries = 0; tries < MOST_TRIES; tries++) {
    const result = attemptIn(attempt, plan.spawn);
    if (result.ok) return result;
    if (result.locked) throw lockHeld(plan);
    const inTheWay = result.stage === 'pidfile' && errnoName(result.errno) === 'EEXIST';
    if (!inTheWay || pidfile === undefined) throw failureOf(result, plan);
    const pid = await clearWay(pidfile, plan.daemonUid);
    if (pid !== undefined) throw alreadyRunning(plan, pid);
  }
  throw new TdaemonError(`cannot create pidfile '${pidfile}': other processes keep changing it (EBUSY)`, {
    reason: 'setup',
    stage: 'pidfile',
    code: 'EBUSY',
    ...(pidfile !== undefined && { path: pidfile }),
  });
}

export async function startDetached(plan: Plan): Promise<Spawned> {
  if (process.pid === 1) {
    throw new TdaemonError(
      'this is process 1 of its container, whose end would end the daemon: use --foreground',
      {
        reason: 'setup',
        code: 'ERR_TDAEMON_PROCESS_ONE',
      },
    );
  }
  return launch(plan, native.spawnDaemon);
}

/** Never resolves: on success this process has become the command. */
export async function startInPlace(plan: Plan): Promise<void> {
  await launch(plan, native.execInPlace);
}
