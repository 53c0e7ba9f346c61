/**
 * Another process in the place of one that runs, without a moment in which nobody accepts: the new one is started beside, with the
 * same listening sockets, and only when it is RUNNING the old one is stopped. A new one that fails changes nothing.
 */
import { invalid, TdaemonError } from '../errors';
import { parseReady } from '../readiness/parse';
import type { MainLog } from './main_log';
import type { ProcessRecord, StartedProcess } from './records';
import { STOPPED_STATES } from './states';
import type { SupervisedProcess } from './supervised_process';

export interface RollingResult {
  /** `group:process` */
  name: string;
  /** Of the process that there is now; 0: none. */
  pid: number;
  /** Absent: the new one has taken over, the old one has ended. */
  error?: string;
}

function refused(message: string): TdaemonError {
  return new TdaemonError(message, { reason: 'setup', code: 'ERR_TDAEMON_ROLLING_RESTART' });
}

/** Two of it can share what they listen on. */
export function canRoll({ config }: SupervisedProcess): boolean {
  return config.sockets.length > 0 || config.fcgi !== undefined;
}

export class RollingRestarts {
  readonly #log: MainLog;
  readonly #onReplaced: (process: SupervisedProcess, formerPid: number) => void;
  /** Resolves when only one is left. */
  readonly #running = new Map<SupervisedProcess, { beside: SupervisedProcess; over: Promise<void> }>();

  constructor(log: MainLog, onReplaced: (process: SupervisedProcess, formerPid: number) => void) {
    this.#log = log;
    this.#onReplaced = onReplaced;
  }

  /** One after the other; what cannot be replaced is said, and the next one tried. */
  async restart(processes: Iterable<SupervisedProcess>): Promise<RollingResult[]> {
    const results: RollingResult[] = [];
    for (const process of processes) {
      const name = process.fullName;
      try {
        await this.#restart(process);
        results.push({ name, pid: process.pid });
      } catch (error) {
        if (!(error instanceof TdaemonError)) throw error;
        this.#log.say('warn', `${name} is not replaced: ${error.message}`);
        results.push({ name, pid: process.pid, error: error.message });
      }
    }
    return results;
  }

  async #restart(process: SupervisedProcess): Promise<void> {
    const { state } = process;
    if (!canRoll(process)) throw invalid(`it has no sockets that two could share: give it 'sockets='`);
    if (state !== 'RUNNING') throw refused(`it is ${state}, not RUNNING`);
    if (this.#running.has(process)) throw refused('it is being replaced already');
    const next = process.beside('next');
    await this.#track(process, next, () => {
      next.start();
      return this.#replace(process, next);
    });
  }

  /** Goes on with what a supervisor before us had begun. */
  resume(
    process: SupervisedProcess,
    { record, started }: { record: ProcessRecord; started: StartedProcess | undefined },
  ): void {
    const beside = process.beside(record.role === 'next' ? 'next' : 'previous');
    void this.#track(process, beside, async () => {
      await beside.adopt(record, started);
      // Whether it is ready may have been told to our predecessor.
      const isLost =
        beside.state === 'STARTING' && !beside.config.ready.map(parseReady).every(({ asks }) => asks);
      if (record.role !== 'next' || isLost) await this.#dismiss(beside);
      else await this.#replace(process, beside);
    }).catch((error: Error) =>
      this.#log.say('warn', `${process.fullName} is not replaced: ${error.message}`),
    );
  }

  #track(process: SupervisedProcess, beside: SupervisedProcess, roll: () => Promise<void>): Promise<void> {
    const rolled = roll().finally(() => this.#running.delete(process));
    this.#running.set(process, { beside, over: rolled.catch(() => undefined) });
    return rolled;
  }

  async #replace(process: SupervisedProcess, next: SupervisedProcess): Promise<void> {
    await this.#settled(process, next);
    if (next.state !== 'RUNNING' || process.state !== 'RUNNING') {
      const why =
        process.state === 'RUNNING'
          ? next.spawnError || `the new one is ${next.state}`
          : 'it has ended meanwhile, or was stopped';
      await this.#dismiss(next);
      throw refused(why);
    }
    const formerPid = process.pid;
    process.exchange(next);
    this.#log.say('info', `${process.fullName}: pid ${process.pid} takes the place of pid ${formerPid}`);
    this.#onReplaced(process, formerPid);
    await this.#dismiss(next);
  }

  /** The new one is up or has failed, or the old one is gone. */
  #settled(process: SupervisedProcess, next: SupervisedProcess): Promise<void> {
    return new Promise((resolve) => {
      const look = () => {
        if (process.state === 'RUNNING' && next.state === 'STARTING') return;
        process.off('state', look);
        next.off('state', look);
        resolve();
      };
      process.on('state', look);
      next.on('state', look);
      look();
    });
  }

  async #dismiss(beside: SupervisedProcess): Promise<void> {
    beside.stop();
    await beside.reaches(STOPPED_STATES);
    await beside.remove();
  }

  /** 0: there is none beside it. */
  pidBeside(process: SupervisedProcess): number {
    return this.#running.get(process)?.beside.pid ?? 0;
  }

  /** Resolves when it is alone. It has been stopped: then it soon is. */
  async over(process: SupervisedProcess): Promise<void> {
    await this.#running.get(process)?.over;
  }

  async allOver(): Promise<void> {
    await Promise.all([...this.#running.values()].map(({ over }) => over));
  }
}
