/** The keeper has ended: another one takes its place beside a supervisor and programs that go on. */
import { readdirSync, readlinkSync } from 'node:fs';
import path from 'node:path';
import { repointPidfile } from '../daemon/pidfile';
import { HIGH_DESCRIPTOR } from '../daemon/plan';
import { TdaemonError } from '../errors';
import { native, type SpawnPlan } from '../native';
import { callersEnvironment } from '../process/environment';
import { errnoName } from '../process/errno';
import { LiveProcess } from '../process/live_process';
import { keeperProgram } from './keeper_program';

/** In the keeper. */
const LINK_DESCRIPTOR = 3;

export interface KeeperPlace {
  runtimeDirectory: string;
  pidfile: string;
  /** Of the keeper that ended. */
  former: number;
  /** 0: none is there. */
  logger: number;
}

/** The lock of the runtime directory, which we have inherited: whoever holds it too keeps others out. */
function lockDescriptor(runtimeDirectory: string): number[] {
  const lock = path.join(runtimeDirectory, 'lock');
  const named = readdirSync('/proc/self/fd').filter((name) => {
    try {
      return readlinkSync(`/proc/self/fd/${name}`) === lock;
    } catch {
      return false;
    }
  });
  return named.map(Number).filter((descriptor) => descriptor > 2);
}

function plan(program: string, place: KeeperPlace, other: number): SpawnPlan {
  const { runtimeDirectory, logger } = place;
  const options = [
    `--adopt=${LINK_DESCRIPTOR}`,
    `--supervisor-pid=${process.pid}`,
    ...(logger > 0 ? [`--logger-pid=${logger}`] : []),
  ];
  return {
    candidates: [program],
    argv: [
      'tdaemon-keeper',
      runtimeDirectory,
      ...options,
      '--',
      process.execPath,
      ...process.execArgv,
      ...process.argv.slice(1),
    ],
    env: callersEnvironment(),
    highDescriptor: HIGH_DESCRIPTOR,
    stdio: [{ kind: 'null' }, { kind: 'inherit', descriptor: 1 }, { kind: 'inherit', descriptor: 2 }],
    limits: [],
    chdir: process.cwd(),
    keep: lockDescriptor(runtimeDirectory),
    passes: [{ from: other, to: LINK_DESCRIPTOR }],
    noNewPrivs: false,
    foreground: false,
  };
}

/**
 * @returns a descriptor of the socket to it
 * @throws TdaemonError when it cannot be started
 */
export function replaceKeeper(place: KeeperPlace): { pid: number; descriptor: number } {
  const program = keeperProgram();
  const pair = native.openSocketPair();
  const failed = (what: string, errno: number) =>
    new TdaemonError(`cannot start another keeper: ${what} (${errnoName(errno)})`, {
      reason: 'setup',
      code: errnoName(errno),
    });
  if (typeof pair === 'number') throw failed('socketpair', pair);
  const started = native.spawnChild(plan(program, place, pair.other));
  native.closeDescriptor(pair.other);
  if (!started.ok) {
    native.closeDescriptor(pair.one);
    throw failed(started.stage, started.errno);
  }
  const live = LiveProcess.from(started);
  try {
    repointPidfile(place.pidfile, process.geteuid?.() ?? 0, place.former, live);
  } catch {
    // Somebody has removed it: then nobody looks for the keeper there.
  }
  live.onEnd(() => {
    native.reap(started.pid);
    live.close();
  });
  return { pid: started.pid, descriptor: pair.one };
}
