// tdaemon and supervisord side by side, each with the same many programs, for those who ask both.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';

export const TDAEMON = path.join(import.meta.dirname, '..', 'bin', 'tdaemon');

export function runToEnd([program, ...words]) {
  return spawnSync(program, words, { encoding: 'utf8', maxBuffer: 1 << 26 });
}

const ctl = (file, ...words) => runToEnd([TDAEMON, 'ctl', '-c', file, ...words]);

function configure(at, name, programs, sections) {
  const directory = path.join(at, name);
  const file = path.join(at, `${name}.conf`);
  writeFileSync(
    file,
    `[supervisord]
logfile=${directory}.log
pidfile=${directory}.pid
minfds=${programs * 6 + 1000}
[unix_http_server]
file=${directory}.sock
[rpcinterface:supervisor]
supervisor.rpcinterface_factory = supervisor.rpcinterface:make_main_rpcinterface
[supervisorctl]
serverurl=unix://${directory}.sock
[program:p]
command=sleep 100000
process_name=%(program_name)s_%(process_num)04d
numprocs=${programs}
startsecs=0
stdout_logfile=NONE
stderr_logfile=NONE
${sections}`,
  );
  return file;
}

async function untilAllRun(file, programs) {
  const running = () => ctl(file, 'status').stdout.match(/ RUNNING /g)?.length ?? 0;
  while (running() < programs) await pause(500);
}

/**
 * Both run, with all programs, while `act` does; nothing is left afterwards.
 *
 * @param {number} programs
 * @param {{ours: string, theirs: string}} sections of each one's configuration, beside what both have
 * @param {(files: {ours: string, theirs: string}) => Promise<void>} act
 */
export async function withBoth(programs, sections, act) {
  const at = mkdtempSync(path.join(tmpdir(), 'tdaemon-bench-'));
  const ours = configure(at, 'tdaemon', programs, sections.ours);
  const theirs = configure(at, 'supervisord', programs, sections.theirs);
  try {
    for (const command of [
      [TDAEMON, 'supervise', '-c', ours],
      ['supervisord', '-c', theirs],
    ]) {
      const { status, stderr } = runToEnd(command);
      if (status !== 0) throw new Error(stderr);
    }
    for (const file of [ours, theirs]) await untilAllRun(file, programs);
    await act({ ours, theirs });
  } finally {
    for (const file of [ours, theirs]) ctl(file, 'shutdown');
    // Until nobody writes there any more.
    for (const file of [ours, theirs]) while (ctl(file, 'pid').status === 0) await pause(200);
    rmSync(at, { recursive: true, force: true });
  }
}
