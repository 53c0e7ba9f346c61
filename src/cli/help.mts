/** The help texts, laid out by yargs from the option table. Loaded only when asked for: it costs more than a start. */
import yargs from 'yargs';
import { type Option, START_OPTIONS } from './option_table';

const USAGE = `tdaemon [options] [--] COMMAND [ARG...]

Start COMMAND as a daemon: forked twice, in a session of its own, with no terminal.
Options end at -- or at the first word that is no option.`;

const EXAMPLES: [string, string][] = [
  ['tdaemon --pidfile /var/run/app.pid -- ./blogdemon', 'the main job'],
  ['tdaemon -p app.pid --log app.log -u www-data -- ./app --port 80', 'log, user, arguments'],
  ['tdaemon --foreground --limit nofile=65536 -- ./app', 'in systemd, runit, Docker'],
];

const STATUSES = `Exit status: 0 running; 1 already running (--oknodo: 0); 2 wrong usage; 125 could not be
set up; 126 found, cannot be executed; 127 not found. After a failure nothing is left.`;

function heading(option: Option): string {
  return `${option.value ?? ''}`;
}

export async function helpText(): Promise<string> {
  const parser = yargs([])
    .scriptName('tdaemon')
    .locale('en')
    .usage(USAGE)
    .help(false)
    .version(false)
    .parserConfiguration({ 'boolean-negation': false })
    .wrap(100)
    .epilogue(STATUSES);
  for (const option of START_OPTIONS) {
    parser.option(option.name, {
      group: option.group,
      describe: option.value ? `${heading(option)}: ${option.help}` : option.help,
      ...(option.short && { alias: option.short }),
    });
  }
  for (const [command, what] of EXAMPLES) parser.example(command, what);
  return parser.getHelp();
}
