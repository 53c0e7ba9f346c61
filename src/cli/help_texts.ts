/** What the help says of each subcommand beside its options: how to call it, what it does, examples. */
import type { Command } from './option_table';

export const USAGE: Record<Command, readonly string[]> = {
  start: ['Usage: tdaemon [start] [options] [--] COMMAND [ARG...]'],
  stop: ['Usage: tdaemon stop [options]'],
  restart: ['Usage: tdaemon restart --pidfile FILE [options] [--] COMMAND [ARG...]'],
  reload: ['Usage: tdaemon reload [options]'],
  signal: ['Usage: tdaemon signal [options] SIGNAL'],
  status: ['Usage: tdaemon status [options]'],
  supervise: ['Usage: tdaemon supervise [options]'],
  ctl: ['Usage: tdaemon ctl [options] [ACTION [ARG...]]'],
  completion: ['Usage: tdaemon completion bash | zsh | fish'],
};

export const SUMMARIES: Record<Command, string> = {
  start: 'Start COMMAND as a daemon.',
  stop: 'End a daemon, wait for it, and remove its pidfile.',
  restart: 'Stop, then start; a COMMAND that cannot be executed stops nothing.',
  reload: 'Send HUP: most daemons then read their configuration anew.',
  signal: 'Send a signal, by name or number.',
  status: 'Say whether a daemon runs, since when, with what.',
  supervise: 'Run the programs of a supervisord.conf, and restart them.',
  ctl: 'Ask and tell a supervisor; without an ACTION in a shell.',
  completion: 'Print what makes a shell complete the words of tdaemon.',
};

export const EXAMPLES: Record<Command, readonly (readonly [string, string])[]> = {
  start: [
    ['tdaemon --pidfile /var/run/app.pid -- ./blogdemon', 'the main job'],
    ['tdaemon -p app.pid --log app.log -u www-data -- ./app', 'log and user'],
    ['tdaemon --ready tcp:localhost:80 -- ./app', 'return when it answers'],
    ['tdaemon --foreground --limit nofile=65536 -- ./app', 'in systemd, Docker'],
  ],
  stop: [
    ['tdaemon stop --pidfile /var/run/app.pid', 'TERM, after 10 s KILL'],
    ['tdaemon stop -p app.pid --retry INT/30/KILL/5', 'a schedule of your own'],
    ['tdaemon stop --exec /usr/bin/app --group', 'no pidfile; with its children'],
  ],
  restart: [['tdaemon restart --pidfile /var/run/app.pid -- ./blogdemon', '']],
  reload: [['tdaemon reload --pidfile /var/run/app.pid', '']],
  signal: [['tdaemon signal --pidfile /var/run/app.pid USR1', '']],
  status: [
    ['tdaemon status --pidfile /var/run/app.pid', ''],
    ['tdaemon status -q -p app.pid || echo down', 'in a script'],
  ],
  supervise: [
    ['tdaemon supervise -c /etc/supervisord.conf', 'as supervisord'],
    ['tdaemon supervise --check -c app.conf', 'is it right?'],
    ['tdaemon supervise -n', 'in a container, in systemd'],
  ],
  ctl: [
    ['tdaemon ctl status', 'how things stand'],
    ['tdaemon ctl restart web worker:*', 'one program, and a group'],
    ['tdaemon ctl logs -f web worker:*', 'follow them together'],
    ['tdaemon ctl -s http://host:9001 -u admin top', 'asks for the password'],
  ],
  completion: [
    ['eval "$(tdaemon completion bash)"', 'in ~/.bashrc'],
    ['eval "$(tdaemon completion zsh)"', 'in ~/.zshrc, after compinit'],
    ['tdaemon completion fish | source', 'in ~/.config/fish/config.fish'],
  ],
};
