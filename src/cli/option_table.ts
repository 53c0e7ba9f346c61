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
  { name: 'oknodo', group: BEHAVIOUR, help: 'already running counts as success' },
  { name: 'foreground', group: BEHAVIOUR, help: 'no fork: set up and exec in place' },
  { name: 'dry-run', group: BEHAVIOUR, help: 'print the plan, change nothing' },
  { name: 'json', group: BEHAVIOUR, help: 'one JSON object on stdout' },
  { name: 'quiet', short: 'q', group: BEHAVIOUR, help: 'no messages, only the status' },
  { name: 'verbose', short: 'v', group: BEHAVIOUR, help: 'say what was done' },
  { name: 'help', short: 'h', group: BEHAVIOUR, help: 'this text' },
  { name: 'version', group: BEHAVIOUR, help: 'the version' },
];

/** Names that can only be subcommands. Those but `start` come with later versions. */
export const SUBCOMMANDS = [
  'start',
  'stop',
  'restart',
  'reload',
  'signal',
  'status',
  'supervise',
  'ctl',
  'completion',
];
