/** From what happens to the listeners who have subscribed to it. */
import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import type { ProcessGroup } from '../process_group';
import type { StateChange } from '../supervised_process';
import type { Supervisor } from '../supervisor';
import {
  groupChange,
  isSubscribed,
  processState,
  remoteCommunication,
  type SupervisorEvent,
  supervisorState,
  tick,
} from './event';
import { EventPool } from './event_pool';
import { Ticks } from './ticks';

export class EventHub {
  readonly #supervisor: Supervisor;
  readonly #folder: string;
  readonly #pools = new Map<string, EventPool>();
  readonly #ticks = new Ticks((period, when) => this.tell(tick(period, when)));
  #serial = -1;
  /** Tells of a change in its turn: after what the process has written before. */
  order: (change: StateChange, tell: () => void) => void = (_, tell) => tell();

  /** Before the supervisor begins. */
  constructor(supervisor: Supervisor, runtimeDirectory: string) {
    this.#supervisor = supervisor;
    this.#folder = path.join(runtimeDirectory, 'events');
    mkdirSync(this.#folder, { mode: 0o700, recursive: true });
    supervisor.on('group-included', (group) => this.#include(group));
    supervisor.on('group-added', (name) => this.tell(groupChange('ADDED', name)));
    supervisor.on('group-removed', (name) => {
      this.#remove(name);
      this.tell(groupChange('REMOVED', name));
    });
    supervisor.on('supervisor-state', (state) =>
      this.tell(supervisorState(state === 'RUNNING' ? 'RUNNING' : 'STOPPING')),
    );
    supervisor.on('state', (change) => this.#onState(change));
    supervisor.farewell = (group) => this.#pools.get(group.name)?.settled();
    supervisor.on('begun', () => this.#forgetOthers());
  }

  /** The events of pools that there are no more. */
  #forgetOthers(): void {
    const kept = new Set([...this.#pools.keys()].map(encodeURIComponent));
    for (const name of readdirSync(this.#folder))
      if (!kept.has(name)) rmSync(path.join(this.#folder, name), { force: true });
  }

  #include(group: ProcessGroup): void {
    const [{ config } = { config: undefined }] = group.processes;
    if (group.kind !== 'eventlistener' || !config?.listener) return;
    let pool = this.#pools.get(group.name);
    if (!pool) {
      const { log } = this.#supervisor;
      const { identifier } = this.#supervisor.config.supervisord;
      const file = path.join(this.#folder, encodeURIComponent(group.name));
      pool = new EventPool(group.name, config.listener, { identifier, log, file });
      this.#pools.set(group.name, pool);
      this.#serial = Math.max(this.#serial, pool.lastSerial);
    }
    for (const process of group.processes) pool.include(process);
    this.#wantTicks();
  }

  #remove(name: string): void {
    this.#pools.get(name)?.close();
    this.#pools.delete(name);
    this.#wantTicks();
  }

  #wantTicks(): void {
    this.#ticks.want((type) => this.isWanted(type));
  }

  #onState(change: StateChange): void {
    const event = processState(change);
    this.order(change, () => this.tell(event));
    this.#pools.get(change.process.group)?.onState(change.process);
  }

  isWanted(type: string): boolean {
    return [...this.#pools.values()].some(({ events }) => isSubscribed(events, type));
  }

  /** Only what somebody waits for has a number. */
  tell(event: SupervisorEvent): void {
    const pools = [...this.#pools.values()].filter(({ events }) => isSubscribed(events, event.type));
    if (pools.length === 0) return;
    this.#serial++;
    for (const pool of pools) pool.accept(event, this.#serial);
  }

  /** REMOTE_COMMUNICATION: what a client has to say to listeners. */
  tellRemote(type: string, data: string): void {
    this.tell(remoteCommunication(type, data));
  }

  /** Nothing is kept: the end, or another beginning. */
  close(): void {
    for (const name of [...this.#pools.keys()]) this.#remove(name);
  }
}
