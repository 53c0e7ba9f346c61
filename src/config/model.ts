/** What a supervisord.conf means, every value read, typed, expanded and defaulted. Source: supervisord's manual, "Configuration File". */
import type { Plan } from '../daemon/plan';

/** Where a value was written, for messages. */
export interface Place {
  file: string;
  line: number;
}

/** `auto`: a file of our own in childlogdir; `none`: thrown away; a path is absolute. */
export type LogTarget = { kind: 'auto' } | { kind: 'none' } | { kind: 'file'; path: string };

export interface RotationConfig {
  /** Bytes at which the file is rotated; 0: never. Default 50 MB. */
  maxBytes: number;
  /** Default 10; 0: the file is truncated instead. */
  backups: number;
}

export interface ChannelConfig extends RotationConfig {
  target: LogTarget;
  /** Bytes kept between the capture markers (PROCESS_COMMUNICATION events); 0: no capture. */
  captureMaxBytes: number;
  eventsEnabled: boolean;
  syslog: boolean;
  /** Backups are compressed by gzip. Ours. */
  compress: boolean;
  /** Each line begins with the time. Ours. */
  timestamps: boolean;
  /** Seconds after which the file is rotated; 0: never. Ours. */
  interval: number;
  /** The program opens the file itself, nothing is between. Ours; standard output only. */
  direct: boolean;
}

export type Autorestart = 'always' | 'unexpected' | 'never';

export interface LimitConfig {
  /** Of process/limits.ts: `nofile`, `core` … */
  name: string;
  soft: number;
  /** Absent: it stays, or is raised to `soft`. */
  hard?: number;
}

export interface SocketConfig {
  /** As written: `tcp://:8080`, `unix:/run/x.sock`. */
  text: string;
  address: { kind: 'unix'; path: string } | { kind: 'tcp'; host: string; port: number };
}

/** As chown(2) takes them: -1 leaves the group as it is. */
export interface Owner {
  uid: number;
  gid: number;
}

export interface FcgiSocketConfig extends SocketConfig {
  backlog?: number;
  owner?: Owner;
  /** Of a unix socket. */
  mode: number;
}

export interface ListenerConfig {
  /** EVENT, PROCESS_STATE, TICK_5 … in capitals, each once. */
  events: string[];
  bufferSize: number;
  resultHandler: string;
}

/** daemon/plan.ts, as it can be written down. */
export type GivenPlan = Omit<Plan, 'environment' | 'account'>;

/** One process: a program with numprocs = 3 is three of these. */
export interface ProcessConfig {
  kind: 'program' | 'fcgi-program' | 'eventlistener';
  /** Of the section. */
  program: string;
  name: string;
  /** Words, split as a shell does. */
  command: string[];
  /** As written, expanded. */
  commandText: string;
  priority: number;
  autostart: boolean;
  autorestart: Autorestart;
  /** Seconds. */
  startSecs: number;
  startRetries: number;
  exitCodes: number[];
  /** Number. */
  stopSignal: number;
  /** Seconds. */
  stopWaitSecs: number;
  stopAsGroup: boolean;
  killAsGroup: boolean;
  user?: { name: string; uid: number };
  redirectStderr: boolean;
  stdout: ChannelConfig;
  stderr: ChannelConfig;
  /** Of `environment` and `[supervisord] environment`, in that order of precedence; `env_file` is read at each start. */
  environment: Record<string, string>;
  /** Absolute. */
  directory?: string;
  umask?: number;
  /** Null: AUTO, by the servers there are. */
  serverUrl: string | null;
  listener?: ListenerConfig;
  fcgi?: FcgiSocketConfig;
  // Ours, absent in supervisord.
  /** Absolute. */
  envFile?: string;
  limits: LimitConfig[];
  nice?: number;
  oomScoreAdj?: number;
  /** Names of programs or groups that must be ready first. */
  dependsOn: string[];
  /** Readiness SPECs (readiness/parse.ts). */
  ready: string[];
  /** Seconds. Default 30. */
  readyTimeout: number;
  /** Seconds. Default 10. */
  restartDelayMax: number;
  /** `start --respawn`: all is settled already; of the rest only how it is looked after counts. */
  plan?: GivenPlan;
  sockets: SocketConfig[];
  place: Place;
}

export interface GroupConfig {
  name: string;
  priority: number;
  /** As getAllConfigInfo tells them: programs in the order of `programs`, those of one program by name. Started by priority. */
  processes: ProcessConfig[];
  /** Of the section; a `[group:x]` is `program`, whatever its members are. */
  kind: ProcessConfig['kind'];
  place: Place;
}

export interface Credentials {
  username: string;
  /** Plain, or `{SHA}` and 40 hexadecimal digits. */
  password: string;
}

export interface UnixServerConfig {
  /** Absolute. */
  file: string;
  mode: number;
  owner?: Owner;
  credentials?: Credentials;
}

export interface InetServerConfig {
  /** Empty: all addresses. */
  host: string;
  port: number;
  credentials?: Credentials;
  allowUnauthenticated: boolean;
  allowedHosts: string[];
}

export interface SupervisordConfig extends RotationConfig {
  /** Absolute, or `syslog`. */
  logfile: string;
  logLevel: 'critical' | 'error' | 'warn' | 'info' | 'debug' | 'trace' | 'blather';
  /** Absolute. */
  pidfile: string;
  umask: number;
  nodaemon: boolean;
  silent: boolean;
  minfds: number;
  minprocs: number;
  nocleanup: boolean;
  childLogDir: string;
  user?: { name: string; uid: number };
  directory?: string;
  stripAnsi: boolean;
  environment: Record<string, string>;
  identifier: string;
  /** End with a failure when a program goes FATAL. Ours. */
  exitOnFatal: boolean;
}

export interface CtlConfig {
  serverUrl: string;
  username?: string;
  password?: string;
  prompt: string;
  historyFile?: string;
}

export interface Config {
  /** Absolute path of the file. */
  file: string;
  supervisord: SupervisordConfig;
  unixServers: UnixServerConfig[];
  inetServers: InetServerConfig[];
  ctl: CtlConfig;
  /** `[rpcinterface:supervisor]` is there. */
  hasRpcInterface: boolean;
  /** By priority, then name. */
  groups: GroupConfig[];
}

/** A program that cannot be had while the others can: one error of its own section. */
export interface Broken {
  /** Of the section, or the name by which a group asked for it. */
  program: string;
  /** In which it would be. */
  group: string;
  /** `[section] key: what is wrong` */
  message: string;
  place: Place;
}

/** Not an error, but somebody should know. */
export interface Warning extends Partial<Place> {
  message: string;
}
