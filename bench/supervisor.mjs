// A supervisor with many programs: how long until all are RUNNING, what it costs in memory, and what it does when nothing happens.
// Beside supervisord, with the same configuration. Nothing here fails for a figure.
//
//   node bench/supervisor.mjs [COUNT...]      1 100 1000 by default; needs npm run build
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';

const COUNTS = process.argv.length > 2 ? process.argv.slice(2).map(Number) : [1, 100, 1000];
const root = path.join(import.meta.dirname, '..');
const IDLE_MS = 30_000;
const A_MINUTE = 60_000 / IDLE_MS;

const SUPERVISORS = {
  tdaemon: { program: path.join(root, 'bin/tdaemon'), args: ['supervise', '-c'] },
  supervisord: { program: 'supervisord', args: ['-c'] },
};

const status = (pid, field) =>
  Number(new RegExp(`^${field}:\\s+(\\d+)`, 'm').exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0);
const parentOf = (pid) => Number(readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' ')[1]);
const commandOf = (pid) => readFileSync(`/proc/${pid}/cmdline`, 'utf8');

/** The supervisor's own processes: the one that the pidfile names, and its children that are no programs. */
function ownProcesses(main) {
  const children = readdirSync('/proc').filter((name) => {
    try {
      return /^\d+$/.test(name) && parentOf(name) === main && !commandOf(name).startsWith('sleep');
    } catch {
      return false;
    }
  });
  return [main, ...children.map(Number)];
}

const switches = (pids) =>
  pids
    .flatMap((pid) => readdirSync(`/proc/${pid}/task`).map((task) => `${pid}/task/${task}`))
    .reduce((sum, task) => sum + status(task, 'voluntary_ctxt_switches'), 0);
const ticks = (pids) =>
  pids.reduce((sum, pid) => {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' ');
    return sum + Number(fields[11]) + Number(fields[12]);
  }, 0);

async function until(holds) {
  while (!holds()) await pause(5);
}

async function measure({ program, args }, count) {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'tdaemon-bench-supervisor-'));
  const file = (name) => path.join(folder, name);
  const programs = Array.from(
    { length: count },
    (_, number) => `[program:p${number}]\ncommand=sleep 100000\n`,
  );
  const head = `[supervisord]\nlogfile=${file('log')}\npidfile=${file('pid')}\nchildlogdir=${folder}\nminfds=${4 * count + 100}\n`;
  writeFileSync(file('conf'), head + programs.join(''));
  const running = () =>
    existsSync(file('log')) ? readFileSync(file('log'), 'utf8').split('entered RUNNING').length - 1 : 0;
  const began = performance.now();
  execFileSync(program, [...args, file('conf')], { stdio: 'ignore' });
  await until(() => running() === count);
  const up = performance.now() - began;
  const main = Number(readFileSync(file('pid'), 'utf8'));
  await pause(3000);
  const pids = ownProcesses(main);
  const before = { switches: switches(pids), ticks: ticks(pids) };
  await pause(IDLE_MS);
  const result = {
    up: up / 1000,
    own: pids.reduce((sum, pid) => sum + status(pid, 'RssAnon'), 0) / 1000,
    resident: pids.reduce((sum, pid) => sum + status(pid, 'VmRSS'), 0) / 1000,
    wakeUps: (switches(pids) - before.switches) * A_MINUTE,
    cpu: (ticks(pids) - before.ticks) * 10 * A_MINUTE,
  };
  const stopping = performance.now();
  process.kill(main, 'SIGTERM');
  await until(() => !existsSync(`/proc/${main}`));
  result.down = (performance.now() - stopping) / 1000;
  rmSync(folder, { recursive: true, force: true });
  return result;
}

console.log(
  '| programs | | all RUNNING after s | own memory MB (RssAnon) | resident MB | wake-ups a minute | CPU ms a minute | shutdown s |',
);
console.log('|---:|---|---:|---:|---:|---:|---:|---:|');
for (const count of COUNTS)
  for (const [name, supervisor] of Object.entries(SUPERVISORS)) {
    const { up, own, resident, wakeUps, cpu, down } = await measure(supervisor, count);
    console.log(
      `| ${count} | ${name} | ${up.toFixed(2)} | ${own.toFixed(1)} | ${resident.toFixed(1)} | ${wakeUps} | ${cpu} | ${down.toFixed(2)} |`,
    );
  }
