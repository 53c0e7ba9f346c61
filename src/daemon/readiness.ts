/** From the options to conditions, and from their outcome to a daemon or an error. */
import { readFileSync } from 'node:fs';
import { invalid, TdaemonError } from '../errors';
import type { Spawned } from '../native';
import { fromBuffer, toText } from '../process/bytes';
import { setVariable } from '../process/environment';
import { LiveProcess } from '../process/live_process';
import { absolutePath } from '../process/working_directory';
import type { Condition, Start, Subject } from '../readiness/condition';
import { OutputFile } from '../readiness/output_file';
import { parseReady } from '../readiness/parse';
import { type Outcome, ReadinessWait } from '../readiness/wait';
import { abandon } from './abandon';
import { startDetached } from './launch';
import type { DaemonizeOptions } from './options';
import { clearStalePidfile, repointPidfile } from './pidfile';
import type { Plan } from './plan';
import { failedToBeReady } from './ready_failure';
import { DEFAULT_READY_GRACE_MS, DEFAULT_READY_TIMEOUT_MS } from './ready_options';

/** How long the system may take to say how a process has ended: its parent must reap it first. */
const EXIT_MS = 100;

export interface Ready {
  pid: number;
  startTime: number;
  /** What `line:` has found. */
  lines: (string | Uint8Array)[];
}

/** Conditions that can come true in this start. @throws TdaemonError (`invalid`) */
export class Readiness {
  readonly #plan: Plan;
  readonly #options: DaemonizeOptions;
  readonly #conditions: Condition[];
  readonly #start: Start;
  readonly #grace: number;
  #status: string | undefined;

  constructor(plan: Plan, options: DaemonizeOptions) {
    const {
      ready = [],
      readyTimeout = DEFAULT_READY_TIMEOUT_MS,
      readyGrace = DEFAULT_READY_GRACE_MS,
    } = options;
    if (!(readyTimeout > 0))
      throw invalid(`ready timeout: ${readyTimeout} is no number of milliseconds above 0`);
    if (!(readyGrace >= 0))
      throw invalid(`ready grace: ${readyGrace} is no number of milliseconds from 0 on`);
    this.#plan = plan;
    this.#options = options;
    this.#grace = readyGrace;
    this.#conditions = (typeof ready === 'string' ? [ready] : ready).map(parseReady);
    const descriptors = this.#conditions.map(({ descriptor = 0 }) => descriptor);
    const twice = descriptors.find(
      (descriptor, at) => descriptor > 0 && descriptors.indexOf(descriptor) !== at,
    );
    if (twice !== undefined) throw invalid(`ready: descriptor ${twice} is given twice`);
    const certificates = certificatesOf(options);
    this.#start = {
      spawn: plan.spawn,
      uid: plan.daemonUid,
      timeout: readyTimeout,
      highestDescriptor: Math.max(2, ...descriptors),
      ...(certificates && { certificates }),
      setVariable: (name, value) => {
        setVariable(plan.environment, name, value);
        plan.spawn.env = [...plan.environment.values()];
      },
    };
    for (const condition of this.#conditions) condition.check?.(this.#start);
  }

  /**
   * Starts, and waits.
   *
   * @throws TdaemonError as `daemonize`; nothing of the daemon is left then, unless it is to be kept.
   */
  async startAndWait(): Promise<Ready> {
    try {
      this.#plan.spawn.tellOutputs = true;
      for (const condition of this.#conditions) condition.prepare?.(this.#start);
      return await this.#waitFor(await startDetached(this.#plan));
    } finally {
      await Promise.all(this.#conditions.map((condition) => condition.close?.()));
    }
  }

  async #waitFor(started: Spawned): Promise<Ready> {
    const outputs = outputFiles(this.#plan, started);
    const wait = new ReadinessWait(LiveProcess.from(started), {
      conditions: this.#conditions,
      timeout: this.#start.timeout,
      signal: this.#options.signal,
      subject: this.#subject(started.group, outputs),
      onBecomes: (former, live) => this.#repoint(former.pid, live),
    });
    try {
      const outcome = await this.#outcome(wait);
      if (outcome.kind !== 'ready') throw await this.#fail(outcome, started, wait.live, outputs);
      const lines = this.#conditions.flatMap(({ line }) => (line ? [fromBuffer(line)] : []));
      return { pid: wait.live.pid, startTime: wait.live.startTime ?? 0, lines };
    } finally {
      wait.live.close();
      for (const output of outputs) output.close();
    }
  }

  /** Whatever goes wrong on the way is told when the daemon has been ended, not instead. */
  async #outcome(wait: ReadinessWait): Promise<Outcome> {
    try {
      this.#tellWaiting();
      return await wait.outcome();
    } catch (error) {
      return { kind: 'hopeless', error };
    }
  }

  #subject(group: number, outputs: OutputFile[]): Omit<Subject, 'live' | 'extend' | 'becomes'> {
    const { onReadiness } = this.#options;
    const warned = new Set<string>();
    return {
      group,
      outputs,
      spawn: this.#plan.spawn,
      warn: (message) => {
        if (!warned.has(message)) onReadiness?.({ kind: 'warning', message });
        warned.add(message);
      },
      show: (line) => onReadiness?.({ kind: 'output', line }),
      status: (text) => {
        this.#status = text;
        this.#tellWaiting();
      },
    };
  }

  #tellWaiting(): void {
    const conditions = this.#conditions.map(({ text }) => text);
    const status = this.#status;
    this.#options.onReadiness?.({ kind: 'waiting', conditions, ...(status !== undefined && { status }) });
  }

  #repoint(from: number, live: LiveProcess): void {
    const { pidfile } = this.#plan.spawn;
    if (pidfile !== undefined) repointPidfile(pidfile, this.#plan.daemonUid, from, live);
  }

  async #fail(
    outcome: Exclude<Outcome, { kind: 'ready' }>,
    started: Spawned,
    live: LiveProcess,
    outputs: readonly OutputFile[],
  ): Promise<TdaemonError> {
    const keep = outcome.kind === 'late' && (this.#options.readyKeep ?? false);
    const exit = outcome.kind === 'ended' ? await exitOf(live) : undefined;
    const { group } = started;
    const all = { group, session: group, uid: this.#plan.daemonUid };
    const gone = keep || (await abandon(live, all, this.#grace));
    const { pidfile } = this.#plan.spawn;
    if (!keep && gone && pidfile !== undefined) clearStalePidfile(pidfile, undefined);
    return failedToBeReady(outcome, {
      command: toText(this.#plan.command),
      pid: live.pid,
      timeout: this.#start.timeout,
      exit,
      status: this.#status,
      left: keep ? 'kept' : gone ? 'nothing' : 'unendable',
      outputs,
    });
  }
}

function certificatesOf({ readyCa }: DaemonizeOptions): Buffer | undefined {
  if (readyCa === undefined) return undefined;
  try {
    return readFileSync(absolutePath(readyCa));
  } catch (cause) {
    const { code = 'EIO' } = cause as NodeJS.ErrnoException;
    throw new TdaemonError(`cannot read the certificates '${readyCa}' (${code})`, {
      reason: 'setup',
      code,
      path: readyCa,
      cause,
    });
  }
}

function outputFiles({ spawn, daemonUid }: Plan, { pid, outputs = [] }: Spawned): OutputFile[] {
  return [1, 2].flatMap((descriptor) => {
    const output = spawn.stdio[descriptor];
    const found = outputs[descriptor - 1];
    return output?.kind === 'file' && found
      ? [new OutputFile(output.path, descriptor, found, daemonUid, pid)]
      : [];
  });
}

async function exitOf(live: LiveProcess) {
  const end = performance.now() + EXIT_MS;
  for (;;) {
    const exit = live.exit();
    if (exit || performance.now() > end) return exit;
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
}
