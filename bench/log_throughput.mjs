// Captured logs: how long 1,000 MB of lines take from a program's first byte until all of them are in files on a tmpfs,
// with rotation where there is one. Nothing here fails for a figure.
//
//   node bench/log_throughput.mjs [ROUNDS]      5 by default; needs npm run build, a C compiler and 2 GB in /dev/shm
//
// The limit is cat > file. Peers are those that are installed: s6-log (s6), svlogd (runit), multilog (daemontools).
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  closeSync,
  constants,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as pause } from 'node:timers/promises';
import { lowest, median, ratio, takeTurns } from './measure.mjs';
import { findProgram, ROOT } from './peers.mjs';

const ROUNDS = Number(process.argv[2] ?? 5);
const MEGABYTES = 1000;
const LIMIT = 'cat > file (the limit)';
const AIM = 1.5;
const KEEPER = path.join(ROOT, 'build', 'Release', 'tdaemon-keeper');

const scratch = mkdtempSync('/dev/shm/tdaemon-bench-logs-');
const WRITER = path.join(scratch, 'write_log');
const LISTEN = path.join(scratch, 'listen_exec');

async function ended(child) {
  const [status] = await once(child, 'exit');
  if (status !== 0) throw new Error(`${child.spawnfile}: status ${status}`);
}

const now = () => Number(process.hrtime.bigint()) / 1e6;

function emptyDirectory(name) {
  const directory = path.join(scratch, name);
  rmSync(directory, { recursive: true, force: true });
  mkdirSync(directory);
  return directory;
}

/** A logger that reads its standard input: from the first byte until it has ended. */
async function measurePipe(name, command) {
  const directory = emptyDirectory(name);
  const [program, ...words] = command(directory);
  const begin = now();
  const script = '"$0" "$1" | { shift; exec "$@"; }';
  await ended(spawn('sh', ['-c', script, WRITER, String(MEGABYTES), program, ...words], { stdio: 'ignore' }));
  const taken = now() - begin;
  rmSync(directory, { recursive: true });
  return taken;
}

/** Ours reads a FIFO and does not end: until it says that all is in the file. */
async function measureOurs(flags) {
  const directory = emptyDirectory('ours');
  const socketPath = path.join(directory, 'socket');
  const fifo = path.join(directory, 'fifo');
  execFileSync('mkfifo', [fifo]);
  const held = openSync(fifo, constants.O_RDWR);
  const logger = spawn(LISTEN, [socketPath, KEEPER, '--logger'], { stdio: 'ignore' });
  while (!existsSync(socketPath)) await pause(5);
  const socket = net.connect(socketPath);
  const answers = createInterface({ input: socket })[Symbol.asyncIterator]();
  const ask = async (line) => {
    socket.write(`${line}\n`);
    return (await answers.next()).value;
  };
  await ask(`channel x ${fifo} ${directory}/log 50000000 10 ${flags} 0`);
  const begin = now();
  await ended(spawn(WRITER, [String(MEGABYTES)], { stdio: ['ignore', held, 'inherit'] }));
  let answer = await ask('flush x');
  while (!answer.startsWith('flushed')) answer = (await answers.next()).value;
  const taken = now() - begin;
  socket.destroy();
  logger.kill('SIGTERM');
  await once(logger, 'exit');
  closeSync(held);
  rmSync(directory, { recursive: true });
  return taken;
}

function svlogd(directory) {
  writeFileSync(path.join(directory, 'config'), 's50000000\nn10\n');
  return ['svlogd', directory];
}

const PEERS = [
  ['s6-log', (directory) => ['s6-log', 'n10', 's50000000', directory]],
  ['svlogd', svlogd],
  // Its files cannot be larger.
  ['multilog', (directory) => ['multilog', 's16777215', 'n10', directory]],
];

const candidates = [
  {
    name: LIMIT,
    measure: () => measurePipe('cat', (directory) => ['sh', '-c', 'exec cat >"$0"', `${directory}/log`]),
  },
  { name: 'tdaemon', measure: () => measureOurs('-') },
  { name: 'tdaemon, timestamps', measure: () => measureOurs('t') },
  { name: 'tdaemon, strip_ansi', measure: () => measureOurs('s') },
  ...PEERS.filter(([name]) => findProgram(name)).map(([name, command]) => ({
    name,
    measure: () => measurePipe(name, command),
  })),
];

const load = os.loadavg()[0].toFixed(1);
let figures;
try {
  const build = (to, from) => execFileSync('cc', ['-O2', '-Wall', '-Wextra', '-Werror', '-o', to, from]);
  build(WRITER, path.join(import.meta.dirname, 'write_log.c'));
  build(LISTEN, path.join(ROOT, 'test', 'fixtures', 'listen_exec.c'));
  figures = await takeTurns(candidates, ROUNDS);
} finally {
  rmSync(scratch, { recursive: true, force: true });
}

console.log(`${MEGABYTES} MB, ${ROUNDS} rounds, load average ${load} before\n`);
console.log('| | median ms | lowest ms | MB/s (median) | x cat |');
console.log('|---|---:|---:|---:|---:|');
for (const [name, values] of figures) {
  const cells = [
    median(values).toFixed(0),
    lowest(values).toFixed(0),
    ((MEGABYTES * 1000) / median(values)).toFixed(0),
    ratio(values, figures.get(LIMIT)).toFixed(2),
  ];
  console.log(`| ${name} | ${cells.join(' | ')} |`);
}
const own = ratio(figures.get('tdaemon'), figures.get(LIMIT));
console.log(`\naim: at most ${AIM} x cat; measured ${own.toFixed(2)}: ${own <= AIM ? 'met' : 'not met'}`);
