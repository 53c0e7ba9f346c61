/** `ready=`: a program is RUNNING when it has lived for `startsecs` and all of these are true. */
import { statSync } from 'node:fs';
import type { ProcessConfig } from '../config/model';
import type { Plan } from '../daemon/plan';
import { type FailureReason, TdaemonError } from '../errors';
import type { OpenedOutput, Spawned } from '../native';
import { setVariable } from '../process/environment';
import { LiveProcess } from '../process/live_process';
import type { Condition, Notes, Start } from '../readiness/condition';
import { OutputFile } from '../readiness/output_file';
import { parseReady } from '../readiness/parse';
import { type Outcome, ReadinessWait } from '../readiness/wait';

/** Of an output that the logger writes to a file: where the file ended before the program was started. */
interface LogStart {
  path: string;
  descriptor: number;
  opened: OpenedOutput;
}

function logStarts(logs: readonly (string | undefined)[]): LogStart[] {
  return logs.flatMap((path, at) => {
    if (path === undefined) return [];
    const found = statSync(path, { bigint: true, throwIfNoEntry: false });
    const opened = { device: found?.dev ?? 0n, inode: found?.ino ?? 0n, size: Number(found?.size ?? 0) };
    return [{ path, descriptor: at + 1, opened }];
  });
}

export type ReadyOutcome =
  | { kind: 'ready' }
  | { kind: 'failed'; reason: FailureReason; why: string }
  /** It has ended, or nobody wants to know any more. */
  | { kind: 'over' };

function outcomeOf(outcome: Outcome): ReadyOutcome {
  if (outcome.kind === 'ready') return { kind: 'ready' };
  if (outcome.kind === 'late')
    return {
      kind: 'failed',
      reason: 'not-ready',
      why: `not ready in time: ${outcome.missing.map(({ text }) => text).join(', ')}`,
    };
  if (outcome.kind !== 'hopeless') return { kind: 'over' };
  const { error } = outcome;
  if (!(error instanceof TdaemonError)) return { kind: 'failed', reason: 'setup', why: String(error) };
  return { kind: 'failed', reason: error.reason, why: error.message };
}

export class ProgramReadiness {
  readonly #conditions: Condition[];
  readonly #start: Start;
  readonly #logs: LogStart[];
  readonly #over = new AbortController();
  readonly #warn: (message: string) => void;

  private constructor(
    conditions: Condition[],
    plan: Plan,
    config: ProcessConfig,
    warn: (message: string) => void,
    { logs = [], ...known }: { logs?: readonly (string | undefined)[] } & Pick<Start, 'notes' | 'startedAt'>,
  ) {
    this.#conditions = conditions;
    this.#warn = warn;
    this.#start = {
      ...known,
      spawn: plan.spawn,
      uid: plan.daemonUid,
      timeout: config.readyTimeout * 1000,
      highestDescriptor: Math.max(2, ...this.#conditions.map(({ descriptor = 0 }) => descriptor)),
      setVariable: (name, value) => {
        setVariable(plan.environment, name, value);
        plan.spawn.env = [...plan.environment.values()];
      },
    };
    this.#logs = this.#conditions.some(({ readsOutputs }) => readsOutputs) ? logStarts(logs) : [];
    for (const condition of this.#conditions) condition.prepare?.(this.#start);
  }

  /**
   * For a start to come; prepares the plan.
   *
   * @param logs of standard output and error
   * @param notes as Start has them
   * @throws TdaemonError: something that a condition needs cannot be had
   */
  static prepare(
    plan: Plan,
    config: ProcessConfig,
    logs: readonly (string | undefined)[],
    notes: Notes,
    warn: (message: string) => void,
  ): ProgramReadiness | undefined {
    if (config.ready.length === 0) return undefined;
    return new ProgramReadiness(config.ready.map(parseReady), plan, config, warn, { logs, notes });
  }

  /**
   * Of a program that another supervisor has started, as far as it can be asked; what it says only once may have been said.
   * The time that it has begins anew.
   *
   * @param startedAt milliseconds after the epoch
   * @returns undefined: there is nothing to ask
   */
  static resume(
    plan: Plan,
    config: ProcessConfig,
    startedAt: number,
    warn: (message: string) => void,
  ): ProgramReadiness | undefined {
    const conditions = config.ready.map(parseReady).filter(({ asks }) => asks);
    if (conditions.length === 0) return undefined;
    return new ProgramReadiness(conditions, plan, config, warn, { startedAt });
  }

  async wait(started: Spawned): Promise<ReadyOutcome> {
    // One of its own: the one that it is known by stays what it is, whoever calls himself the main process (MAINPID).
    const live = LiveProcess.open(started.pid);
    if (!live) return { kind: 'over' };
    const uid = process.geteuid?.() ?? 0;
    const outputs = this.#logs.map(
      ({ path, descriptor, opened }) => new OutputFile(path, descriptor, opened, uid, started.pid),
    );
    const wait = new ReadinessWait(live, {
      conditions: this.#conditions,
      timeout: this.#start.timeout,
      signal: this.#over.signal,
      subject: {
        group: started.group,
        outputs,
        spawn: this.#start.spawn,
        warn: this.#warn,
        show: () => undefined,
        status: () => undefined,
      },
      onBecomes: () => undefined,
    });
    try {
      return outcomeOf(await wait.outcome());
    } finally {
      wait.live.close();
      for (const output of outputs) output.close();
    }
  }

  close(): void {
    this.#over.abort();
    for (const condition of this.#conditions) condition.close?.();
  }
}
