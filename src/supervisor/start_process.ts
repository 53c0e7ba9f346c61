/** One start: intent first, then a child that writes down who it is before it executes. */
import { closeSync } from 'node:fs';
import type { GivenPlan, ProcessConfig } from '../config/model';
import { failureOf } from '../daemon/failure';
import type { Plan } from '../daemon/plan';
import { invalid, TdaemonError } from '../errors';
import { native, type Spawned, type StdioPlan } from '../native';
import { environmentOf } from '../process/environment';
import { errnoName } from '../process/errno';
import type { Cgroup } from './cgroups';
import type { Channels } from './channels';
import { planProgram, type Surroundings } from './program_plan';
import { ProgramReadiness } from './program_readiness';
import type { ProgramSockets } from './program_sockets';
import type { Host } from './supervised_process';

/** @throws TdaemonError: nothing of it is left */
export function startProcess(
  config: ProcessConfig,
  group: string,
  recordName: string,
  channels: Channels,
  sockets: ProgramSockets,
  { surroundings, records, cgroups, notes }: Host,
  warn: (message: string) => void,
): { started: Spawned; readiness: ProgramReadiness | undefined; cgroup: Cgroup | undefined } {
  const opened: number[] = [];
  let readiness: ProgramReadiness | undefined;
  try {
    const stdio = channels.openStdio();
    opened.push(...stdio.opened);
    const plan = planOf(config, group, surroundings, stdio.stdio);
    const logs = config.plan
      ? plan.spawn.stdio.slice(1).map((output) => (output.kind === 'file' ? output.path : undefined))
      : [channels.logFile('stdout'), channels.logFile('stderr')];
    readiness = ProgramReadiness.prepare(plan, config, logs, notes, warn);
    sockets.arrange(config, plan);
    plan.spawn.record = records.open(recordName);
    opened.push(plan.spawn.record);
    const made = cgroups.make(recordName);
    if (made) {
      plan.spawn.cgroup = made.descriptor;
      opened.push(made.descriptor);
    }
    const result = native.spawnChild(plan.spawn);
    if (result.ok) return { started: result, readiness, cgroup: made?.cgroup };
    if (result.stage !== 'cgroup') throw failureOf(result, plan);
    cgroups.refuse(errnoName(result.errno));
    const { cgroup: _, ...without } = plan.spawn;
    const again = native.spawnChild(without);
    if (!again.ok) throw failureOf(again, plan);
    return { started: again, readiness, cgroup: undefined };
  } catch (error) {
    readiness?.close();
    throw asFailure(error);
  } finally {
    for (const descriptor of opened) closeSync(descriptor);
  }
}

/**
 * Of a program that another supervisor has started and did not see RUNNING.
 *
 * @param startedAt milliseconds after the epoch
 * @returns undefined: there is nothing to ask
 */
export function resumeReadiness(
  config: ProcessConfig,
  group: string,
  startedAt: number,
  { surroundings }: Host,
  warn: (message: string) => void,
): ProgramReadiness | undefined {
  if (config.ready.length === 0) return undefined;
  try {
    return ProgramReadiness.resume(planOf(config, group, surroundings, []), config, startedAt, warn);
  } catch (error) {
    warn(`whether it is ready cannot be asked: ${(error as Error).message}`);
    return undefined;
  }
}

function planOf(config: ProcessConfig, group: string, around: Surroundings, stdio: StdioPlan[]): Plan {
  return config.plan ? settledPlan(config.plan) : planProgram(config, group, around, stdio);
}

/** What was settled when it was first asked for. */
function settledPlan(given: GivenPlan): Plan {
  return { ...given, spawn: { ...given.spawn }, environment: environmentOf(given.spawn.env) };
}

/** What the system refuses here is the program's misfortune, not ours. */
function asFailure(error: unknown): unknown {
  if (error instanceof TypeError) return invalid(error.message);
  const { code, syscall, message } = error as NodeJS.ErrnoException;
  if (error instanceof TdaemonError || code === undefined || syscall === undefined) return error;
  return new TdaemonError(message, { reason: 'setup', code, syscall, cause: error });
}
