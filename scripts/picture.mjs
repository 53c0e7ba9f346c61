// docs/pictures: terminal sessions for the documents. Each command below is run, on a terminal, when this is: what a picture shows is what
// they said. Needs script(1).
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { screenLines, terminalSvg } from './terminal_svg.mjs';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const COLUMNS = 88;
const PORT = 8080;

/** The program of the session: a server that needs a moment, and a configuration. */
const BLOGDEMON = `#!/usr/bin/env node
const { readFileSync } = require('node:fs');
const file = process.argv[2] ?? 'blog.conf';
process.chdir(__dirname);
const bad = /^(?!port=).*/m.exec(readFileSync(file, 'utf8').trim())?.[0];
console.log('blogdemon: reading ' + file);
if (bad) {
  console.log("blogdemon: unknown key '" + bad.split('=')[0] + "'");
  process.exit(1);
}
setTimeout(() => require('node:http').createServer((_, answer) => answer.end()).listen(${PORT}), 100);
`;

const FILES = {
  blogdemon: BLOGDEMON,
  'blog.conf': `port=${PORT}\n`,
  'new.conf': `prot=${PORT}\n`,
  'supervisord.conf': `[unix_http_server]
file=%(here)s/socket
[supervisord]
logfile=%(here)s/supervisord.log
pidfile=%(here)s/supervisord.pid
childlogdir=%(here)s
[rpcinterface:supervisor]
supervisor.rpcinterface_factory=supervisor.rpcinterface:make_main_rpcinterface
[supervisorctl]
serverurl=unix://%(here)s/socket
[program:blog]
command=node %(here)s/blogdemon %(here)s/blog.conf
ready=tcp:localhost:${PORT}
rlimit_nofile=4096
[program:worker]
command=sh -c "while sleep 1; do echo one more; done"
process_name=%(program_name)s_%(process_num)d
numprocs=2
[program:mailer]
command=/usr/sbin/mailer --config mail.conf
startretries=0
`,
};

/** Whatever fails, `end` is run. */
const SESSIONS = {
  session: {
    commands: [
      `tdaemon --pidfile blog.pid --ready tcp:localhost:${PORT} -- ./blogdemon && echo up`,
      'tdaemon status --pidfile blog.pid',
      'tdaemon --pidfile blog.pid -- ./blogdemon; echo status $?',
      'tdaemon -p new.pid --log new.log --ready line:listening -- ./blogdemon new.conf',
      'tdaemon -- ./blogdeamon; echo status $?',
      'tdaemon stop --pidfile blog.pid --verbose',
    ],
    end: 'tdaemon stop --oknodo --quiet --pidfile blog.pid',
  },
  supervise: {
    commands: [
      'tdaemon supervise -c supervisord.conf',
      // Nobody sees this one: the picture would be of what is not up yet.
      {
        unseen:
          'for n in 1 2 3 4 5 6 7 8 9; do tdaemon ctl status | grep -q STARTING || break; sleep 1; done',
      },
      'tdaemon ctl status',
      'kill -9 $(tdaemon ctl pid blog); sleep 2; tdaemon ctl status blog',
      'tdaemon ctl tail worker:worker_0',
      'tdaemon ctl restart worker:*',
      'tdaemon ctl shutdown',
    ],
    end: 'kill $(cat supervisord.pid) 2>/dev/null; while [ -e supervisord.pid ]; do sleep 0.1; done',
  },
};

function run(command, directory) {
  const line = `ulimit -Sn 1024; stty cols ${COLUMNS} rows 24; ${command}`;
  const { stdout, error } = spawnSync('script', ['-qec', line, '/dev/null'], {
    cwd: directory,
    env: {
      PATH: `${path.join(ROOT, 'bin')}:${process.env.PATH}`,
      HOME: directory,
      TERM: 'xterm-256color',
      LC_ALL: 'C.UTF-8',
      SHELL: '/bin/sh',
    },
  });
  if (error) throw error;
  return stdout.toString();
}

/** A long command goes on below, as in a terminal. */
function typed(command) {
  const rows = command.match(new RegExp(`.{1,${COLUMNS - 2}}`, 'g'));
  return rows.map((row, at) =>
    at === 0 ? `\u001b[32m$\u001b[0m \u001b[1m${row}\u001b[0m` : `\u001b[1m${row}\u001b[0m`,
  );
}

function picture({ commands, end }) {
  const directory = mkdtempSync(path.join(tmpdir(), 'tdaemon-picture-'));
  try {
    for (const [name, content] of Object.entries(FILES)) writeFileSync(path.join(directory, name), content);
    chmodSync(path.join(directory, 'blogdemon'), 0o755);
    const lines = commands.flatMap((command, at) => {
      const output = run(command.unseen ?? command, directory);
      if (command.unseen) return [];
      const shown = screenLines(output).filter((line) => line !== '');
      return [...(at === 0 ? [] : ['']), ...typed(command), ...shown];
    });
    return terminalSvg(
      lines.map((line) => line.replaceAll(directory, '~')),
      COLUMNS,
    );
  } finally {
    run(end, directory);
    rmSync(directory, { recursive: true });
  }
}

const folder = path.join(ROOT, 'docs', 'pictures');
mkdirSync(folder, { recursive: true });
for (const [name, session] of Object.entries(SESSIONS))
  writeFileSync(path.join(folder, `${name}.svg`), picture(session));
