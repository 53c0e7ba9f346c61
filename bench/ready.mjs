// From a daemon's becoming ready to the return of whoever waited for it, for each way of being ready: of the library's
// call, and of the command as a whole. Nothing here fails for a figure.
//
//   node bench/ready.mjs [ROUNDS]      30 by default; needs npm run build and a C compiler
//
// The program becomes ready at a moment out of step with every polling interval, and notes it on the monotonic clock, which
// all processes share. Peer: start-stop-daemon --notify-await, the only one that waits.
import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { daemonize, stop } from '../dist/index.js';
import { takeTurns } from './measure.mjs';
import { timesTable } from './report.mjs';

const ROUNDS = Number(process.argv[2] ?? 30);
const DELAY_MS = () => 100 + Math.floor(Math.random() * 200);
const root = path.join(import.meta.dirname, '..');
const scratch = mkdtempSync(path.join(os.tmpdir(), 'tdaemon-bench-ready-'));
const READIER = path.join(scratch, 'readier');

const freePort = () =>
  new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });

let number = 0;
const fresh = (name) => path.join(scratch, `${name}${number++}`);

/** What to tell the program, and what to tell tdaemon. */
const KINDS = {
  line: () => ['line', '-', 'line:^ready$'],
  fd: () => ['fd', '3', 'fd:3'],
  notify: () => ['notify', '-', 'notify'],
  tcp: async () => {
    const port = await freePort();
    return ['tcp', String(port), `tcp:127.0.0.1:${port}`];
  },
  unix: () => {
    const file = fresh('socket');
    return ['unix', file, `unix:${file}`];
  },
  http: async () => {
    const port = await freePort();
    return ['http', String(port), `http://127.0.0.1:${port}/`];
  },
  file: () => {
    const file = fresh('file');
    return ['file', file, `file:${file}`];
  },
  cmd: () => {
    const file = fresh('file');
    return ['file', file, `cmd:test -e ${file}`];
  },
};

async function since(note) {
  const returned = process.hrtime.bigint();
  // The program notes it when it is ready already.
  while (!existsSync(note) || readFileSync(note, 'utf8') === '')
    await new Promise((resolve) => setTimeout(resolve, 1));
  return Number(returned - BigInt(readFileSync(note, 'utf8'))) / 1e6;
}

async function measure(kind, start) {
  const [program, where, ready] = await KINDS[kind]();
  const note = fresh('note');
  const pidfile = fresh('pid');
  await start({ args: [program, where, String(DELAY_MS()), note], ready, pidfile, log: fresh('log') });
  const took = await since(note);
  await stop({ pidfile, retry: 'KILL/5' });
  return took;
}

const library = ({ args, ready, pidfile, log }) =>
  daemonize({ command: READIER, args, ready, pidfile, stdout: log });

const run = (program, words) =>
  new Promise((resolve, reject) => {
    const child = spawn(program, words, { stdio: 'ignore' });
    child.on('exit', (status) => (status === 0 ? resolve() : reject(new Error(`${program}: ${status}`))));
  });

const command = ({ args, ready, pidfile, log }) =>
  run(path.join(root, 'bin', 'tdaemon'), [
    '-p',
    pidfile,
    '--stdout',
    log,
    '--ready',
    ready,
    '--',
    READIER,
    ...args,
  ]);

const startStopDaemon = ({ args, pidfile }) =>
  run('start-stop-daemon', ['-S', '-b', '-m', '-p', pidfile, '--notify-await', '-x', READIER, '--', ...args]);

try {
  execFileSync('cc', ['-O2', '-o', READIER, path.join(import.meta.dirname, 'readier.c')]);
  const rows = Object.keys(KINDS).flatMap((kind) => [
    { name: `${kind}, library`, measure: () => measure(kind, library) },
    { name: `${kind}, command`, measure: () => measure(kind, command) },
  ]);
  rows.push({
    name: 'notify, start-stop-daemon --notify-await',
    measure: () => measure('notify', startStopDaemon),
  });
  const figures = await takeTurns(rows, ROUNDS, (round) => {
    if (process.stderr.isTTY) process.stderr.write(`\rround ${round + 1} of ${ROUNDS}\x1b[K`);
  });
  if (process.stderr.isTTY) process.stderr.write('\r\x1b[K');
  console.log(timesTable(figures, [], 2));
} finally {
  rmSync(scratch, { recursive: true, force: true });
}
