/** All programs of a configuration: started in order, looked after, stopped in order. */
import { EventEmitter } from 'node:events';
import type { Config, GroupConfig } from '../config/model';
import { TdaemonError } from '../errors';
import type { Exit } from '../native';
import { bootId } from '../process/identity';
import type { LiveProcess } from '../process/live_process';
import { applyLive } from './apply_live';
import { Cgroups } from './cgroups';
import { type ConfigChanges, compareConfigs } from './config_changes';
import { Dependencies } from './dependencies';
import { byProcess, type FoundProcess } from './found_records';
import type { KeeperLink } from './keeper_link';
import { KeptExits } from './kept_exits';
import type { ListeningSockets } from './listening_sockets';
import type { LoggerLink } from './logger_link';
import { MadeAddresses } from './made_addresses';
import type { MainLog } from './main_log';
import { ProcessGroup } from './process_group';
import type { Surroundings } from './program_plan';
import { type ProcessRecord, Records, type StartedProcess } from './records';
import { RollingRestarts, type RollingResult } from './rolling_restart';
import { SIGNALLABLE_STATES, STOPPED_STATES } from './states';
import { type Host, type StateChange, SupervisedProcess } from './supervised_process';

export type SupervisorState = 'RUNNING' | 'RESTARTING' | 'SHUTDOWN';

interface SupervisorEvents {
  state: [StateChange];
  /** Its processes are there, and have not been started or taken over yet. Again when others have joined it. */
  'group-included': [ProcessGroup];
  'group-added': [string];
  'group-removed': [string];
  'supervisor-state': [SupervisorState];
  /** It is another process now, RUNNING as the former was. */
  replaced: [process: SupervisedProcess, formerPid: number];
  /** All that there is has been taken over or started. */
  begun: [];
  /** Of a client, for event listeners. */
  'remote-communication': [type: string, data: string];
}

export interface SupervisorParts {
  runtimeDirectory: string;
  keeper: KeeperLink;
  logger: LoggerLink;
  sockets: ListeningSockets;
  log: MainLog;
  surroundings: Surroundings;
  /** The file, read anew. @throws TdaemonError */
  readConfig(): Config;
}

export class Supervisor extends EventEmitter<SupervisorEvents> implements Host {
  config: Config;
  readonly log: MainLog;
  readonly surroundings: Surroundings;
  readonly logs: Host['logs'];
  readonly records: Records;
  readonly sockets: ListeningSockets;
  readonly cgroups: Cgroups;
  readonly notes: MadeAddresses;
  readonly dependencies = new Dependencies(() => this.processes());
  readonly #parts: SupervisorParts;
  readonly #rolling: RollingRestarts;
  readonly #groups = new Map<string, ProcessGroup>();
  /** Out of use, but what is theirs is still there: one of that name would lose its own with it. */
  readonly #leaving = new Map<string, Promise<unknown>>();
  readonly #exits: KeptExits;
  #state: SupervisorState = 'RUNNING';
  /** Before a process is started for the first time, and after it has been removed. */
  prepare: (process: SupervisedProcess) => Promise<void> | undefined = () => undefined;
  release: (process: SupervisedProcess) => Promise<void> | undefined = () => undefined;
  /** Before a group is stopped at the end: listeners may hear of it. */
  farewell: (group: ProcessGroup) => Promise<void> | undefined = () => undefined;

  constructor(config: Config, parts: SupervisorParts) {
    super();
    this.config = config;
    this.#parts = parts;
    this.log = parts.log;
    this.surroundings = parts.surroundings;
    this.sockets = parts.sockets;
    this.#rolling = new RollingRestarts(parts.log, (...replaced) => this.emit('replaced', ...replaced));
    this.cgroups = new Cgroups(parts.runtimeDirectory, parts.log);
    this.records = new Records(parts.runtimeDirectory);
    this.notes = new MadeAddresses(parts.runtimeDirectory);
    const { childLogDir, identifier, stripAnsi } = config.supervisord;
    const { runtimeDirectory, keeper, logger } = parts;
    this.logs = { runtimeDirectory, childLogDir, identifier, stripAnsi, keeper, logger };
    this.#exits = new KeptExits(keeper, (pid) =>
      [...this.processes()].some((process) => [process.pid, this.pidBeside(process)].includes(pid)),
    );
  }

  get state(): SupervisorState {
    return this.#state;
  }

  get isEnding(): boolean {
    return this.#state !== 'RUNNING';
  }

  /** By priority. */
  get groups(): ProcessGroup[] {
    return [...this.#groups.values()].sort((one, other) => one.priority - other.priority);
  }

  group(name: string): ProcessGroup | undefined {
    return this.#groups.get(name);
  }

  *processes(): Iterable<SupervisedProcess> {
    for (const group of this.#groups.values()) yield* group.processes;
  }

  /** The file, read anew. @throws TdaemonError */
  readConfig(): Config {
    return this.#parts.readConfig();
  }

  endingOf(started: StartedProcess, live?: LiveProcess): Promise<Exit | undefined> {
    return this.#exits.endingOf(started, live);
  }

  noteEnding(started: StartedProcess): void {
    this.#exits.note(started);
  }

  // From the first program to the last.

  /** Takes over what runs, and starts what should run. */
  async begin(): Promise<void> {
    this.notes.clear();
    const left = byProcess(this.records.read());
    const adopted: { process: SupervisedProcess; found: FoundProcess }[] = [];
    const isFirst = left.size === 0;
    const processOf = (group: GroupConfig, config: GroupConfig['processes'][number]) => {
      const found = left.get(`${group.name}:${config.name}`);
      if (!found) return new SupervisedProcess(this, group.name, group.priority, config);
      left.delete(`${group.name}:${config.name}`);
      const { record, slot } = found;
      const process = new SupervisedProcess(
        this,
        group.name,
        group.priority,
        runs(record) ? record.config : config,
        { autoLogs: record.autoLogs, slot, lastPid: lastPidOf(found) },
      );
      adopted.push({ process, found });
      return process;
    };
    for (const group of this.config.groups) {
      this.#include(
        new ProcessGroup(
          group,
          group.processes.map((config) => processOf(group, config)),
        ),
      );
      if (isFirst) this.emit('group-added', group.name);
    }
    for (const found of left.values())
      if (runs(found.record)) adopted.push({ process: this.#adoptRemoved(found), found });
      else for (const { name } of [found, ...found.others]) this.records.remove(name);
    await Promise.all([...this.processes()].map((process) => this.#open(process)));
    await Promise.all(adopted.map(({ process, found }) => process.adopt(found.record, found.started)));
    for (const { process, found } of adopted)
      for (const other of found.others)
        if (runs(other.record)) this.#rolling.resume(process, other);
        else this.records.remove(other.name);
    if (isFirst) this.emit('supervisor-state', 'RUNNING');
    // What ran before the machine was started anew begins anew too.
    const known = new Set(
      adopted.filter(({ found }) => isOfThisBoot(found.record)).map(({ process }) => process),
    );
    for (const group of this.groups)
      for (const process of group.processes)
        if (!known.has(process) && process.config.autostart) this.dependencies.start(process);
    for (const { process, found } of adopted) {
      const { state } = found.record;
      if (process.config.listener && runs(found.record) && state !== 'STOPPING') void this.#renew(process);
    }
    this.#exits.begin();
    this.emit('begun');
  }

  /** Whom it speaks with has ended, and it with them: a listener starts anew. */
  async #renew(process: SupervisedProcess): Promise<void> {
    if (process.isAdopted && process.stop()) await process.reaches(STOPPED_STATES);
    if (!this.isEnding && STOPPED_STATES.has(process.state)) this.dependencies.start(process);
  }

  /** It runs, and the file has it no more: it goes on until `update`. */
  #adoptRemoved(found: FoundProcess): SupervisedProcess {
    const { group: name, groupPriority: priority, config, autoLogs } = found.record;
    const identity = { autoLogs, slot: found.slot, lastPid: lastPidOf(found) };
    const process = new SupervisedProcess(this, name, priority, config, identity);
    const group = this.#groups.get(name);
    const others = group?.processes ?? [];
    this.#include(new ProcessGroup({ name, priority, kind: config.kind }, [...others, process]));
    return process;
  }

  async #open(process: SupervisedProcess): Promise<void> {
    try {
      await Promise.all([process.open(), this.prepare(process)]);
    } catch (error) {
      if (!(error instanceof TdaemonError)) throw error;
      this.log.say('error', error.message);
    }
  }

  #include(group: ProcessGroup): void {
    this.#groups.set(group.name, group);
    for (const process of group.processes) {
      process.removeAllListeners('state');
      process.on('state', (change) => {
        this.emit('state', change);
        this.dependencies.onStateChange(change);
      });
    }
    this.emit('group-included', group);
  }

  /** Stops all, in reverse order. @param state what is to come after */
  async end(state: 'SHUTDOWN' | 'RESTARTING'): Promise<void> {
    if (this.isEnding) return;
    this.#state = state;
    this.emit('supervisor-state', state);
    for (const process of this.processes()) this.dependencies.forget(process);
    for (const group of this.groups.reverse()) {
      // Who needs others is stopped before them, whatever their groups.
      for (const process of group.processes)
        for (const wave of this.dependencies.dependentsFirst(this.#dependentsOf(process)))
          await Promise.all(wave.map((dependent) => this.stop(dependent)));
      await this.farewell(group);
      await group.stop();
    }
    await this.#rolling.allOver();
  }

  #dependentsOf(process: SupervisedProcess, found = new Set<SupervisedProcess>()): SupervisedProcess[] {
    for (const other of this.dependencies.on(process)) {
      if (found.has(other)) continue;
      found.add(other);
      this.#dependentsOf(other, found);
    }
    return [...found];
  }

  /** Resolves when it does not run. @returns false: it did not */
  async stop(process: SupervisedProcess): Promise<boolean> {
    this.dependencies.forget(process);
    if (!process.stop()) return false;
    await process.reaches(STOPPED_STATES);
    await this.#rolling.over(process);
    return true;
  }

  /** Puts another process in the place of each, one after the other: nobody who connects to their sockets is refused. */
  rollingRestart(processes: Iterable<SupervisedProcess>): Promise<RollingResult[]> {
    return this.#rolling.restart(processes);
  }

  /** Of the process beside it, that is to take its place or did so; 0: none. */
  pidBeside(process: SupervisedProcess): number {
    return this.#rolling.pidBeside(process);
  }

  // Another configuration.

  /** Reads the file again, and applies at once what can be. @throws TdaemonError */
  reread(): ConfigChanges {
    const config = this.readConfig();
    for (const group of config.groups)
      for (const wanted of group.processes) {
        const process = this.#groups.get(group.name)?.find(wanted.name);
        if (process) applyLive(process, wanted, this.surroundings, this.log);
      }
    this.config = config;
    return compareConfigs(
      this.groups.map((group) => group.config),
      config.groups,
    );
  }

  /** @returns false: it is there already. @throws TdaemonError (`not-found`) when the configuration has it not */
  async addGroup(name: string): Promise<boolean> {
    await this.#leaving.get(name);
    if (this.#groups.has(name)) return false;
    const config = this.config.groups.find((group) => group.name === name);
    if (!config)
      throw new TdaemonError(`no group '${name}'`, { reason: 'not-found', code: 'ERR_TDAEMON_NAME' });
    const group = ProcessGroup.of(this, config);
    this.#include(group);
    await Promise.all(group.processes.map((process) => this.#open(process)));
    this.emit('group-added', name);
    for (const process of group.processes) if (process.config.autostart) this.dependencies.start(process);
    return true;
  }

  /** @returns false: something of it runs still */
  async removeGroup(name: string): Promise<boolean> {
    const group = this.#groups.get(name);
    if (!group?.isStopped) return false;
    this.#groups.delete(name);
    const left = this.#takeLeave(group).finally(() => this.#leaving.delete(name));
    this.#leaving.set(name, left);
    await left;
    this.emit('group-removed', name);
    return true;
  }

  async #takeLeave({ processes }: ProcessGroup): Promise<void> {
    await Promise.all(processes.map((process) => this.#rolling.over(process)));
    for (const process of processes) this.dependencies.forget(process);
    await Promise.all(
      processes.map(async (process) => {
        await process.remove();
        await this.release(process);
      }),
    );
  }
}

/** What it has written before it is taken over is already heard. */
function lastPidOf({ record, started }: FoundProcess): number {
  const isThere = isOfThisBoot(record) && SIGNALLABLE_STATES.has(record.state);
  return isThere ? ((started ?? record.running)?.pid ?? 0) : 0;
}

function isOfThisBoot(record: ProcessRecord): boolean {
  return record.bootId === (bootId() ?? '');
}

/** Or is about to: it goes on as it was. */
function runs(record: ProcessRecord): boolean {
  return isOfThisBoot(record) && (SIGNALLABLE_STATES.has(record.state) || record.state === 'BACKOFF');
}
