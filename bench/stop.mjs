// From a daemon's end to the return of the library's stop: what it costs that the kernel tells. Nothing here fails
// for a figure.
//
//   node bench/stop.mjs [ROUNDS]      30 by default; needs npm run build first
//
// The daemon ends itself, some time after TERM, and notes the time on the monotonic clock, which all processes
// share, as its last act; what lies between that and its end is the same in every row.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { daemonize, stop } from '../dist/index.js';

const ROUNDS = Number(process.argv[2] ?? 30);
const AIM_MS = 5;
/** Out of step with every polling interval. */
const LAST_MS = () => 40 + Math.floor(Math.random() * 60);

const DAEMON = `
const fs = require('node:fs');
const [file, milliseconds] = process.argv.slice(1);
process.on('SIGTERM', () => setTimeout(() => {
  fs.writeFileSync(file, String(process.hrtime.bigint()));
  process.kill(process.pid, 'SIGKILL');
}, Number(milliseconds)));
setInterval(() => {}, 1e6);
fs.writeFileSync(file + '.ready', '');
`;

function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

async function ready(file) {
  for (;;) {
    try {
      readFileSync(`${file}.ready`);
      return;
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }
}

async function measure(directory, number, end) {
  const file = path.join(directory, String(number));
  const pidfile = `${file}.pid`;
  const args = ['-e', DAEMON, file, String(LAST_MS())];
  await daemonize({ command: process.execPath, args, pidfile });
  await ready(file);
  await end(pidfile);
  const now = process.hrtime.bigint();
  return Number(now - BigInt(readFileSync(file, 'utf8'))) / 1e6;
}

// No peer stands beside it: start-stop-daemon asks kill(2), which finds a zombie too, and so measures how soon
// process 1 reaps.
const CANDIDATES = [
  ['stop(): poll(2) on the pidfd', (pidfile) => stop({ pidfile })],
  ['the same with --group, which has no pidfd', (pidfile) => stop({ pidfile, group: true })],
];

const directory = mkdtempSync(path.join(os.tmpdir(), 'tdaemon-bench-stop-'));
const figures = new Map(CANDIDATES.map(([name]) => [name, []]));
try {
  for (let round = 0; round < ROUNDS; round++) {
    // They take turns, so that what else the machine does meets all alike.
    for (const [at, [name, end]] of CANDIDATES.entries())
      figures.get(name).push(await measure(directory, `${round}-${at}`, end));
  }
} finally {
  rmSync(directory, { recursive: true, force: true });
}

console.log(`| from the daemon's end to the return of | median ms | lowest ms | highest ms | rounds |`);
console.log('|---|---:|---:|---:|---:|');
for (const [name, values] of figures) {
  const cells = [median(values), Math.min(...values), Math.max(...values)].map((value) => value.toFixed(2));
  console.log(`| ${name} | ${cells.join(' | ')} | ${values.length} |`);
}
const own = median(figures.get(CANDIDATES[0][0]));
console.log(
  `\naim: at most ${AIM_MS} ms (median); measured ${own.toFixed(2)} ms: ${own <= AIM_MS ? 'met' : 'not met'}`,
);
