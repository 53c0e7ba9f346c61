// node bench/ctl.mjs [PROGRAMS] [ROUNDS] (after `npm run build`): `status` of many programs, from the start of the client to its end:
// tdaemon ctl and supervisorctl, each asking tdaemon and supervisord. They take turns.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { loadavg, tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { describeMachine } from './machine.mjs';
import { lowest, median, ratio } from './measure.mjs';

const PROGRAMS = Number(process.argv[2] ?? 1000);
const ROUNDS = Number(process.argv[3] ?? 20);
const TDAEMON = path.join(import.meta.dirname, '..', 'bin', 'tdaemon');

const loadBefore = loadavg();
const at = mkdtempSync(path.join(tmpdir(), 'tdaemon-bench-'));

function configure(name) {
  const directory = path.join(at, name);
  const file = path.join(at, `${name}.conf`);
  writeFileSync(
    file,
    `[supervisord]
logfile=${directory}.log
pidfile=${directory}.pid
minfds=${PROGRAMS * 6 + 1000}
[unix_http_server]
file=${directory}.sock
[rpcinterface:supervisor]
supervisor.rpcinterface_factory = supervisor.rpcinterface:make_main_rpcinterface
[supervisorctl]
serverurl=unix://${directory}.sock
[program:p]
command=sleep 100000
process_name=%(program_name)s_%(process_num)04d
numprocs=${PROGRAMS}
startsecs=0
stdout_logfile=NONE
stderr_logfile=NONE
`,
  );
  return file;
}

const ours = configure('tdaemon');
const theirs = configure('supervisord');
const clients = {
  ctl: (file) => [TDAEMON, 'ctl', '-c', file],
  supervisorctl: (file) => ['supervisorctl', '-c', file],
};

const run = ([program, ...words]) => spawnSync(program, words, { encoding: 'utf8', maxBuffer: 1 << 26 });

async function untilAllRun(command) {
  for (;;) {
    const { stdout } = run([...command, 'status']);
    if (stdout.split('\n').filter((line) => / RUNNING /.test(line)).length === PROGRAMS) return;
    await pause(500);
  }
}

const cases = [
  { name: 'tdaemon ctl to tdaemon', command: clients.ctl(ours) },
  { name: 'supervisorctl to tdaemon', command: clients.supervisorctl(ours) },
  { name: 'tdaemon ctl to supervisord', command: clients.ctl(theirs) },
  { name: 'supervisorctl to supervisord', command: clients.supervisorctl(theirs) },
].map((each) => ({ ...each, times: [] }));

try {
  for (const command of [
    [TDAEMON, 'supervise', '-c', ours],
    ['supervisord', '-c', theirs],
  ]) {
    const { status, stderr } = run(command);
    if (status !== 0) throw new Error(stderr);
  }
  await untilAllRun(clients.ctl(ours));
  await untilAllRun(clients.ctl(theirs));
  for (let round = 0; round < ROUNDS; round++)
    for (let turn = 0; turn < cases.length; turn++) {
      const each = cases[(round + turn) % cases.length];
      const begin = performance.now();
      const { stdout } = run([...each.command, 'status']);
      each.times.push(performance.now() - begin);
      if (stdout.split('\n').length !== PROGRAMS + 1)
        throw new Error(`${each.name}: ${stdout.slice(0, 200)}`);
    }
  const base = cases.at(-1).times;
  console.log(describeMachine(loadBefore));
  console.log(
    `\n| status of ${PROGRAMS} programs | median ms | lowest ms | x supervisorctl to supervisord |`,
  );
  console.log('|---|---:|---:|---:|');
  for (const { name, times } of cases) {
    const figures = [median(times).toFixed(0), lowest(times).toFixed(0), ratio(times, base).toFixed(2)];
    console.log(`| ${name} | ${figures.join(' | ')} |`);
  }
} finally {
  run([...clients.ctl(ours), 'shutdown']);
  run([...clients.ctl(theirs), 'shutdown']);
  // Until nobody writes there any more.
  for (const file of [ours, theirs]) while (run([...clients.ctl(file), 'pid']).status === 0) await pause(200);
  rmSync(at, { recursive: true, force: true });
}
