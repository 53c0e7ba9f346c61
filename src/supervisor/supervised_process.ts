/**
 * One process of a program: its state, and what the table of transitions asks to be done. Everything that happens to it comes in as
 * an event.
 */
import { EventEmitter } from 'node:events';
import type { ProcessConfig } from '../config/model';
import { type FailureReason, TdaemonError } from '../errors';
import { type Exit, native, type Spawned } from '../native';
import { bootId, TICKS } from '../process/identity';
import { LiveProcess } from '../process/live_process';
import { afterSeconds } from '../process/pause';
import { signalName, signalNumber } from '../process/signals';
import type { Notes } from '../readiness/condition';
import type { Cgroups } from './cgroups';
import { Channels, type LogSurroundings } from './channels';
import { endProcess } from './end_process';
import { type ExitCounts, exitReason, noExits } from './exit_counts';
import { Family } from './family';
import type { ListeningSockets } from './listening_sockets';
import type { MainLog } from './main_log';
import type { Surroundings } from './program_plan';
import type { ProgramReadiness } from './program_readiness';
import { ProgramSockets } from './program_sockets';
import type { ProcessRecord, Records, Role, StartedProcess } from './records';
import { type Ending, exitStatusOf, isExpected, isRestarted, RestartDelay } from './restart_policy';
import { resumeReadiness, startProcess } from './start_process';
import { SIGNALLABLE_STATES, STOPPED_STATES, type State } from './states';
import { type Action, type ProcessEvent, transition } from './transitions';

export interface Host {
  readonly surroundings: Surroundings;
  readonly logs: LogSurroundings;
  readonly records: Records;
  readonly sockets: ListeningSockets;
  readonly cgroups: Cgroups;
  readonly notes: Notes;
  readonly log: MainLog;
  /** Programs that end are not started again: all is being shut down. */
  readonly isEnding: boolean;
  /** The keeper knows how a process that was no child of ours has ended. */
  endingOf(started: StartedProcess, live?: LiveProcess): Promise<Ending>;
  /** That is written down: nobody need be told again. */
  noteEnding(started: StartedProcess): void;
}

export interface StateChange {
  process: SupervisedProcess;
  from: State;
  to: State;
  /** The process that it is about; 0: none. */
  pid: number;
  /** EXITED: whether `exitcodes` has it. */
  expected: boolean;
  /** STARTING and BACKOFF: failures in a row. */
  tries: number;
}

/** Of a process that is the second of its name, or takes up what was recorded. */
export interface Identity {
  autoLogs?: ProcessRecord['autoLogs'];
  /** Of the process that was started last. */
  lastPid?: number;
  /** Under which of the two names of a process it is recorded. */
  slot?: string;
  /** Its channels are used, and its other slot. */
  beside?: SupervisedProcess;
  role?: Role;
}

/** Milliseconds that what is left of a program with `killasgroup` may take to end. */
const LEFTOVERS_MS = 5000;
const SECOND_SLOT = ':2';

const UNKNOWN_ENDING = 'Exit status unknown (supervisor was down)';

export class SupervisedProcess extends EventEmitter<{ state: [StateChange]; waiting: [] }> {
  readonly group: string;
  groupPriority: number;
  config: ProcessConfig;
  readonly channels: Channels;
  readonly #host: Host;
  readonly #sockets: ProgramSockets;
  readonly #delay = new RestartDelay();
  #state: State = 'STOPPED';
  #live: LiveProcess | undefined;
  #started: Spawned | undefined;
  #readiness: ProgramReadiness | undefined;
  /** All that it has started. */
  #family: Family | undefined;
  #forgetEnd: () => void = () => undefined;
  /** It was told to end. */
  #isTold = false;
  /** The configuration that is written down. */
  #recorded: ProcessConfig | undefined;
  /** It is being started again as it was: what is written down holds until it has been. */
  #isSuccession = false;
  #slot: string;
  #role: Role;
  /** What is waited for to be up. */
  #missing = new Set<'startsecs' | 'ready'>();
  #timer: NodeJS.Timeout | undefined;
  /** Clock ticks after boot at which it began. */
  #began = 0;
  /** Not of our own starting: its exit is told by the keeper. */
  #adopted = false;
  #opened: Promise<void> | undefined;
  #gone = false;

  /** Milliseconds after the epoch; 0: never. */
  startedAt = 0;
  stoppedAt = 0;
  /** Undefined: none yet. */
  exitStatus: number | undefined;
  spawnError = '';
  /** Why it could not be executed, or did not become ready, the last time that it could not or did not. */
  spawnFailure: FailureReason | undefined;
  /** Failures in a row. */
  failures = 0;
  restarts = 0;
  /** Also of the other while it is replaced: both are one program's. */
  readonly exits: ExitCounts;
  #waitingFor: readonly string[] = [];

  constructor(
    host: Host,
    group: string,
    groupPriority: number,
    config: ProcessConfig,
    { autoLogs, lastPid = 0, slot = '', beside, role = 'main' }: Identity = {},
  ) {
    super();
    this.#host = host;
    this.group = group;
    this.groupPriority = groupPriority;
    this.config = config;
    this.channels = beside?.channels ?? new Channels(host.logs, `${group}:${config.name}`, config, autoLogs);
    this.#sockets = new ProgramSockets(host.sockets, beside ? `${this.fullName} beside` : this.fullName);
    this.exits = beside?.exits ?? noExits();
    this.#lastPid = lastPid;
    this.#slot = beside ? (beside.#slot === '' ? SECOND_SLOT : '') : slot;
    this.#role = role;
    this.setMaxListeners(0);
  }

  get name(): string {
    return this.config.name;
  }

  /** `group:process`: unique. */
  get fullName(): string {
    return `${this.group}:${this.config.name}`;
  }

  /** `group:process`, and which of two that may be of that name. */
  get recordName(): string {
    return `${this.fullName}${this.#slot}`;
  }

  /** By what all that it starts can be found and ended. */
  get isolation(): 'cgroup' | 'group' {
    const isolated = this.#family ? this.#family.cgroup !== undefined : this.#host.cgroups.areUsed;
    return isolated ? 'cgroup' : 'group';
  }

  get state(): State {
    return this.#state;
  }

  /** 0: there is none. */
  get pid(): number {
    return this.#started?.pid ?? 0;
  }

  /** Also before it is taken over, and after it has ended; 0: it is STOPPED, or has never been started. */
  get lastPid(): number {
    return this.#lastPid;
  }

  get startTime(): number {
    return this.#began;
  }

  /** Since it was started, by the clock that never jumps. */
  get secondsUp(): number {
    return native.secondsSinceBoot() - this.#began / TICKS;
  }

  get isAdopted(): boolean {
    return this.#adopted;
  }

  /** Names of those that it waits for. */
  get waitingFor(): readonly string[] {
    return this.#waitingFor;
  }

  set waitingFor(names: readonly string[]) {
    if (names.length === 0 && this.#waitingFor.length === 0) return;
    this.#waitingFor = names;
    this.emit('waiting');
  }

  // What others ask for.

  /** @returns false: it is not in a state from which it can be started */
  start(): boolean {
    if (!STOPPED_STATES.has(this.#state) || this.#host.isEnding) return false;
    this.failures = 0;
    this.#delay.reset();
    return this.#dispatch('start');
  }

  /** @returns false: there is nothing to stop */
  stop(): boolean {
    this.waitingFor = [];
    return this.#dispatch('stop');
  }

  dependencyIsFatal(name: string): void {
    this.waitingFor = [];
    this.spawnError = `${name} is FATAL`;
    this.#dispatch('dependency-fatal');
  }

  /** @returns false: there is no process any more. @throws TdaemonError when it is not permitted */
  signal(signal: number): boolean {
    return this.#live?.signal(signal) ?? false;
  }

  /** Resolves with the state when it is one of these. */
  reaches(states: ReadonlySet<State>): Promise<State> {
    return new Promise((resolve) => {
      const look = () => {
        if (!states.has(this.#state)) return;
        this.off('state', look);
        resolve(this.#state);
      };
      this.on('state', look);
      look();
    });
  }

  /** Its FIFOs and sockets, made and held; before the first start. */
  open(): Promise<void> {
    this.#opened ??= this.channels.open().then(() => this.#sockets.open(this.config));
    return this.#opened;
  }

  /** It is no more: it must have been stopped. */
  async remove(): Promise<void> {
    this.#gone = true;
    clearTimeout(this.#timer);
    this.#sockets.close();
    if (this.#role === 'main') await this.channels.close();
    this.#host.records.remove(this.recordName);
    this.#host.cgroups.remove(this.recordName);
  }

  // What happens to it.

  #dispatch(event: ProcessEvent, facts: { expected?: boolean } = {}): boolean {
    const next = transition(this.#state, event);
    if (!next || this.#gone) return false;
    if (next.to !== this.#state) this.#change(next.to, facts.expected ?? true);
    this.#act(next.action);
    return true;
  }

  #change(to: State, expected: boolean): void {
    const from = this.#state;
    this.#state = to;
    clearTimeout(this.#timer);
    if (to === 'STARTING') {
      this.startedAt = Date.now();
      this.spawnError = '';
      this.#restarting = false;
      this.#isTold = false;
      this.#host.records.forgetStarted(this.recordName);
    }
    if (STOPPED_STATES.has(to) && !this.#restarting) this.#sockets.rest();
    // One that is started again at once has its next record before anything else can happen.
    if (!(to === 'EXITED' && this.#restartWait === 0) && !(to === 'STARTING' && this.#isSuccession))
      this.#record();
    // The failure that leads to this is counted right after.
    const tries = this.failures + (to === 'BACKOFF' && from === 'STARTING' ? 1 : 0);
    this.emit('state', { process: this, from, to, pid: this.#lastPid, expected, tries });
  }

  #lastPid = 0;
  #restarting = false;
  /** Seconds; undefined: it is not started again by itself. */
  #restartWait: number | undefined;

  #act(action: Action): void {
    if (action === 'spawn') this.#spawn();
    else if (action === 'watch-start') this.#watchStart();
    else if (action === 'send-stop-signal') this.#sendStopSignal();
    else if (action === 'kill') this.#kill();
    else if (action === 'back-off') this.#backOff();
  }

  #spawn(): void {
    const { log } = this.#host;
    try {
      const { started, readiness, cgroup } = startProcess(
        this.config,
        this.group,
        this.recordName,
        this.channels,
        this.#sockets,
        this.#host,
        this.#warn,
      );
      this.#readiness = readiness;
      this.#begin(started, LiveProcess.from(started), new Family(started, cgroup));
      if (this.#isSuccession) this.#record();
      log.say('info', `spawned: '${this.name}' with pid ${started.pid}`);
      this.#dispatch('spawned');
    } catch (error) {
      if (!(error instanceof TdaemonError)) throw error;
      this.spawnError = error.message;
      this.spawnFailure = error.reason;
      log.say('info', `spawnerr: ${error.message}`);
      this.#dispatch('spawn-failed');
    }
  }

  readonly #warn = (message: string) => this.#host.log.say('warn', `${this.fullName}: ${message}`);

  #begin(started: Spawned, live: LiveProcess, family: Family): void {
    this.#family = family;
    this.#started = started;
    this.#live = live;
    this.#lastPid = started.pid;
    this.#began = started.startTime;
    this.#forgetEnd = live.onEnd(() => this.#onEnd());
  }

  #watchStart(): void {
    const { startSecs } = this.config;
    this.#missing = new Set(['startsecs', ...(this.#readiness ? (['ready'] as const) : [])]);
    const left = this.#adopted ? Math.max(0, startSecs - this.secondsUp) : startSecs;
    if (this.#readiness && this.#started) this.#awaitReady(this.#readiness, this.#started);
    if (left <= 0) this.#isThere('startsecs');
    else this.#timer = afterSeconds(left, () => this.#isThere('startsecs'));
  }

  async #awaitReady(readiness: ProgramReadiness, started: Spawned): Promise<void> {
    const outcome = await readiness.wait(started);
    if (this.#readiness !== readiness || outcome.kind === 'over') return;
    if (outcome.kind === 'ready') this.#isThere('ready');
    else {
      this.spawnError = outcome.why;
      this.spawnFailure = outcome.reason;
      this.#host.log.say('info', `not ready: ${this.fullName}: ${outcome.why}`);
      this.#dispatch('not-ready');
    }
  }

  #isThere(what: 'startsecs' | 'ready'): void {
    this.#missing.delete(what);
    if (this.#missing.size > 0 || this.#state !== 'STARTING') return;
    this.failures = 0;
    this.#closeReadiness();
    const { startSecs } = this.config;
    const stayed = startSecs === 1 ? '1 second' : `${startSecs} seconds`;
    this.#dispatch('up');
    this.#host.log.say(
      'info',
      `success: ${this.name} entered RUNNING state, process has stayed up for > than ${stayed} (startsecs)`,
    );
  }

  #closeReadiness(): void {
    this.#readiness?.close();
    this.#readiness = undefined;
  }

  #sendStopSignal(): void {
    const { stopSignal, stopWaitSecs, stopAsGroup, killAsGroup } = this.config;
    this.#isTold = true;
    if (killAsGroup) this.#family?.note();
    this.#host.log.say('debug', `stopping ${this.fullName} (pid ${this.pid}) with ${signalName(stopSignal)}`);
    this.#send(stopSignal, stopAsGroup);
    // Of `startsecs`, of a process that does not become ready.
    clearTimeout(this.#timer);
    this.#timer = afterSeconds(stopWaitSecs, () => this.#dispatch('stop-overdue'));
  }

  #kill(): void {
    const { killAsGroup, stopWaitSecs } = this.config;
    this.#host.log.say('warn', `killing '${this.name}' (${this.pid}) with SIGKILL`);
    if (killAsGroup) this.#family?.kill();
    else this.#send(signalNumber('KILL'), false);
    this.#timer = afterSeconds(stopWaitSecs, () => this.#dispatch('stop-overdue'));
  }

  #send(signal: number, asGroup: boolean): void {
    if (!this.#live || !this.#started) return;
    const error = endProcess(this.#live, this.#started.group, signal, asGroup);
    if (error) this.#host.log.say('critical', `unknown problem sending signal to ${this.fullName}: ${error}`);
  }

  #backOff(): void {
    this.failures++;
    const { startRetries } = this.config;
    if (this.failures > startRetries) {
      this.#host.log.say(
        'info',
        `gave up: ${this.name} entered FATAL state, too many start retries too quickly`,
      );
      this.#dispatch('give-up');
    } else {
      // As supervisord while it gives up some day; else no longer than a restart waits.
      const most = startRetries === Number.POSITIVE_INFINITY ? this.config.restartDelayMax : this.failures;
      this.#timer = afterSeconds(Math.min(this.failures, most), () => this.#again('retry'));
    }
  }

  async #onEnd(): Promise<void> {
    const started = { pid: this.pid, startTime: this.#began };
    // Before it is reaped: as long as it is a zombie, nobody else gets its number and its group's.
    if (this.#isTold && this.config.killAsGroup) await this.#endLeftovers();
    if (this.#adopted) {
      const live = this.#live;
      const ending = await this.#host.endingOf(started, live);
      // Meanwhile it has been replaced: it is the other's, who sees its end too.
      if (this.#live !== live) return;
      this.#ended(ending);
      this.#host.noteEnding(started);
      return;
    }
    // Until it is written down the kernel keeps it for the next supervisor.
    this.#ended(native.exitOfChild(started.pid) ?? undefined);
    native.reap(started.pid);
  }

  async #endLeftovers(): Promise<void> {
    const all = await this.#family?.end(LEFTOVERS_MS);
    if (all === false)
      this.#host.log.say('error', `${this.fullName}: what it has started does not end, even by SIGKILL`);
  }

  /** Its process is gone. */
  #ended(ending: Ending): void {
    const wasUp = this.#state === 'RUNNING';
    const lived = this.secondsUp;
    this.#live?.close();
    this.#live = undefined;
    this.#started = undefined;
    this.#adopted = false;
    this.#family = undefined;
    this.#closeReadiness();
    this.stoppedAt = Date.now();
    this.exitStatus = exitStatusOf(ending);
    const stopped = this.#state === 'STOPPING';
    this.exits[exitReason(this.config, ending, stopped ? 'stopping' : wasUp ? 'up' : 'not-up')]++;
    const expected = isExpected(this.config, ending);
    const how = describeEnding(ending);
    const { log } = this.#host;
    if (stopped) {
      log.say('info', `stopped: ${this.name} (${how})`);
      this.#dispatch('ended');
    } else if (!wasUp) {
      if (this.spawnError === '') this.spawnError = 'Exited too quickly (process log may have details)';
      log.say('warn', `exited: ${this.name} (${how}; not expected)`);
      this.#dispatch('ended-early');
    } else {
      this.spawnError = expected ? '' : ending ? `Bad exit code ${this.exitStatus}` : UNKNOWN_ENDING;
      log.say(expected ? 'info' : 'warn', `exited: ${this.name} (${how}; ${expected ? '' : 'not '}expected)`);
      // Written down with the state: the next supervisor must know it too.
      this.#restarting =
        !this.#host.isEnding &&
        this.#role !== 'previous' &&
        isRestarted(this.config, ending, this.config.startSecs === 0);
      this.#restartWait = this.#restarting
        ? this.#delay.after(lived, this.config.restartDelayMax)
        : undefined;
      this.#dispatch('ended', { expected });
      this.#restart();
    }
    if (!this.#started) {
      this.#lastPid = 0;
      this.#host.cgroups.remove(this.recordName);
    }
  }

  #restart(): void {
    const wait = this.#restartWait;
    this.#restartWait = undefined;
    if (wait === undefined) return;
    if (wait === 0) {
      // Every write before it delays it.
      this.#isSuccession = this.#recorded === this.config;
      this.#again('start');
      this.#isSuccession = false;
    } else {
      this.#dispatch('hold-back');
      this.#timer = afterSeconds(wait, () => this.#again('retry'));
    }
  }

  /** By itself, not because somebody has asked for it. */
  #again(event: 'start' | 'retry'): void {
    this.restarts++;
    this.#dispatch(event);
  }

  // What outlives the supervisor.

  /** What it is started with the next time; it need not be started again for it now. */
  reconfigure(config: ProcessConfig): void {
    this.config = config;
    if (this.#recorded) this.#record();
  }

  #record(): void {
    this.#recorded = this.config;
    const started = this.#started && { pid: this.#started.pid, startTime: this.#began };
    this.#host.records.write(this.recordName, {
      role: this.#role,
      group: this.group,
      groupPriority: this.groupPriority,
      config: this.config,
      state: this.#state,
      bootId: bootId() ?? '',
      startedAt: this.startedAt,
      stoppedAt: this.stoppedAt,
      exitStatus: this.exitStatus ?? null,
      spawnError: this.spawnError,
      failures: this.failures,
      restarts: this.restarts,
      exits: this.exits,
      restarting: this.#restarting,
      running: started ?? null,
      autoLogs: this.channels.autoLogs,
    });
  }

  /** Goes on where a supervisor before us was. @param last whom it had started last, if anybody */
  async adopt(record: ProcessRecord, last: StartedProcess | undefined): Promise<void> {
    this.startedAt = record.startedAt;
    this.stoppedAt = record.stoppedAt;
    this.exitStatus = record.exitStatus ?? undefined;
    this.spawnError = record.spawnError;
    this.failures = record.failures;
    this.restarts = record.restarts;
    if (this.#role === 'main') Object.assign(this.exits, record.exits);
    if (record.bootId !== (bootId() ?? '')) return;
    this.#state = record.state;
    if (!SIGNALLABLE_STATES.has(record.state)) {
      if (record.state === 'BACKOFF') this.#again('retry');
      if (record.state === 'EXITED' && record.restarting) {
        this.#restartWait = 0;
        this.#restart();
      }
      return;
    }
    const { running } = record;
    // Who has been forgotten for a successor that there never was has still to be seen to end.
    const started = last ?? running;
    if (!started) {
      // It was about to be started (again), and was not.
      this.#state = 'STOPPED';
      if (record.state !== 'STOPPING') this.#dispatch('start');
      return;
    }
    // Who lives shortly may have begun in the same tick as his successor.
    const isSame = running?.pid === started.pid && running.startTime === started.startTime;
    const former = isSame ? undefined : (running ?? undefined);
    if (former) await this.#succeed(former, started);
    else this.#recorded = record.config;
    this.#adopted = true;
    this.#sockets.adopt(this.config);
    this.#began = started.startTime;
    this.#lastPid = started.pid;
    const live = LiveProcess.open(started.pid);
    if (!live || live.startTime !== started.startTime) {
      live?.close();
      const ending = await this.#host.endingOf(started);
      if (this.#state === 'STOPPING' && this.config.killAsGroup) {
        this.#family = new Family(started, this.#host.cgroups.left(this.recordName));
        await this.#endLeftovers();
      }
      // It was up from its first moment, whatever had been written down by then.
      const { startSecs, ready } = this.config;
      if (this.#state === 'STARTING' && startSecs === 0 && ready.length === 0) this.#state = 'RUNNING';
      this.#ended(ending);
      for (const each of former ? [former, started] : [started]) this.#host.noteEnding(each);
      return;
    }
    const family = new Family(started, this.#host.cgroups.of(this.recordName, started.pid));
    this.#begin({ ok: true, group: started.pid, ...started }, live, family);
    if (former) {
      this.#record();
      this.#host.noteEnding(former);
    }
    if (this.#state === 'STARTING') {
      const startedAt = Date.now() - this.secondsUp * 1000;
      this.#readiness = resumeReadiness(this.config, this.group, startedAt, this.#host, this.#warn);
      this.#dispatch('spawned');
    }
    if (this.#state === 'STOPPING') this.#sendStopSignal();
  }

  /** The supervisor before us had started it again, and not yet written that down. */
  async #succeed(former: StartedProcess, started: StartedProcess): Promise<void> {
    const ending = await this.#host.endingOf(former);
    const lives = native.secondsSinceBoot() - started.startTime / TICKS;
    this.exitStatus = exitStatusOf(ending);
    // Only who was up is started again before his end is written down.
    this.exits[exitReason(this.config, ending, 'up')]++;
    this.startedAt = Date.now() - lives * 1000;
    this.stoppedAt = this.startedAt;
    this.restarts++;
    // Somebody may have wanted it down meanwhile.
    if (this.#state === 'RUNNING') this.#state = 'STARTING';
  }

  // Another in its place.

  /** A second one of its name, not started yet. */
  beside(role: Role): SupervisedProcess {
    const { group, groupPriority, config } = this;
    return new SupervisedProcess(this.#host, group, groupPriority, config, { beside: this, role });
  }

  /** Both are RUNNING: from now on this is what the other was, and the other what this was, to be stopped. */
  exchange(other: SupervisedProcess): void {
    const own = this.#take();
    const others = other.#take();
    // In this order the next supervisor, should we die in between, finds one to be replaced and one to replace it.
    other.#become(own, 'previous');
    this.#become(others, 'main');
  }

  #take(): Taken {
    this.#forgetEnd();
    return {
      live: this.#live as LiveProcess,
      started: this.#started as Spawned,
      family: this.#family as Family,
      adopted: this.#adopted,
      startedAt: this.startedAt,
      config: this.config,
      slot: this.#slot,
    };
  }

  #become(taken: Taken, role: Role): void {
    this.#role = role;
    this.#slot = taken.slot;
    this.#adopted = taken.adopted;
    this.startedAt = taken.startedAt;
    this.config = taken.config;
    this.#begin(taken.started, taken.live, taken.family);
    this.#record();
  }
}

/** A process that runs, with all that is known of it. */
interface Taken {
  live: LiveProcess;
  started: Spawned;
  family: Family;
  adopted: boolean;
  startedAt: number;
  config: ProcessConfig;
  slot: string;
}

function describeEnding(ending: Exit | undefined): string {
  if (!ending) return 'exit status unknown';
  return ending.signal === undefined
    ? `exit status ${ending.code}`
    : `terminated by ${signalName(ending.signal)}`;
}
