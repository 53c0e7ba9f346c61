/** The actions of `tdaemon ctl` as data: for its help, its shell, the manual page and the completion of other shells. */

/** What the words after an action name, for who completes them. */
export type Words = 'processes' | 'groups' | 'process' | 'action' | 'signal-processes' | 'url' | 'none';

export interface Action {
  readonly name: string;
  /** As in a usage line; empty: none. */
  readonly args: string;
  readonly words: Words;
  /** One line. */
  readonly summary: string;
  /** The text of `help ACTION`: of supervisorctl's actions, its own. */
  readonly help: string;
  /** supervisorctl does not have it. */
  readonly ours?: true;
}

export const ACTIONS: readonly Action[] = [
  {
    name: 'add',
    args: 'GROUP…',
    words: 'groups',
    summary: 'take a group of the configuration into use',
    help: 'add <name> [...]\tActivates any updates in config for process/group',
  },
  {
    name: 'avail',
    args: '',
    words: 'none',
    summary: 'what the configuration has, and whether it is in use',
    help: 'avail\t\t\tDisplay all configured processes',
  },
  {
    name: 'clear',
    args: 'NAME… | all',
    words: 'processes',
    summary: 'empty log files',
    help: `clear <name>\t\tClear a process' log files.
clear <name> <name>\tClear multiple process' log files
clear all\t\tClear all process' log files`,
  },
  {
    name: 'exit',
    args: '',
    words: 'none',
    summary: 'leave the shell',
    help: 'exit\tExit the supervisor shell.',
  },
  {
    name: 'fg',
    args: 'NAME',
    words: 'process',
    summary: 'follow a process, and type into it; ^C ends it',
    help: 'fg <process>\tConnect to a process in foreground mode\n\t\tCtrl-C to exit',
  },
  {
    name: 'help',
    args: '[ACTION]',
    words: 'action',
    summary: 'what there is',
    help: 'help\t\tPrint a list of available actions\nhelp <action>\tPrint help for <action>',
  },
  {
    name: 'maintail',
    args: '[-f | -BYTES]',
    words: 'none',
    summary: "the end of the supervisor's own log; -f follows it",
    help: `maintail -f \tContinuous tail of supervisor main log file (Ctrl-C to exit)
maintail -100\tlast 100 *bytes* of supervisord main log file
maintail\tlast 1600 *bytes* of supervisor main log file
`,
  },
  {
    name: 'open',
    args: 'URL',
    words: 'url',
    summary: 'speak to another supervisor',
    help: 'open <url>\tConnect to a remote supervisord process.\n\t\t(for UNIX domain socket, use unix:///socket/path)',
  },
  {
    name: 'pid',
    args: '[NAME… | all]',
    words: 'processes',
    summary: "process ids; without a name the supervisor's",
    help: `pid\t\t\tGet the PID of supervisord.
pid <name>\t\tGet the PID of a single child process by name.
pid all\t\t\tGet the PID of every child process, one per line.`,
  },
  {
    name: 'quit',
    args: '',
    words: 'none',
    summary: 'leave the shell',
    help: 'quit\tExit the supervisor shell.',
  },
  {
    name: 'reload',
    args: '',
    words: 'none',
    summary: 'stop all, read the configuration, start anew',
    help: 'reload \t\tRestart the remote supervisord.',
  },
  {
    name: 'remove',
    args: 'GROUP…',
    words: 'groups',
    summary: 'take a stopped group out of use',
    help: 'remove <name> [...]\tRemoves process/group from active config',
  },
  {
    name: 'reread',
    args: '',
    words: 'none',
    summary: 'read the configuration, and say what is different',
    help: "reread \t\t\tReload the daemon's configuration files without add/remove",
  },
  {
    name: 'restart',
    args: 'NAME… | all',
    words: 'processes',
    summary: 'stop and start',
    help: `restart <name>\t\tRestart a process
restart <gname>:*\tRestart all processes in a group
restart <name> <name>\tRestart multiple processes or groups
restart all\t\tRestart all processes
Note: restart does not reread config files. For that, see reread and update.`,
  },
  {
    name: 'shutdown',
    args: '',
    words: 'none',
    summary: 'stop all, and end the supervisor',
    help: 'shutdown \tShut the remote supervisord down.',
  },
  {
    name: 'signal',
    args: 'SIGNAL NAME… | all',
    words: 'signal-processes',
    summary: 'send a signal, by name or number',
    help: `signal <signal name> <name>\t\tSignal a process
signal <signal name> <gname>:*\t\tSignal all processes in a group
signal <signal name> <name> <name>\tSignal multiple processes or groups
signal <signal name> all\t\tSignal all processes`,
  },
  {
    name: 'start',
    args: 'NAME… | all',
    words: 'processes',
    summary: 'start, and wait until it is up',
    help: `start <name>\t\tStart a process
start <gname>:*\t\tStart all processes in a group
start <name> <name>\tStart multiple processes or groups
start all\t\tStart all processes`,
  },
  {
    name: 'status',
    args: '[NAME… | all]',
    words: 'processes',
    summary: 'how things stand',
    help: `status <name>\t\tGet status for a single process
status <gname>:*\tGet status for all processes in a group
status <name> <name>\tGet status for multiple named processes
status\t\t\tGet all process status info`,
  },
  {
    name: 'stop',
    args: 'NAME… | all',
    words: 'processes',
    summary: 'stop, and wait until it has ended',
    help: `stop <name>\t\tStop a process
stop <gname>:*\t\tStop all processes in a group
stop <name> <name>\tStop multiple processes or groups
stop all\t\tStop all processes`,
  },
  {
    name: 'tail',
    args: '[-f | -BYTES] NAME [stdout | stderr]',
    words: 'process',
    summary: 'the end of a log; -f follows it',
    help: `tail [-f] <name> [stdout|stderr] (default stdout)
Ex:
tail -f <name>\t\tContinuous tail of named process stdout
\t\t\tCtrl-C to exit.
tail -100 <name>\tlast 100 *bytes* of process stdout
tail <name> stderr\tlast 1600 *bytes* of process stderr`,
  },
  {
    name: 'update',
    args: '[GROUP… | all]',
    words: 'groups',
    summary: 'read the configuration, and do what is different',
    help: `update\t\t\tReload config and add/remove as necessary, and will restart affected programs
update all\t\tReload config and add/remove as necessary, and will restart affected programs
update <gname> [...]\tUpdate specific groups`,
  },
  {
    name: 'version',
    args: '',
    words: 'none',
    summary: 'of the supervisor',
    help: 'version\t\t\tShow the version of the remote supervisord process',
  },
  {
    name: 'handover',
    args: '',
    words: 'none',
    summary: 'the version that is installed now takes over; no program notices',
    help: 'handover\t\tLet a new supervisor process, of the version that is installed now, take over',
    ours: true,
  },
  {
    name: 'logs',
    args: '[-f] [-BYTES] NAME… | all',
    words: 'processes',
    summary: `the ends of several programs' logs, with their names; -f follows them`,
    help: `logs <name> [...]\tThe ends of both logs, each line with its process' name
logs -f <name> [...]\tContinuous, Ctrl-C to exit
logs -100 <name>\tlast 100 *bytes* of each
logs <gname>:*\t\tOf all processes in a group
logs all\t\tOf all processes`,
    ours: true,
  },
  {
    name: 'rolling-restart',
    args: 'NAME… | all',
    words: 'processes',
    summary: 'replace programs that share sockets, one by one: nobody is refused',
    help: `rolling-restart <name>\tPut a new process beside it, and stop the old one when the new one is up
rolling-restart <gname>:*\tThe same, one after the other, for all in a group
Needs 'sockets=' in the program's configuration (or an fcgi-program).`,
    ours: true,
  },
  {
    name: 'top',
    args: '[NAME… | all]',
    words: 'processes',
    summary: 'how things stand, refreshed in place; q ends it',
    help: 'top [<name> ...]\tStatus, refreshed in place with CPU and memory. q or Ctrl-C to exit',
    ours: true,
  },
];

export function actionNamed(name: string): Action | undefined {
  return ACTIONS.find((action) => action.name === name);
}
