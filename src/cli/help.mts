/** The help texts, laid out by yargs from the option table. Loaded only when asked for: it costs more than a start. */
import yargs from 'yargs';
import { ACTIONS } from '../control/client/actions';
import { COMMANDS, type Command, type Option } from './option_table';

interface Text {
  usage: string;
  /** Right below: two columns, which yargs would run together. */
  listed?: readonly (readonly [string, string])[];
  examples: [string, string][];
  statuses: string;
}

const AFTER_SIGNAL = 'Exit status: 0 sent; 1 not running; 2 wrong usage; 125 could not be done.';

const TEXTS: Record<Command, Text> = {
  start: {
    usage: `tdaemon [start] [options] [--] COMMAND [ARG...]
       tdaemon stop | restart | reload | signal | status --help

Start COMMAND as a daemon: forked twice, in a session of its own, with no terminal.
Options end at -- or at the first word that is no option.`,
    examples: [
      ['tdaemon --pidfile /var/run/app.pid -- ./blogdemon', 'the main job'],
      ['tdaemon -p app.pid --log app.log -u www-data -- ./app', 'log and user'],
      ['tdaemon --ready tcp:localhost:80 -- ./app', 'return when it answers'],
      ['tdaemon --foreground --limit nofile=65536 -- ./app', 'in systemd, runit, Docker'],
    ],
    statuses: `Exit status: 0 running (and ready); 1 already running (--oknodo: 0); 2 wrong usage; 123 ended before
it was ready; 124 not ready in time; 125 could not be set up; 126 found, cannot be executed;
127 not found; 130 interrupted. After a failure nothing is left.`,
  },
  stop: {
    usage: `tdaemon stop [options]

Signal a daemon, wait until it has ended, and remove its pidfile.`,
    examples: [
      ['tdaemon stop --pidfile /var/run/app.pid', 'TERM, after 10 s KILL'],
      ['tdaemon stop -p app.pid --retry INT/30/TERM/5/KILL/5', 'a schedule of your own'],
      ['tdaemon stop --exec /usr/bin/app --group', 'without a pidfile, with its children'],
    ],
    statuses: `Exit status: 0 stopped; 1 was not running (--oknodo: 0); 2 wrong usage; 124 still there after
the schedule; 125 could not be done.`,
  },
  restart: {
    usage: `tdaemon restart --pidfile FILE [options] [--] COMMAND [ARG...]

Stop what runs, then start. If COMMAND cannot be found or executed, nothing is stopped.`,
    examples: [['tdaemon restart --pidfile /var/run/app.pid -- ./blogdemon', 'after a deployment']],
    statuses: 'Exit status: as start; 124 the old one is still there after the schedule.',
  },
  reload: {
    usage: `tdaemon reload [options]

Send HUP: most daemons then read their configuration anew.`,
    examples: [['tdaemon reload --pidfile /var/run/app.pid', '']],
    statuses: AFTER_SIGNAL,
  },
  signal: {
    usage: `tdaemon signal [options] SIGNAL

Send a signal, by name or number.`,
    examples: [['tdaemon signal --pidfile /var/run/app.pid USR1', '']],
    statuses: AFTER_SIGNAL,
  },
  status: {
    usage: `tdaemon status [options]

Say whether a daemon runs.`,
    examples: [
      ['tdaemon status --pidfile /var/run/app.pid', ''],
      ['tdaemon status -q -p app.pid || echo down', 'in a script'],
    ],
    statuses: 'Exit status: 0 running; 1 dead, its pidfile is there; 3 not running; 4 unknown.',
  },
  supervise: {
    usage: `tdaemon supervise [options]

Run the programs of a supervisord.conf, start them again when they end, move their output to logs.`,
    examples: [
      ['tdaemon supervise -c /etc/supervisord.conf', 'as supervisord'],
      ['tdaemon supervise --check -c app.conf', 'is it right?'],
      ['tdaemon supervise -n', 'in a container, in systemd'],
    ],
    statuses: 'Exit status: 0 it answers (in the foreground: it was shut down); 2 it could not begin.',
  },
  ctl: {
    usage: `tdaemon ctl [options] [ACTION [ARG...]]

Ask and tell a supervisor, tdaemon's or supervisord; without an ACTION in a shell.

Actions:`,
    listed: ACTIONS.map(({ name, args, summary }) => [`${name} ${args}`, summary]),
    examples: [
      ['tdaemon ctl status', 'how things stand'],
      ['tdaemon ctl restart web worker:*', 'one program, and a group'],
      ['tdaemon ctl logs -f web worker:*', 'follow them together'],
      ['tdaemon ctl -s http://host:9001 -u admin top', 'asks for the password'],
    ],
    statuses: `Exit status, as supervisorctl's: 0 done; status: 3 not all run, 4 unknown name or no answer; else 1
refused, or a wrong password; 2 wrong usage; 3 no [rpcinterface:supervisor]; 4 connection refused;
5 another API; 7 no socket, or a process that is not running or did not come up.`,
  },
};

const COLUMN = 31;

function listLine([word, summary]: readonly [string, string]): string {
  const first = `  ${word}`;
  return first.length < COLUMN
    ? `${first.padEnd(COLUMN)}${summary}`
    : `${first}\n${' '.repeat(COLUMN)}${summary}`;
}

export async function helpText(command: Command): Promise<string> {
  const { usage, listed = [], examples, statuses } = TEXTS[command];
  const parser = yargs([])
    .scriptName('tdaemon')
    .locale('en')
    .usage(usage)
    .help(false)
    .version(false)
    .parserConfiguration({ 'boolean-negation': false })
    .wrap(100)
    .epilogue(statuses);
  const options: readonly Option[] = COMMANDS[command];
  for (const option of options) {
    parser.option(option.name, {
      group: option.group,
      describe: option.value ? `${option.value}: ${option.help}` : option.help,
      ...(option.short && { alias: option.short }),
    });
  }
  for (const [line, what] of examples) parser.example(line, what);
  const help = await parser.getHelp();
  return help.replace(usage, [usage, ...listed.map(listLine)].join('\n'));
}
