/** What all pages that are looked at are told: states at once, vitals every so often. With nobody looking it hears and does nothing. */
import type { ServerResponse } from 'node:http';
import { hostname } from 'node:os';
import { version } from '../../../package.json';
import type { ProcessGroup } from '../../supervisor/process_group';
import type { SupervisedProcess } from '../../supervisor/supervised_process';
import type { Supervisor } from '../../supervisor/supervisor';
import type { ControlHost } from '../method';
import { splitName } from '../names';
import { event, Looker } from './looker';
import type { Hello, Outcome, ProgramsChanged } from './messages';
import { rowOf } from './rows';
import { Sampler } from './sampler';

/** The first change is told at once; what comes within this time after it, together. */
const TOGETHER_MS = 50;
const MOST_LOOKERS = 64;
/** For pages that had no stream when an action ended. */
const KEPT_OUTCOMES = 20;
/** So that a page notices that its connection is gone. */
const BEAT_MS = 10_000;

export class Feed {
  readonly #host: ControlHost;
  readonly #supervisor: Supervisor;
  readonly #token: string;
  readonly #lookers = new Set<Looker>();
  readonly #sampler: Sampler;
  readonly #underWay = new Set<string>();
  #outcomes: readonly Outcome[] = [];
  readonly #changed = new Set<string>();
  readonly #heard = new Map<SupervisedProcess, () => void>();
  #timer: NodeJS.Timeout | undefined;
  #beat: NodeJS.Timeout | undefined;

  constructor(host: ControlHost, token: string) {
    this.#host = host;
    this.#supervisor = host.supervisor;
    this.#token = token;
    this.#sampler = new Sampler(
      () => this.#supervisor.processes(),
      (changed) => {
        const events = event('vitals', changed);
        for (const looker of this.#lookers) looker.tellVitals(events);
      },
    );
  }

  /** Undefined: there are too many. */
  join(response: ServerResponse): Looker | undefined {
    if (this.#lookers.size >= MOST_LOOKERS) return undefined;
    if (this.#lookers.size === 0) this.#begin();
    const looker = new Looker(response, ({ programs, vitals, supervisor, outcomes }) =>
      [
        supervisor ? this.#supervisorEvent() : '',
        programs.size > 0 ? event('programs', this.#state(programs)) : '',
        vitals ? event('vitals', this.#sampler.rows) : '',
        ...outcomes.map((outcome) => event('outcome', outcome)),
      ].join(''),
    );
    this.#lookers.add(looker);
    response.on('close', () => this.#leave(looker));
    return looker;
  }

  /** All that there is. */
  greet(looker: Looker): void {
    looker.send(event('hello', this.#hello()));
  }

  get supervisor(): Supervisor {
    return this.#supervisor;
  }

  /** An action has begun. */
  expectOutcome(id: string): void {
    this.#underWay.add(id);
  }

  tellOutcome(outcome: Outcome): void {
    this.#underWay.delete(outcome.id);
    this.#outcomes = [...this.#outcomes, outcome].slice(-KEPT_OUTCOMES);
    // What it has changed comes first.
    this.#flush();
    for (const looker of this.#lookers) looker.tellOutcome(outcome);
  }

  #leave(looker: Looker): void {
    if (this.#lookers.delete(looker) && this.#lookers.size === 0) this.#end();
  }

  #hello(): Hello {
    const supervisor = this.#supervisor;
    const { config } = supervisor;
    return {
      token: this.#token,
      identifier: config.supervisord.identifier,
      host: hostname(),
      version,
      pid: this.#host.pid(),
      configFile: config.file,
      supervisorState: supervisor.state,
      now: Date.now(),
      canAct: config.hasRpcInterface,
      underWay: [...this.#underWay],
      outcomes: [...this.#outcomes],
      programs: [...supervisor.processes()].map((process) => rowOf(process, supervisor)),
      vitals: this.#sampler.rows,
    };
  }

  #supervisorEvent(): string {
    return event('supervisor', { state: this.#supervisor.state });
  }

  #state(keys: Iterable<string>): ProgramsChanged {
    const state: ProgramsChanged = { changed: [], removed: [] };
    for (const key of keys) {
      const { group, process: name = '' } = splitName(key);
      const process = this.#supervisor.group(group)?.find(name);
      if (process) state.changed.push(rowOf(process, this.#supervisor));
      else state.removed.push(key);
    }
    return state;
  }

  // What happens.

  #begin(): void {
    const supervisor = this.#supervisor;
    supervisor.on('state', this.#onChange).on('replaced', this.#onReplaced);
    supervisor.on('group-included', this.#onIncluded).on('group-removed', this.#onRemoved);
    supervisor.on('supervisor-state', this.#onSupervisor);
    for (const process of supervisor.processes()) this.#hear(process);
    this.#sampler.start();
    this.#beat = setInterval(() => {
      for (const looker of this.#lookers) if (looker.isFree) looker.send(event('beat', { now: Date.now() }));
    }, BEAT_MS);
  }

  #end(): void {
    const supervisor = this.#supervisor;
    supervisor.off('state', this.#onChange).off('replaced', this.#onReplaced);
    supervisor.off('group-included', this.#onIncluded).off('group-removed', this.#onRemoved);
    supervisor.off('supervisor-state', this.#onSupervisor);
    for (const [process, onWaiting] of this.#heard) process.off('waiting', onWaiting);
    this.#heard.clear();
    this.#sampler.stop();
    clearInterval(this.#beat);
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#changed.clear();
  }

  readonly #onChange = ({ process }: { process: SupervisedProcess }) => this.#change(process.fullName);

  readonly #onReplaced = (process: SupervisedProcess) => this.#change(process.fullName);

  readonly #onIncluded = (group: ProcessGroup) => {
    for (const process of group.processes) {
      this.#hear(process);
      this.#change(process.fullName);
    }
  };

  readonly #onRemoved = (name: string) => {
    for (const [process, onWaiting] of this.#heard) {
      if (process.group !== name) continue;
      process.off('waiting', onWaiting);
      this.#heard.delete(process);
      this.#change(process.fullName);
    }
  };

  readonly #onSupervisor = () => {
    for (const looker of this.#lookers) looker.tellSupervisor(this.#supervisorEvent());
  };

  #hear(process: SupervisedProcess): void {
    if (this.#heard.has(process)) return;
    const onWaiting = () => this.#change(process.fullName);
    this.#heard.set(process, onWaiting);
    process.on('waiting', onWaiting);
  }

  #change(key: string): void {
    this.#changed.add(key);
    // The streams are about to end too.
    if (this.#supervisor.isEnding) queueMicrotask(() => this.#flush());
    if (this.#timer) return;
    // Who changes it has not finished yet: its error may come right after its state.
    setImmediate(() => this.#flush());
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#flush();
    }, TOGETHER_MS);
  }

  #flush(): void {
    if (this.#changed.size === 0 || this.#lookers.size === 0) return;
    const keys = [...this.#changed];
    this.#changed.clear();
    const events = event('programs', this.#state(keys));
    for (const looker of this.#lookers) looker.tellPrograms(keys, events);
  }
}
