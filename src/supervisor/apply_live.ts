/** Settings that a running program can get without a restart. */
import { writeFileSync } from 'node:fs';
import os from 'node:os';
import type { ProcessConfig } from '../config/model';
import { native } from '../native';
import { errnoName } from '../process/errno';
import { type Limits, planLimits } from '../process/limits';
import { liveDifferences } from './config_changes';
import type { MainLog } from './main_log';
import type { Surroundings } from './program_plan';
import type { SupervisedProcess } from './supervised_process';

/** From the next start on all of them hold; limits and niceness from now on. */
export function applyLive(
  process: SupervisedProcess,
  wanted: ProcessConfig,
  around: Surroundings,
  log: MainLog,
): void {
  const keys = liveDifferences(process.config, wanted);
  if (keys.length === 0) return;
  const changed = Object.fromEntries(keys.map((key) => [key, wanted[key]])) as Partial<ProcessConfig>;
  const before = process.config;
  const after = { ...before, ...changed };
  for (const key of keys) if (wanted[key] === undefined) delete after[key];
  process.reconfigure(after);
  log.say('info', `${process.fullName}: changed at once: ${keys.join(', ')}`);
  if (process.pid === 0) return;
  const failed = (what: string, why: string) =>
    log.say('warn', `${process.fullName}: cannot set ${what}: ${why}`);
  if (keys.includes('limits')) setLimits(process.pid, before, wanted, around, failed);
  if (keys.includes('oomScoreAdj'))
    try {
      writeFileSync(`/proc/${process.pid}/oom_score_adj`, String(wanted.oomScoreAdj ?? 0));
    } catch (error) {
      failed('oom_score_adj', (error as NodeJS.ErrnoException).code ?? '');
    }
  if (keys.includes('nice'))
    try {
      os.setPriority(process.pid, wanted.nice ?? os.getPriority());
    } catch (error) {
      failed('nice', (error as NodeJS.ErrnoException).code ?? '');
    }
}

function setLimits(
  pid: number,
  before: ProcessConfig,
  wanted: ProcessConfig,
  around: Surroundings,
  failed: (what: string, why: string) => void,
): void {
  const limits: Limits = {};
  // What is limited no more gets what a start without it would give.
  for (const { name } of before.limits) {
    const own = native.getLimit(native.limitResources[name] ?? -1);
    if (own) limits[name as keyof Limits] = own;
    if (name === 'nofile') limits.nofile = { soft: around.openFiles };
  }
  for (const { name, soft, hard } of wanted.limits)
    limits[name as keyof Limits] = hard === undefined ? { soft } : { soft, hard };
  for (const { name, plan } of planLimits(limits)) {
    const errno = native.setLimitOf(pid, plan.resource, plan.soft, plan.hard);
    if (errno !== 0) failed(`rlimit_${name}`, errnoName(errno));
  }
}
