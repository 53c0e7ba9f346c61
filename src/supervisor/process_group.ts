/** Programs that are started, stopped and replaced together, as a configuration has them. */
import type { GroupConfig, ProcessConfig } from '../config/model';
import { SIGNALLABLE_STATES, STOPPED_STATES } from './states';
import { type Host, SupervisedProcess } from './supervised_process';

const NOTHING_RUNS = new Set([...STOPPED_STATES, 'BACKOFF'] as const);

export class ProcessGroup {
  readonly name: string;
  readonly priority: number;
  readonly kind: ProcessConfig['kind'];
  /** By priority, then as written. */
  readonly processes: SupervisedProcess[];

  constructor(config: Pick<GroupConfig, 'name' | 'priority' | 'kind'>, processes: SupervisedProcess[]) {
    this.name = config.name;
    this.priority = config.priority;
    this.kind = config.kind;
    this.processes = processes;
  }

  static of(host: Host, config: GroupConfig): ProcessGroup {
    const processes = config.processes.map(
      (process) => new SupervisedProcess(host, config.name, config.priority, process),
    );
    return new ProcessGroup(config, processes);
  }

  find(name: string): SupervisedProcess | undefined {
    return this.processes.find((process) => process.name === name);
  }

  /** As it is used, which a configuration file may have left behind. */
  get config(): Omit<GroupConfig, 'place'> {
    const { name, priority, kind } = this;
    return { name, priority, kind, processes: this.processes.map(({ config }) => config) };
  }

  get isStopped(): boolean {
    return this.processes.every(({ state }) => STOPPED_STATES.has(state));
  }

  /** In reverse order; resolves when nothing of it runs. */
  async stop(): Promise<void> {
    for (const process of [...this.processes].reverse()) process.stop();
    await Promise.all(
      this.processes.map((process) => {
        if (SIGNALLABLE_STATES.has(process.state)) return process.reaches(NOTHING_RUNS);
        return undefined;
      }),
    );
  }
}
