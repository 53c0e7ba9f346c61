/** One start: intent first, then a child that writes down who it is before it executes. */
import { closeSync } from 'node:fs';
import type { GivenPlan, ProcessConfig } from '../config/model';
import { failureOf } from '../daemon/failure';
import type { Plan } from '../daemon/plan';
import { invalid, TdaemonError } from '../errors';
import { native, type Spawned } from '../native';
import { environmentOf } from '../process/environment';
import type { Channels } from './channels';
import { planProgram } from './program_plan';
import { ProgramReadiness } from './program_readiness';
import type { Host } from './supervised_process';

/** @throws TdaemonError: nothing of it is left */
export function startProcess(
  config: ProcessConfig,
  group: string,
  channels: Channels,
  { surroundings, records }: Host,
  warn: (message: string) => void,
): { started: Spawned; readiness: ProgramReadiness | undefined } {
  const opened: number[] = [];
  let readiness: ProgramReadiness | undefined;
  try {
    const stdio = channels.openStdio();
    opened.push(...stdio.opened);
    const plan = config.plan
      ? settledPlan(config.plan)
      : planProgram(config, group, surroundings, stdio.stdio);
    const logs = config.plan
      ? plan.spawn.stdio.slice(1).map((output) => (output.kind === 'file' ? output.path : undefined))
      : [channels.logFile('stdout'), channels.logFile('stderr')];
    if (config.ready.length > 0) readiness = new ProgramReadiness(plan, config, logs, warn);
    plan.spawn.record = records.open(`${group}:${config.name}`);
    opened.push(plan.spawn.record);
    const result = native.spawnChild(plan.spawn);
    if (!result.ok) throw failureOf(result, plan);
    return { started: result, readiness };
  } catch (error) {
    readiness?.close();
    throw asFailure(error);
  } finally {
    for (const descriptor of opened) closeSync(descriptor);
  }
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
