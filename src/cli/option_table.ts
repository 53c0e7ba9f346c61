/** The single source of the command line: parsing, help, suggestions. */
export interface Option {
  name: string;
  short?: string;
  /** What the value is called in the help. Absent: a flag. */
  value?: string;
  /** May be given more than once. */
  repeats?: true;
  group: string;
  help: string;
}

const FILES = 'Files:';
const IDENTITY = 'Identity and place:';
const OUTPUT = 'Input and output:';
const ENVIRONMENT = 'Environment:';
const KERNEL = 'Limits and scheduling:';
const READINESS = 'Wait until it is ready:';
const BEHAVIOUR = 'Behaviour:';

export const START_OPTIONS: readonly Option[] = [
  { name: 'pidfile', short: 'p', value: 'FILE', group: FILES, help: 'locked, race-free pidfile' },
  {
    name: 'lock',
    short: 'l',
    value: 'FILE',
    group: FILES,
    help: 'hold an exclusive flock while the daemon lives',
  },
  { name: 'chdir', short: 'c', value: 'DIR', group: IDENTITY, help: 'working directory [/]' },
  { name: 'chroot', value: 'DIR', group: IDENTITY, help: 'root directory' },
  {
    name: 'user',
    short: 'u',
    value: 'USER[:GROUP]',
    group: IDENTITY,
    help: 'name or number; sets its groups, HOME, …',
  },
  { name: 'group', short: 'g', value: 'GROUP', group: IDENTITY, help: 'name or number' },
  { name: 'umask', value: 'MODE', group: IDENTITY, help: 'octal [022]' },
  { name: 'argv0', value: 'NAME', group: IDENTITY, help: 'argv[0] [as typed]' },
  { name: 'stdin', value: 'FILE', group: OUTPUT, help: 'FILE or "inherit" [/dev/null]' },
  { name: 'stdout', short: 'o', value: 'FILE', group: OUTPUT, help: 'FILE or "inherit" [/dev/null]' },
  { name: 'stderr', short: 'e', value: 'FILE', group: OUTPUT, help: 'FILE or "inherit" [/dev/null]' },
  { name: 'log', value: 'FILE', group: OUTPUT, help: 'both outputs' },
  { name: 'append', short: 'a', group: OUTPUT, help: 'append to output files (the default)' },
  { name: 'truncate', group: OUTPUT, help: 'empty output files first' },
  { name: 'env', short: 'E', value: 'NAME=VALUE', repeats: true, group: ENVIRONMENT, help: 'set a variable' },
  { name: 'env-file', value: 'FILE', repeats: true, group: ENVIRONMENT, help: 'NAME=VALUE lines' },
  { name: 'clear-env', group: ENVIRONMENT, help: 'begin with an empty environment' },
  {
    name: 'limit',
    value: 'NAME=SOFT[:HARD]',
    repeats: true,
    group: KERNEL,
    help: 'nofile, nproc, core, as, …; a number, a size or "unlimited"',
  },
  { name: 'nice', value: 'N', group: KERNEL, help: '-20 to 19' },
  {
    name: 'ionice',
    value: 'CLASS[:LEVEL]',
    group: KERNEL,
    help: 'realtime, best-effort, idle, none; 0 to 7',
  },
  { name: 'sched', value: 'POLICY[:PRIO]', group: KERNEL, help: 'other, batch, idle, fifo, rr; 1 to 99' },
  { name: 'oom-score-adj', value: 'N', group: KERNEL, help: '-1000 to 1000' },
  { name: 'no-new-privs', group: KERNEL, help: 'execve can gain no privileges any more' },
  {
    name: 'keep-fd',
    value: 'N',
    repeats: true,
    group: KERNEL,
    help: 'pass descriptor N on; others are closed',
  },
  {
    name: 'ready',
    value: 'SPEC',
    repeats: true,
    group: READINESS,
    help: 'alive:DURATION line:REGEX fd:N notify tcp:HOST:PORT unix:PATH http[s]://… file:PATH cmd:COMMAND; all of them',
  },
  { name: 'ready-timeout', value: 'DURATION', group: READINESS, help: 'how long to wait at most [30s]' },
  { name: 'ready-keep', group: READINESS, help: 'not ready in time: leave it running' },
  { name: 'ready-ca', value: 'FILE', group: READINESS, help: 'PEM certificates that https:// trusts too' },
  { name: 'respawn', group: BEHAVIOUR, help: 'start it again whenever it ends' },
  {
    name: 'restart-delay',
    value: 'DURATION',
    group: BEHAVIOUR,
    help: 'longest pause before that, for one that keeps ending at once [10s]',
  },
  { name: 'oknodo', group: BEHAVIOUR, help: 'already running counts as success' },
  { name: 'foreground', group: BEHAVIOUR, help: 'no fork: set up and exec in place' },
  { name: 'dry-run', group: BEHAVIOUR, help: 'print the plan, change nothing' },
  { name: 'json', group: BEHAVIOUR, help: 'one JSON object on stdout' },
  { name: 'quiet', short: 'q', group: BEHAVIOUR, help: 'no messages, only the status' },
  { name: 'verbose', short: 'v', group: BEHAVIOUR, help: 'say what was done' },
  { name: 'help', short: 'h', group: BEHAVIOUR, help: 'this text' },
  { name: 'version', group: BEHAVIOUR, help: 'the version' },
];

const WHICH = 'Which process:';
const HOW = 'How:';

const SELECTION: readonly Option[] = [
  { name: 'pidfile', short: 'p', value: 'FILE', group: WHICH, help: 'the pidfile that it was started with' },
  { name: 'exec', short: 'x', value: 'FILE', group: WHICH, help: 'every process that runs this program' },
  { name: 'name', short: 'n', value: 'NAME', group: WHICH, help: 'every process of this name (15 bytes)' },
  { name: 'user', short: 'u', value: 'USER', group: WHICH, help: 'every process of this user' },
  { name: 'ppid', value: 'PID', group: WHICH, help: 'every child of this process' },
];

const TELLING: readonly Option[] = ['json', 'quiet', 'verbose', 'help', 'version'].map(
  (wanted) => START_OPTIONS.find(({ name }) => name === wanted) as Option,
);

const OKNODO: Option = { name: 'oknodo', group: HOW, help: 'not running counts as success' };
const WHOLE_GROUP: Option = { name: 'group', short: 'g', group: HOW, help: 'signal the whole process group' };

const STOPPING: readonly Option[] = [
  {
    name: 'retry',
    short: 'R',
    value: 'SCHEDULE',
    group: HOW,
    help: 'TIMEOUT, or SIGNAL/TIMEOUT/…, "forever" repeats what follows [TERM/10/KILL/5]',
  },
  { name: 'signal', short: 's', value: 'SIGNAL', group: HOW, help: 'the first signal [TERM]' },
  { name: 'timeout', value: 'DURATION', group: HOW, help: 'how long to wait before KILL [10s]' },
];

const STOP_OPTIONS = [...SELECTION, ...STOPPING, WHOLE_GROUP, OKNODO, ...TELLING];
const RESTART_OPTIONS = [
  ...START_OPTIONS.filter(({ name }) => !['foreground', 'oknodo', 'respawn', 'restart-delay'].includes(name)),
  ...STOPPING.map((option) => ({
    name: option.name,
    group: 'Stopping what runs:',
    help: option.help,
    ...(option.value && { value: option.value }),
  })),
];
const RELOAD_OPTIONS = [
  ...SELECTION,
  { name: 'signal', short: 's', value: 'SIGNAL', group: HOW, help: 'instead of HUP' },
  WHOLE_GROUP,
  ...TELLING,
];
const SIGNAL_OPTIONS = [...SELECTION, WHOLE_GROUP, ...TELLING];
const STATUS_OPTIONS = [...SELECTION, ...TELLING];

const CONFIGURATION = 'Configuration:';
const INSTEAD = 'Instead of what [supervisord] says:';

/** The options of supervisord(1), by its names. */
const SUPERVISE_OPTIONS: readonly Option[] = [
  {
    name: 'configuration',
    short: 'c',
    value: 'FILE',
    group: CONFIGURATION,
    help: 'supervisord.conf [searched for]',
  },
  { name: 'check', group: CONFIGURATION, help: 'only say what is wrong with it' },
  { name: 'nodaemon', short: 'n', group: INSTEAD, help: 'stay in the foreground' },
  { name: 'silent', short: 's', group: INSTEAD, help: 'in the foreground: no log on stdout' },
  { name: 'user', short: 'u', value: 'USER', group: INSTEAD, help: 'run as this user' },
  { name: 'umask', short: 'm', value: 'MODE', group: INSTEAD, help: 'octal' },
  { name: 'directory', short: 'd', value: 'DIR', group: INSTEAD, help: 'working directory' },
  { name: 'logfile', short: 'l', value: 'FILE', group: INSTEAD, help: 'the main log' },
  { name: 'logfile_maxbytes', short: 'y', value: 'SIZE', group: INSTEAD, help: 'rotate it at this size' },
  { name: 'logfile_backups', short: 'z', value: 'N', group: INSTEAD, help: 'how many old ones are kept' },
  { name: 'loglevel', short: 'e', value: 'LEVEL', group: INSTEAD, help: 'critical … info … blather' },
  { name: 'pidfile', short: 'j', value: 'FILE', group: INSTEAD, help: 'names the keeper' },
  { name: 'identifier', short: 'i', value: 'NAME', group: INSTEAD, help: 'of this supervisor' },
  { name: 'childlogdir', short: 'q', value: 'DIR', group: INSTEAD, help: 'for logs that are AUTO' },
  { name: 'nocleanup', short: 'k', group: INSTEAD, help: 'keep old AUTO logs' },
  { name: 'minfds', short: 'a', value: 'N', group: INSTEAD, help: 'least limit of open files' },
  { name: 'strip_ansi', short: 't', group: INSTEAD, help: 'logs without escape sequences' },
  { name: 'minprocs', value: 'N', group: INSTEAD, help: 'least limit of processes' },
  { name: 'json', group: BEHAVIOUR, help: 'one JSON object on stdout' },
  { name: 'verbose', group: BEHAVIOUR, help: 'say what was done' },
  { name: 'help', short: 'h', group: BEHAVIOUR, help: 'this text' },
  { name: 'version', short: 'v', group: BEHAVIOUR, help: 'the version' },
];

const SERVER = 'The supervisor:';
const SHELL = 'The shell:';

/** The options of supervisorctl(1), by its names. What follows them is an action: control/client/actions.ts. */
const CTL_OPTIONS: readonly Option[] = [
  {
    name: 'configuration',
    short: 'c',
    value: 'FILE',
    group: SERVER,
    help: 'supervisord.conf with [supervisorctl] [searched for]',
  },
  {
    name: 'serverurl',
    short: 's',
    value: 'URL',
    group: SERVER,
    help: 'http://HOST:PORT, https://…, unix:///PATH [http://localhost:9001]',
  },
  { name: 'username', short: 'u', value: 'NAME', group: SERVER, help: 'of its server' },
  {
    name: 'password',
    short: 'p',
    value: 'WORD',
    group: SERVER,
    help: 'of its server; others can see it in ps(1)',
  },
  {
    name: 'interactive',
    short: 'i',
    group: SHELL,
    help: 'ask for a password, and before shutdown and reload',
  },
  { name: 'history_file', short: 'r', value: 'FILE', group: SHELL, help: 'keep what was typed' },
  { name: 'json', group: BEHAVIOUR, help: 'one JSON object on stdout; of what goes on, one a line' },
  { name: 'help', short: 'h', group: BEHAVIOUR, help: 'this text' },
  { name: 'version', group: BEHAVIOUR, help: 'the version' },
];

const COMPLETION_OPTIONS: readonly Option[] = [
  { name: 'help', short: 'h', group: BEHAVIOUR, help: 'this text' },
  { name: 'version', group: BEHAVIOUR, help: 'the version' },
];

export const COMMANDS = {
  start: START_OPTIONS,
  stop: STOP_OPTIONS,
  restart: RESTART_OPTIONS,
  reload: RELOAD_OPTIONS,
  signal: SIGNAL_OPTIONS,
  status: STATUS_OPTIONS,
  supervise: SUPERVISE_OPTIONS,
  ctl: CTL_OPTIONS,
  completion: COMPLETION_OPTIONS,
} as const satisfies Record<string, readonly Option[]>;

export type Command = keyof typeof COMMANDS;
