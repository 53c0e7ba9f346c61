/** Every section and every key that there is: the single source of parsing, defaults, suggestions and the manual. */
import {
  DIRECTORY,
  FILE,
  INET_ADDRESS,
  LOG_FILE,
  MAIN_LOG,
  OWNER,
  PATH,
  PROGRAM_SERVER_URL,
  SERVER_URL,
  SHORT_PATH,
  SOCKET,
  SOCKET_FILE,
  SOCKETS,
  USER,
  WORKING_DIRECTORY,
} from './addresses';
import { key, prefixed, type Table } from './key';
import { LIMIT_KEYS, READY_SPECS } from './program_types';
import {
  AUTORESTART,
  BOOLEAN,
  BYTES,
  between,
  COMMAND,
  COUNT,
  DURATION,
  EVENT_LIST,
  EXIT_CODES,
  INTEGER,
  LIST,
  LOG_LEVEL,
  MODE,
  NON_EMPTY,
  SIGNAL,
  TEXT,
  UMASK,
  VARIABLES,
} from './types';

export const SUPERVISORD = {
  logfile: key(MAIN_LOG, {
    default: 'supervisord.log',
    help: 'the main log',
    option: { short: 'l', long: 'logfile' },
  }),
  logfile_maxbytes: key(BYTES, {
    default: '50MB',
    help: 'size at which the main log is rotated; 0: never',
    option: { short: 'y', long: 'logfile_maxbytes' },
  }),
  logfile_backups: key(COUNT, {
    default: '10',
    help: 'rotated main logs that are kept; 0: none',
    option: { short: 'z', long: 'logfile_backups' },
  }),
  loglevel: key(LOG_LEVEL, {
    default: 'info',
    help: 'least important message that is logged',
    option: { short: 'e', long: 'loglevel' },
  }),
  pidfile: key(FILE, {
    default: 'supervisord.pid',
    help: 'the pidfile of the supervisor',
    option: { short: 'j', long: 'pidfile' },
  }),
  umask: key(UMASK, {
    default: '022',
    help: 'of the supervisor, and of programs without their own',
    option: { short: 'm', long: 'umask' },
  }),
  nodaemon: key(BOOLEAN, {
    default: 'false',
    help: 'stay in the foreground',
    option: { short: 'n', long: 'nodaemon', flag: true },
  }),
  silent: key(BOOLEAN, {
    default: 'false',
    help: 'no log on standard output in the foreground',
    option: { short: 's', long: 'silent', flag: true },
  }),
  minfds: key(COUNT, {
    default: '1024',
    help: 'open files that programs may have at least',
    option: { short: 'a', long: 'minfds' },
  }),
  minprocs: key(COUNT, {
    default: '200',
    help: 'processes that there may be at least',
    option: { long: 'minprocs' },
  }),
  nocleanup: key(BOOLEAN, {
    default: 'false',
    help: 'old AUTO logs stay at the start',
    option: { short: 'k', long: 'nocleanup', flag: true },
  }),
  childlogdir: key(DIRECTORY, {
    help: 'of AUTO logs [the directory for temporary files]',
    option: { short: 'q', long: 'childlogdir' },
  }),
  user: key(USER, { help: 'whom the supervisor becomes', option: { short: 'u', long: 'user' } }),
  directory: key(DIRECTORY, {
    help: 'working directory of the daemon [where it is started]',
    option: { short: 'd', long: 'directory' },
  }),
  strip_ansi: key(BOOLEAN, {
    default: 'false',
    help: 'escape sequences of terminals are left out of the logs of programs',
    option: { short: 't', long: 'strip_ansi', flag: true },
  }),
  environment: key(VARIABLES, { default: '', help: 'variables for all programs' }),
  identifier: key(NON_EMPTY, {
    default: 'supervisor',
    help: 'name of this supervisor for others',
    option: { short: 'i', long: 'identifier' },
  }),
  exit_on_fatal: key(BOOLEAN, {
    default: 'false',
    help: 'end with a failure when a program goes FATAL',
    ours: true,
  }),
  profile_options: key(TEXT, { help: 'a profiler of supervisord', without: 'there is no profiler' }),
} as const satisfies Table;

const CREDENTIALS = {
  username: key(TEXT, { help: 'with password: whom requests must come from' }),
  password: key(TEXT, { help: 'plain, or {SHA} and its SHA-1 in hexadecimal' }),
} as const satisfies Table;

export const UNIX_SERVER = {
  file: key(SOCKET_FILE, { required: true, help: 'the socket' }),
  chmod: key(MODE, { default: '0700', help: 'its mode' }),
  chown: key(OWNER, { help: 'its owner' }),
  ...CREDENTIALS,
} as const satisfies Table;

export const INET_SERVER = {
  port: key(INET_ADDRESS, { required: true, help: 'address and port; without an address, or *: all' }),
  ...CREDENTIALS,
  allow_unauthenticated: key(BOOLEAN, {
    default: 'false',
    help: 'whoever reaches an address that is not loopback may do everything',
    ours: true,
  }),
  allowed_hosts: key(LIST, { default: '', help: 'names by which it may be called', ours: true }),
} as const satisfies Table;

export const CTL = {
  serverurl: key(SERVER_URL, { default: 'http://localhost:9001', help: 'the supervisor to speak to' }),
  username: key(TEXT, { help: 'of its server' }),
  password: key(TEXT, { help: 'of its server' }),
  prompt: key(TEXT, { default: 'supervisor', help: 'of the interactive shell' }),
  history_file: key(SHORT_PATH, { help: 'of the interactive shell' }),
} as const satisfies Table;

/** Read once for a program. `%(process_num)s` is not known here. */
export const PROGRAM = {
  numprocs: key(COUNT, { default: '1', help: 'how many processes' }),
  numprocs_start: key(INTEGER, { default: '0', help: 'number of the first one' }),
  priority: key(INTEGER, { default: '999', help: 'low ones start first and stop last' }),
  autostart: key(BOOLEAN, { default: 'true', help: 'start with the supervisor' }),
  autorestart: key(AUTORESTART, { default: 'unexpected', help: 'whether to start again after an exit' }),
  startsecs: key(COUNT, { default: '1', help: 'seconds up to count as RUNNING' }),
  startretries: key(COUNT, { default: '3', help: 'failed starts before FATAL' }),
  exitcodes: key(EXIT_CODES, { default: '0', help: 'expected exit codes' }),
  stopsignal: key(SIGNAL, { default: 'TERM', help: 'to stop it' }),
  stopwaitsecs: key(COUNT, { default: '10', help: 'seconds from there to SIGKILL' }),
  stopasgroup: key(BOOLEAN, { default: 'false', help: 'signal the whole process group' }),
  killasgroup: key(BOOLEAN, { help: 'SIGKILL to the whole process group [as stopasgroup]' }),
  user: key(USER, { help: 'as whom it runs' }),
  umask: key(UMASK, { help: "[the supervisor's]" }),
  redirect_stderr: key(BOOLEAN, { default: 'false', help: 'standard error to standard output' }),
  serverurl: key(PROGRAM_SERVER_URL, { default: 'AUTO', help: 'SUPERVISOR_SERVER_URL' }),
  restart_delay_max: key(DURATION, {
    default: '10s',
    help: 'longest delay of a restart after short lives',
    ours: true,
  }),
  ready_timeout: key(DURATION, { default: '30s', help: 'how long it may take to be ready', ours: true }),
  depends_on: key(LIST, { default: '', help: 'programs or groups that must be ready first', ours: true }),
  nice: key(between(-20, 19), { help: 'niceness', ours: true }),
  oom_score_adj: key(between(-1000, 1000), { help: 'how soon the kernel ends it for memory', ours: true }),
  ...LIMIT_KEYS,
} as const satisfies Table;

const CHANNEL = {
  logfile: key(LOG_FILE, { default: 'AUTO', help: 'where it goes' }),
  logfile_maxbytes: key(BYTES, { default: '50MB', help: 'size at which it is rotated; 0: never' }),
  logfile_backups: key(COUNT, { default: '10', help: 'rotated ones that are kept; 0: none' }),
  capture_maxbytes: key(BYTES, {
    default: '0',
    help: 'most bytes of a PROCESS_COMMUNICATION event; 0: none',
  }),
  events_enabled: key(BOOLEAN, { default: 'false', help: 'PROCESS_LOG events' }),
  syslog: key(BOOLEAN, { default: 'false', help: 'to syslog too' }),
  logfile_compress: key(BOOLEAN, { default: 'false', help: 'rotated ones are compressed', ours: true }),
  log_timestamps: key(BOOLEAN, { default: 'false', help: 'each line begins with the time', ours: true }),
  logfile_interval: key(DURATION, { default: '0', help: 'age at which it is rotated; 0: never', ours: true }),
} as const satisfies Table;

/** Read for each process, and before its other keys, which see it as %(ENV_NAME)s. */
export const ENVIRONMENT = {
  environment: key(VARIABLES, { default: '', help: 'variables' }),
} as const satisfies Table;

/** Read for each process. */
export const PROCESS = {
  process_name: key(TEXT, { default: '%(program_name)s', help: 'its name; with %(process_num)s if many' }),
  command: key(COMMAND, { required: true, help: 'what to run, by the quoting rules of a shell' }),
  directory: key(WORKING_DIRECTORY, { help: "working directory [the supervisor's]" }),
  ...prefixed('stdout', CHANNEL),
  ...prefixed('stderr', CHANNEL),
  stdout_log_direct: key(BOOLEAN, {
    default: 'false',
    help: 'the program opens the log itself: no rotation, no timestamps',
    ours: true,
  }),
  env_file: key(PATH, { help: 'NAME=VALUE lines, read at each start', ours: true }),
  ready: key(READY_SPECS, { default: '', help: 'when it is ready; one SPEC a line', ours: true }),
  sockets: key(SOCKETS, { default: '', help: 'listening sockets that it is given (LISTEN_FDS)', ours: true }),
} as const satisfies Table;

export const FCGI = {
  socket: key(SOCKET, { required: true, help: 'descriptor 0 of its processes' }),
  socket_backlog: key(between(1, 65535), { help: 'of listen(2)' }),
  socket_owner: key(OWNER, { help: '[user]' }),
  socket_mode: key(MODE, { help: '[0700]' }),
} as const satisfies Table;

/** A listener's priority is -1 as a pool, so that it starts before what it listens to. */
export const LISTENER = {
  priority: key(INTEGER, { default: '-1', help: 'low ones start first and stop last' }),
  events: key(EVENT_LIST, { required: true, help: 'what it is told of' }),
  buffer_size: key(between(1, Number.MAX_SAFE_INTEGER), { default: '10', help: 'events that wait for it' }),
  result_handler: key(TEXT, { default: 'supervisor.dispatchers:default_handler', help: 'code in Python' }),
} as const satisfies Table;

export const GROUP = {
  programs: key(LIST, { default: '', help: 'its members' }),
  priority: key(INTEGER, { default: '999', help: 'low ones start first and stop last' }),
} as const satisfies Table;

export const INCLUDE = {
  files: key(TEXT, { required: true, help: 'patterns of files, relative to this one' }),
} as const satisfies Table;

const RPC_INTERFACE = {
  'supervisor.rpcinterface_factory': key(TEXT, { required: true, help: 'code in Python; ours is built in' }),
} as const satisfies Table;

export interface SectionKind {
  /** What the header is, or begins with before `:NAME`. */
  word: string;
  /** Whether a NAME follows: it must, it may, it does not. */
  named: 'always' | 'maybe' | 'never';
  keys: Table;
}

export const SECTIONS: readonly SectionKind[] = [
  { word: 'supervisord', named: 'never', keys: SUPERVISORD },
  { word: 'unix_http_server', named: 'maybe', keys: UNIX_SERVER },
  { word: 'inet_http_server', named: 'maybe', keys: INET_SERVER },
  { word: 'supervisorctl', named: 'never', keys: CTL },
  { word: 'include', named: 'never', keys: INCLUDE },
  { word: 'rpcinterface', named: 'always', keys: RPC_INTERFACE },
  { word: 'group', named: 'always', keys: GROUP },
  { word: 'program', named: 'always', keys: { ...PROGRAM, ...ENVIRONMENT, ...PROCESS } },
  { word: 'fcgi-program', named: 'always', keys: { ...PROGRAM, ...ENVIRONMENT, ...PROCESS, ...FCGI } },
  { word: 'eventlistener', named: 'always', keys: { ...PROGRAM, ...ENVIRONMENT, ...PROCESS, ...LISTENER } },
];
