// From the death of a supervised program to the first instruction of its successor: tdaemon, supervisord, runsv,
// s6-supervise, pm2; those that are installed. Nothing here fails for a figure.
//
//   node bench/restart.mjs [ROUNDS]      30 by default; needs npm run build and a C compiler
//
// The program notes the monotonic clock before anything else; the one who kills it, just before. It has lived for more than a
// second by then, so that nobody holds it back for crashing at its start.
import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { timesTable } from './report.mjs';

const ROUNDS = Number(process.argv[2] ?? 30);
const root = path.join(import.meta.dirname, '..');
const scratch = mkdtempSync(path.join(os.tmpdir(), 'tdaemon-bench-restart-'));
const PROGRAM = path.join(scratch, 'first_instruction');
execFileSync('cc', ['-O2', '-o', PROGRAM, path.join(import.meta.dirname, 'first_instruction.c')]);

const has = (program) => {
  try {
    execFileSync('sh', ['-c', `command -v ${program}`], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
};

/** Each: begins to supervise PROGRAM with the note's file; gives back what ends it. */
const PEERS = {
  tdaemon: {
    available: () => true,
    begin(folder, note) {
      const conf = path.join(folder, 'supervisord.conf');
      writeFileSync(
        conf,
        `[supervisord]\nlogfile=${folder}/log\npidfile=${folder}/pid\nchildlogdir=${folder}\n[program:a]\ncommand=${PROGRAM} ${note}\nautorestart=true\n`,
      );
      execFileSync(path.join(root, 'bin/tdaemon'), ['supervise', '-c', conf], { stdio: 'ignore' });
      return () => process.kill(Number(readFileSync(`${folder}/pid`, 'utf8')), 'SIGTERM');
    },
  },
  supervisord: {
    available: () => has('supervisord'),
    begin(folder, note) {
      const conf = path.join(folder, 'supervisord.conf');
      writeFileSync(
        conf,
        `[supervisord]\nlogfile=${folder}/log\npidfile=${folder}/pid\nchildlogdir=${folder}\n[program:a]\ncommand=${PROGRAM} ${note}\nautorestart=true\n`,
      );
      execFileSync('supervisord', ['-c', conf], { stdio: 'ignore' });
      return () => process.kill(Number(readFileSync(`${folder}/pid`, 'utf8')), 'SIGTERM');
    },
  },
  'runsv (runit)': {
    available: () => has('runsv'),
    begin(folder, note) {
      writeFileSync(`${folder}/run`, `#!/bin/sh\nexec ${PROGRAM} ${note}\n`, { mode: 0o755 });
      const child = spawn('runsv', [folder], { stdio: 'ignore' });
      return () => child.kill('SIGTERM');
    },
  },
  's6-supervise': {
    available: () => has('s6-supervise'),
    begin(folder, note) {
      writeFileSync(`${folder}/run`, `#!/bin/sh\nexec ${PROGRAM} ${note}\n`, { mode: 0o755 });
      const child = spawn('s6-supervise', [folder], { stdio: 'ignore' });
      return () => child.kill('SIGTERM');
    },
  },
  pm2: {
    available: () => process.env.TDAEMON_BENCH_PEERS !== undefined,
    begin(folder, note) {
      const pm2 = path.join(process.env.TDAEMON_BENCH_PEERS, 'node_modules/.bin/pm2');
      const env = { ...process.env, PM2_HOME: folder, HOME: folder };
      execFileSync(pm2, ['start', PROGRAM, '--interpreter', 'none', '--', note], { env, stdio: 'ignore' });
      return () => execFileSync(pm2, ['kill'], { env, stdio: 'ignore' });
    },
  },
};

/** `PID NANOSECONDS` of who began last. */
const last = (note) => {
  if (!existsSync(note)) return undefined;
  const [pid, at] = readFileSync(note, 'utf8').split(' ').map(Number);
  return at > 0 ? { pid, at } : undefined;
};

async function successor(note, former) {
  for (;;) {
    const found = last(note);
    if (found && found.pid !== former) return found;
    await pause(1);
  }
}

const peers = Object.entries(PEERS)
  .filter(([, { available }]) => available())
  .map(([name, { begin }], number) => {
    const folder = path.join(scratch, String(number));
    mkdirSync(folder);
    const note = path.join(folder, 'note');
    return { name, note, end: begin(folder, note), times: [] };
  });
try {
  for (let round = 0; round < ROUNDS; round++) {
    // All live for longer than a second, out of step with every clock that somebody looks by.
    await pause(1200 + Math.random() * 400);
    for (const peer of peers) {
      const { pid } = await successor(peer.note, 0);
      const before = process.hrtime.bigint();
      process.kill(pid, 'SIGKILL');
      const { at } = await successor(peer.note, pid);
      peer.times.push(Number(BigInt(at) - before) / 1e6);
    }
  }
  console.log(timesTable(new Map(peers.map(({ name, times }) => [name, times])), [], 2));
} finally {
  for (const { end } of peers) end();
  await pause(500);
  rmSync(scratch, { recursive: true, force: true });
}
