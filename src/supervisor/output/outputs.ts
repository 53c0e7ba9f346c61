/** All that happens with logs beside the logger: events, the system's log, compression. */
import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import { isFollowed } from '../channels';
import type { EventHub } from '../events/event_hub';
import type { ProcessGroup } from '../process_group';
import type { SupervisedProcess } from '../supervised_process';
import type { Supervisor } from '../supervisor';
import { Compressor } from './compressor';
import { DirectoryWatch } from './directory_watch';
import { DiskTurns } from './disk_turns';
import { ProcessOutput, within } from './process_output';
import type { Syslog } from './syslog';

/** Backups are not kept from being compressed for longer. */
const MOST_PATIENCE_MS = 10_000;

export class Outputs {
  readonly #supervisor: Supervisor;
  readonly #events: EventHub;
  readonly #folder: string;
  readonly #syslog: Syslog;
  readonly #compressor: Compressor;
  readonly #turns = new DiskTurns();
  readonly #directories = new DirectoryWatch();
  readonly #outputs = new Map<SupervisedProcess, ProcessOutput>();

  /** Before the supervisor begins. */
  constructor(supervisor: Supervisor, events: EventHub, runtimeDirectory: string, syslog: Syslog) {
    this.#supervisor = supervisor;
    this.#events = events;
    this.#syslog = syslog;
    this.#folder = path.join(runtimeDirectory, 'follow');
    mkdirSync(this.#folder, { mode: 0o700, recursive: true });
    this.#compressor = new Compressor(supervisor.logs.logger, supervisor.log);
    supervisor.on('group-included', (group) => this.#include(group));
    // Listeners hear the last words of the others.
    const { farewell } = supervisor;
    supervisor.farewell = async (group) => {
      if (group.kind === 'eventlistener')
        await Promise.all([...this.#outputs.values()].map((output) => output.inOrder()));
      await farewell(group);
    };
    supervisor.release = (process) => this.#remove(process);
    supervisor.prepare = (process) => this.#begin(process);
    events.order = (change, tell) => {
      const output = this.#outputs.get(change.process);
      if (output) output.onState(change, tell);
      else tell();
    };
  }

  #include(group: ProcessGroup): void {
    const { log } = this.#supervisor;
    for (const process of group.processes) {
      if (this.#outputs.has(process)) continue;
      const output = new ProcessOutput(process, {
        turns: this.#turns,
        directories: this.#directories,
        folder: this.#folder,
        log,
        syslog: this.#syslog,
        tell: (event) => this.#events.tell(event),
      });
      this.#outputs.set(process, output);
      this.#warn(process);
    }
  }

  async #begin(process: SupervisedProcess): Promise<void> {
    const output = this.#outputs.get(process);
    if (!output) return;
    void process.open().then(
      () => this.#compress(process, output),
      () => undefined,
    );
    await output.begin();
  }

  /** Of what cannot be told, or not of whom it is. */
  #warn({ channels, config, fullName }: SupervisedProcess): void {
    const { log: mainLog } = this.#supervisor;
    for (const channel of ['stdout', 'stderr'] as const) {
      const log = channels.logFile(channel);
      if (log === undefined || !isFollowed(config[channel])) continue;
      const who = `the ${channel} of ${fullName}`;
      if (!channels.followed(channel))
        mainLog.say('warn', `${who} cannot be followed: it is no file of the logger's`);
      const others = [...this.#outputs.keys()].flatMap((other) =>
        (['stdout', 'stderr'] as const).filter((name) => other.channels.logFile(name) === log),
      );
      if (others.length > 1) mainLog.say('warn', `${who} cannot be told from that of others in '${log}'`);
    }
  }

  #compress({ config, channels }: SupervisedProcess, output: ProcessOutput): void {
    for (const channel of ['stdout', 'stderr'] as const) {
      const { compress, backups } = config[channel];
      const log = channels.logFile(channel);
      if (!compress || backups === 0 || log === undefined || !channels.isMoved(channel)) continue;
      const isFree = () => within(MOST_PATIENCE_MS, output.caughtUp());
      this.#compressor.add({ id: channels.id(channel), log, backups, isFree });
    }
  }

  async #remove(process: SupervisedProcess): Promise<void> {
    const output = this.#outputs.get(process);
    this.#outputs.delete(process);
    for (const channel of ['stdout', 'stderr'] as const)
      this.#compressor.remove(process.channels.id(channel));
    await output?.close();
    const own = encodeURIComponent(process.fullName);
    for (const name of readdirSync(this.#folder))
      if (name.startsWith(`${own}.`)) rmSync(path.join(this.#folder, name), { force: true });
  }

  /** Resolves when all that was written has been told. */
  async close(): Promise<void> {
    await Promise.all([...this.#outputs.keys()].map((process) => this.#remove(process)));
    await within(MOST_PATIENCE_MS, this.#compressor.close());
    this.#syslog.close();
  }
}
