/** The supervisor process: started by its keeper, and started again should it end before its time. */
import { openSync, readdirSync, readFileSync, rmdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import { placeText } from '../config/diagnostics';
import type { Broken } from '../config/model';
import { ControlServers, serverUrlOf } from '../control/control_servers';
import { type PidfileState, readPidfile } from '../daemon/pidfile';
import { TdaemonError } from '../errors';
import { native } from '../native';
import { pause } from '../process/pause';
import { cleanAutoLogs } from './auto_logs';
import { forgetBegunEnd, readBegunEnd, writeBegunEnd } from './begun_end';
import { ControlSocket } from './control_socket';
import { EventHub } from './events/event_hub';
import { KeeperLink } from './keeper_link';
import {
  type LaunchOptions,
  readLaunched,
  readLaunchOptions,
  wholeConfigOf,
  writeLaunchFailure,
} from './launch_options';
import { heldDescriptors, ListeningSockets } from './listening_sockets';
import { endFormerLogger, LoggerLink } from './logger_link';
import { MainLog } from './main_log';
import { Outputs } from './output/outputs';
import { Syslog } from './output/syslog';
import { replaceKeeper } from './replace_keeper';
import { Supervisor } from './supervisor';

/** The keeper's socket. */
const KEEPER_DESCRIPTOR = 3;
/** Wrong configuration, socket in use, …, as supervisord has it. */
const FAILED = 2;

/** exit_on_fatal. */
const FATAL_STATUS = 1;

/** Between two looks whether our predecessor has gone: it goes at once. */
const TURN_MS = 5;

const ENDS = ['TERM', 'INT', 'QUIT'];

class SupervisorProcess {
  readonly #runtimeDirectory: string;
  readonly #options: LaunchOptions;
  readonly #broken: readonly Broken[];
  readonly #keeper = new KeeperLink(KEEPER_DESCRIPTOR);
  readonly #logger: LoggerLink;
  readonly #supervisor: Supervisor;
  readonly #log: MainLog;
  readonly #events: EventHub;
  readonly #outputs: Outputs;
  readonly #control: ControlSocket;
  readonly #servers: ControlServers;
  /** Our parent may be another already: the keeper has made the socket, whatever has become of it. */
  #keeperPid = native.peerPid(KEEPER_DESCRIPTOR) || process.ppid;
  #loggerPid = 0;
  #isInCharge = false;
  #hasBegun = false;
  readonly #earlySignals: string[] = [];

  constructor(runtimeDirectory: string) {
    this.#runtimeDirectory = runtimeDirectory;
    this.#options = readLaunchOptions(runtimeDirectory);
    const options = this.#options;
    const { environment, openFiles, directory, foreground } = options;
    const { config, broken } = readLaunched(options);
    this.#broken = broken;
    const { supervisord } = config;
    const syslog = new Syslog((message) => this.#log.say('error', message));
    const isInSyslog = supervisord.logfile === 'syslog';
    this.#log = new MainLog({
      file: isInSyslog ? undefined : supervisord.logfile,
      ...(isInSyslog && {
        syslog: (severity, text) =>
          void syslog.send({ tag: 'supervisord', pid: process.pid, severity }, Buffer.from(text)),
      }),
      level: supervisord.logLevel,
      maxBytes: supervisord.maxBytes,
      backups: supervisord.backups,
      echo: foreground && !supervisord.silent,
    });
    this.#logger = new LoggerLink(path.join(runtimeDirectory, 'logger'));
    this.#supervisor = new Supervisor(config, {
      runtimeDirectory,
      keeper: this.#keeper,
      logger: this.#logger,
      sockets: new ListeningSockets(this.#keeper, this.#log, heldDescriptors(process.env.TDAEMON_HELD)),
      log: this.#log,
      surroundings: {
        environment,
        serverUrl: serverUrlOf(config),
        openFiles,
        directory,
        umask: supervisord.umask,
      },
      readConfig: () => wholeConfigOf(options),
    });
    this.#events = new EventHub(this.#supervisor, runtimeDirectory);
    this.#outputs = new Outputs(this.#supervisor, this.#events, runtimeDirectory, syslog);
    const ends = {
      shutdown: () => void this.#end('SHUTDOWN'),
      restart: () => void this.#end('RESTARTING'),
    };
    this.#control = new ControlSocket(this.#supervisor, path.join(runtimeDirectory, 'control'), {
      ...ends,
      handover: () => this.#keeper.handover(),
      remote: (type, data) => this.#events.tellRemote(type, data),
    });
    this.#supervisor.on('remote-communication', (type, data) => this.#events.tellRemote(type, data));
    const host = {
      ...ends,
      supervisor: this.#supervisor,
      // Which the pidfile names.
      pid: () => this.#keeperPid,
      pids: () => ({ supervisor: process.pid, keeper: this.#keeperPid, logger: this.#loggerPid }),
      handover: () => this.#handover(),
    };
    this.#servers = new ControlServers(host, this.#keeper, runtimeDirectory);
  }

  async run(): Promise<void> {
    this.#listen();
    await this.#takeOver();
    this.#logger.connect();
    await cleanAutoLogs(this.#supervisor);
    await this.#control.open();
    await this.#servers.listen();
    await this.#supervisor.begin();
    this.#control.serve();
    this.#logger.complete();
    await this.#servers.serve();
    this.#hasBegun = true;
    const begun = readBegunEnd(this.#runtimeDirectory);
    if (begun) void this.#end(begun.how, begun.status);
    for (const name of this.#earlySignals) this.#onSignal(name);
    // Who is to end is not ready any more.
    if (this.#supervisor.state === 'SHUTDOWN') return;
    this.#log.say('info', `supervisord started with pid ${process.pid}`);
    for (const { place, message } of this.#broken) this.#log.say('error', `${placeText(place)}: ${message}`);
    if (this.#options.source.kind === 'given') await this.#awaitFirst();
    this.#keeper.ready();
    this.#supervisor.sockets.closeUnclaimed();
  }

  /** Of `start --respawn`: whoever has asked wants to know. @throws TdaemonError: it does not come up, and nothing is left */
  async #awaitFirst(): Promise<void> {
    const [first] = this.#supervisor.processes();
    if (!first || first.isAdopted || first.restarts > 0) return;
    const settled = new Set(['RUNNING', 'BACKOFF', 'FATAL', 'EXITED'] as const);
    if ((await first.reaches(settled)) === 'RUNNING') return;
    const { spawnError: message, spawnFailure: reason = 'ended' } = first;
    await this.#supervisor.end('SHUTDOWN');
    clean(this.#runtimeDirectory);
    throw new TdaemonError(message, { reason, code: 'ERR_TDAEMON_RESPAWN' });
  }

  /**
   * One is in charge at a time: when there is another still, we are its successor, and say so when nothing can fail any more. If
   * the keeper is lost before that one has gone, it stays in charge, and we are nobody's.
   */
  async #takeOver(): Promise<void> {
    const mine = openSync(path.join(this.#runtimeDirectory, 'supervisor'), 'a', 0o600);
    const isFree = () => native.lockFile(mine, false) === 0;
    if (!isFree()) {
      this.#keeper.ready();
      while (!isFree()) {
        if (this.#keeper.isLost) process.exit(0);
        await pause(TURN_MS);
      }
    }
    this.#isInCharge = true;
    if (this.#keeper.isLost) this.#replaceKeeper();
  }

  /** What the pidfile says of the keeper, which may be another than ours. */
  #namedKeeper(): PidfileState {
    const { pidfile } = this.#supervisor.config.supervisord;
    try {
      return pidfile === '' ? { state: 'absent' } : readPidfile(pidfile, process.geteuid?.());
    } catch {
      return { state: 'absent' };
    }
  }

  /** The keeper has gone, and nothing else has. */
  #replaceKeeper(): void {
    // Who is to be started anew needs somebody who does that.
    if (!this.#isInCharge || this.#supervisor.state === 'SHUTDOWN') return;
    const named = this.#namedKeeper();
    // Our predecessor has seen to it that there is one, and that one sees to it that there is a supervisor.
    if (named.state === 'running' && named.pid !== this.#keeperPid) process.exit(0);
    this.#log.say('critical', `the keeper (pid ${this.#keeperPid}) has ended: another is started`);
    try {
      const { pid, descriptor } = replaceKeeper({
        runtimeDirectory: this.#runtimeDirectory,
        pidfile: this.#supervisor.config.supervisord.pidfile,
        former: (named.state === 'stale' && named.pid) || this.#keeperPid,
        logger: this.#loggerPid,
      });
      this.#keeperPid = pid;
      this.#keeper.attach(descriptor);
      this.#keeper.ready();
      if (this.#loggerPid === 0) void this.#replaceLogger();
    } catch (error) {
      // The programs go on, and so do we; only nobody would start us again.
      this.#log.say('critical', (error as Error).message);
    }
  }

  /** The keeper was lost before it could say who the logger is: there must not be two. */
  async #replaceLogger(): Promise<void> {
    await endFormerLogger(path.join(this.#runtimeDirectory, 'logger'));
    this.#keeper.startLogger();
  }

  #handover(): Promise<string> {
    return new Promise((resolve) => {
      this.#keeper.once('handover-failed', resolve);
      this.#keeper.handover();
    });
  }

  #onLogger(pid: number): void {
    this.#loggerPid = pid;
    // It hears one supervisor at a time.
    if (this.#isInCharge) this.#logger.connect();
  }

  #listen(): void {
    this.#keeper.on('lost', () => this.#replaceKeeper());
    this.#keeper.on('signal', (name) => this.#onSignal(name));
    this.#keeper.on('logger', (pid) => this.#onLogger(pid));
    this.#keeper.on('replaced', () => process.exit(0));
    this.#keeper.on('handover-failed', (how) =>
      this.#log.say('error', `handover failed: the new supervisor ended (wait status ${how})`),
    );
    for (const name of [...ENDS, 'HUP', 'USR2'] as const)
      process.on(`SIG${name}` as NodeJS.Signals, () => this.#onSignal(name));
    // Without a handler of ours Node opens its inspector, to whoever asks.
    process.on('SIGUSR1', () => undefined);
    this.#supervisor.on('state', ({ process, to }) => {
      if (to !== 'FATAL' || !this.#supervisor.config.supervisord.exitOnFatal) return;
      this.#log.say('critical', `${process.fullName} is FATAL: exit_on_fatal`);
      void this.#end('SHUTDOWN', FATAL_STATUS);
    });
    this.#logger.on('trouble', (id, errno) =>
      this.#log.say('error', `cannot write the log of ${id} (errno ${errno})`),
    );
    this.#logger.on('stalled', (id, seconds) =>
      this.#log.say('error', `the log of ${id} has not been written for ${seconds} s: its disk hangs`),
    );
    this.#logger.on('fine', (id) => this.#log.say('info', `the log of ${id} is written again`));
  }

  #onSignal(name: string): void {
    // There is nothing yet that could be ended in order.
    if (!this.#hasBegun) this.#earlySignals.push(name);
    else if (ENDS.includes(name)) {
      this.#log.say('warn', `received SIG${name} indicating exit request`);
      void this.#end('SHUTDOWN');
    } else if (name === 'HUP') {
      this.#log.say('warn', 'received SIGHUP indicating restart request');
      void this.#end('RESTARTING');
    } else if (name === 'USR2') {
      this.#log.say('info', 'received SIGUSR2 indicating log reopen request');
      this.#log.reopen();
      void this.#logger.reopen();
    }
  }

  /** @param status of the keeper, and so of the container or unit */
  async #end(how: 'SHUTDOWN' | 'RESTARTING', status = 0): Promise<void> {
    const supervisor = this.#supervisor;
    if (supervisor.isEnding) return;
    if (how === 'RESTARTING' && !this.#canBeRead()) {
      forgetBegunEnd(this.#runtimeDirectory);
      return;
    }
    writeBegunEnd(this.#runtimeDirectory, { how, status });
    if (how === 'SHUTDOWN') this.#keeper.stopping();
    await supervisor.end(how);
    if (how === 'RESTARTING') supervisor.sockets.leaveOpen();
    await this.#outputs.close();
    this.#events.close();
    await Promise.all([this.#control.close(), this.#servers.close(how === 'SHUTDOWN')]);
    await Promise.all([...supervisor.processes()].map((process) => process.remove()));
    this.#logger.close();
    if (how === 'SHUTDOWN') {
      // First: of what is cleared away nobody could be started again.
      this.#keeper.leave(status);
      await this.#keeper.flushed();
      supervisor.cgroups.close();
      clean(this.#runtimeDirectory);
      removePidfile(supervisor.config.supervisord.pidfile, this.#keeperPid);
      if (this.#keeper.isLost) await this.#leaveNothing();
    }
    await this.#keeper.flushed();
    await this.#log.close();
    if (how === 'RESTARTING') forgetBegunEnd(this.#runtimeDirectory);
    process.exit(0);
  }

  /** What the keeper would do. The lock last: whoever comes now finds nothing, or all as new. */
  async #leaveNothing(): Promise<void> {
    const logger = path.join(this.#runtimeDirectory, 'logger');
    await endFormerLogger(logger);
    try {
      for (const file of [logger, path.join(this.#runtimeDirectory, 'lock')]) rmSync(file, { force: true });
      rmdirSync(this.#runtimeDirectory);
    } catch {
      // Somebody else has begun to use it.
    }
  }

  /** All would be stopped, and nothing started again. */
  #canBeRead(): boolean {
    try {
      this.#supervisor.readConfig();
      return true;
    } catch (error) {
      this.#log.say('error', `not restarted: ${(error as Error).message}`);
      return false;
    }
  }
}

function removePidfile(file: string, pid: number): void {
  try {
    if (readFileSync(file, 'utf8').trim() === String(pid)) rmSync(file);
  } catch {
    // Its directory is not ours to write to, or it is gone: then it is stale, which the next start sees.
  }
}

function clean(runtimeDirectory: string): void {
  for (const name of readdirSync(runtimeDirectory))
    if (name !== 'lock' && name !== 'logger')
      rmSync(path.join(runtimeDirectory, name), { recursive: true, force: true });
}

async function main(): Promise<void> {
  const [, , runtimeDirectory = ''] = process.argv;
  try {
    await new SupervisorProcess(runtimeDirectory).run();
  } catch (error) {
    const { message } = error as Error;
    const reason = error instanceof TdaemonError ? error.reason : 'setup';
    writeLaunchFailure(runtimeDirectory, { message, reason });
    process.stderr.write(`Error: ${message}\n`);
    process.exit(FAILED);
  }
}

void main();
