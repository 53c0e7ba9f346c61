/** `start --respawn`: one command, as a configuration of one program that is never given up. */
import type { ChannelConfig, Config, ProcessConfig } from '../config/model';
import type { Plan } from '../daemon/plan';
import { toText } from '../process/bytes';
import { signalNumber } from '../process/signals';

export interface Respawn {
  /** Of the command, which is a child of the supervisor: without pidfile. */
  plan: Plan;
  /** Names the keeper. */
  pidfile: string | undefined;
  /** Readiness SPECs. */
  ready: string[];
  /** Seconds. */
  readyTimeout: number;
  /** Seconds: the longest pause before a restart. */
  restartDelay: number;
  foreground: boolean;
}

/** A stop that takes longer than tdaemon's own would be cut off by it. */
const STOP_WAIT_SECS = 5;

const NO_LOG: ChannelConfig = {
  target: { kind: 'none' },
  maxBytes: 0,
  backups: 0,
  captureMaxBytes: 0,
  eventsEnabled: false,
  syslog: false,
  compress: false,
  timestamps: false,
  interval: 0,
  direct: false,
};

export function respawnConfig(respawn: Respawn): Config {
  const command = toText(respawn.plan.command);
  const name = command.slice(command.lastIndexOf('/') + 1) || 'command';
  const place = { file: `respawn ${name}`, line: 0 };
  const { environment, account, ...plan } = respawn.plan;
  const process: ProcessConfig = {
    kind: 'program',
    program: name,
    name,
    command: [command],
    commandText: command,
    priority: 999,
    autostart: true,
    autorestart: 'always',
    startSecs: 0,
    startRetries: Number.POSITIVE_INFINITY,
    exitCodes: [0],
    stopSignal: signalNumber('TERM'),
    stopWaitSecs: STOP_WAIT_SECS,
    stopAsGroup: false,
    killAsGroup: true,
    redirectStderr: false,
    stdout: NO_LOG,
    stderr: NO_LOG,
    environment: {},
    serverUrl: null,
    limits: [],
    dependsOn: [],
    ready: respawn.ready,
    readyTimeout: respawn.readyTimeout,
    restartDelayMax: respawn.restartDelay,
    sockets: [],
    plan,
    place,
  };
  return {
    file: place.file,
    supervisord: {
      logfile: '',
      logLevel: 'info',
      maxBytes: 0,
      backups: 0,
      pidfile: respawn.pidfile ?? '',
      umask: 0o022,
      nodaemon: respawn.foreground,
      silent: true,
      minfds: 0,
      minprocs: 0,
      nocleanup: true,
      childLogDir: '/',
      stripAnsi: false,
      environment: {},
      identifier: 'respawn',
      exitOnFatal: false,
    },
    unixServers: [],
    inetServers: [],
    ctl: { serverUrl: '', prompt: '' },
    hasRpcInterface: false,
    groups: [{ name, priority: 999, kind: 'program', processes: [process], place }],
  };
}
