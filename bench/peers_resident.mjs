// The peers that stay resident: each is set up in a directory of its own, and taken down by its own command.
// A peer: its name in the table, timeStart() in milliseconds, how to start a command that stays, and end().
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { environment, findProgram, TRUE } from './peers.mjs';
import { runSilently } from './run_command.mjs';
import { timeToEnd } from './spawn_loop.mjs';

export const PM2_START = 'pm2 start (its daemon running)';
export const FOREVER_START = 'forever start';
export const SUPERVISOR_START = 'supervisorctl start (supervisord running)';

function place(directory, name) {
  const home = path.join(directory, name);
  mkdirSync(home, { recursive: true });
  return home;
}

/** pm2's daemon runs before the first measured start: only the start itself is held against it. */
export async function startPm2(directory, token = {}) {
  const pm2 = findProgram('pm2');
  if (!pm2) return undefined;
  const home = place(directory, 'pm2');
  const env = environment({ ...token, PM2_HOME: home, HOME: home, PM2_DISCRETE_MODE: 'true' });
  const run = (...args) => runSilently(pm2, ['--silent', ...args], env);
  const start = (...command) => [
    ...['start', '--silent', '--interpreter', 'none', '--no-autorestart', '--name', 'bench'],
    ...command,
  ];
  await run('ping');
  return {
    startName: PM2_START,
    residentName: 'pm2',
    timeStart: async () => {
      const spent = await timeToEnd([pm2, ...start(TRUE)], { env });
      await run('delete', 'bench');
      return spent;
    },
    stay: (program, ...args) => run(...start(program, '--', ...args)),
    end: () => run('kill'),
  };
}

export async function startForever(directory, token = {}) {
  const forever = findProgram('forever');
  if (!forever) return undefined;
  const home = place(directory, 'forever');
  const env = environment({ ...token, HOME: home, FOREVER_ROOT: home });
  const start = (...command) => [
    'start',
    '--max',
    '1',
    '--minUptime',
    '1',
    '--spinSleepTime',
    '1',
    '-c',
    ...command,
  ];
  return {
    startName: FOREVER_START,
    residentName: 'forever (for each script)',
    timeStart: () => timeToEnd([forever, ...start(TRUE, '/')], { env }),
    // It takes a script only.
    stay: (...command) => {
      const script = path.join(home, 'stay.sh');
      writeFileSync(script, `exec ${command.join(' ')}\n`);
      return runSilently(forever, start('/bin/sh', script), env);
    },
    end: () => runSilently(forever, ['stopall'], env),
  };
}

export async function startSupervisor(directory, token = {}) {
  const supervisord = findProgram('supervisord');
  const supervisorctl = findProgram('supervisorctl');
  if (!supervisord || !supervisorctl) return undefined;
  const home = place(directory, 'supervisor');
  const file = path.join(home, 'supervisord.conf');
  const socket = `unix://${home}/s`;
  const program = (name, command) => `[program:${name}]
command=${command}
autostart=false
autorestart=false
startsecs=0
`;
  const write = (stay) =>
    writeFileSync(
      file,
      `[supervisord]
logfile=${home}/log
pidfile=${home}/pid
[unix_http_server]
file=${home}/s
[rpcinterface:supervisor]
supervisor.rpcinterface_factory = supervisor.rpcinterface:make_main_rpcinterface
[supervisorctl]
serverurl=${socket}
${program('quick', TRUE)}${stay ? program('stay', stay) : ''}`,
    );
  write();
  const env = environment(token);
  const control = (...args) => runSilently(supervisorctl, ['-c', file, ...args], env);
  await runSilently(supervisord, ['-c', file], env);
  return {
    startName: SUPERVISOR_START,
    residentName: 'supervisord',
    timeStart: () => timeToEnd([supervisorctl, '-c', file, 'start', 'quick'], { env }),
    stay: async (...command) => {
      write(command.join(' '));
      await control('update');
      await control('start', 'stay');
    },
    end: () => control('shutdown'),
  };
}
