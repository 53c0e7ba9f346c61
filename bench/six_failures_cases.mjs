// The failures: what is prepared, what is started, and what a cell of the table then says.
//
// `at` has the directory that is all theirs, a program to start, the pidfile and the uid that they run as.
import { spawn } from 'node:child_process';
import { chownSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { isAlive, pidfileSays, pidIn, settled } from './what_is_left.mjs';

const LIMIT_MS = 20_000;
const AN_HOUR = 3600;

/** An ELF header (elf(5)) for a machine that there is not: found, permitted, and only execve fails. */
function foreignProgram() {
  const header = Buffer.alloc(64);
  header.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1]);
  header.writeUInt16LE(2, 16);
  header.writeUInt16LE(0xfeed, 18);
  header.writeUInt32LE(1, 20);
  return header;
}

function run([program, ...words], { uid }) {
  return new Promise((resolve, reject) => {
    const child = spawn(program, words, { stdio: 'ignore', uid, gid: uid, timeout: LIMIT_MS });
    child.on('error', reject);
    child.on('exit', (status, signal) => resolve(status ?? `ended by ${signal}`));
  });
}

export function end(processes) {
  for (const { pid } of processes) if (isAlive(pid)) process.kill(pid, 'SIGKILL');
}

/** A live process that has nothing to do with any daemon. */
function startStranger(file, { uid }) {
  return spawn(file, ['1000'], { stdio: 'ignore', uid, gid: uid, detached: true }).pid;
}

async function afterStart(at, command, options, tool) {
  const status = await run(tool.start({ command, ...at, ...options }), at);
  const left = await settled(at.directory);
  const count = left.filter(({ file }) => file.startsWith(at.directory)).length;
  const runs = count === 0 ? 'nothing runs' : count === 1 ? 'it runs' : `${count} run`;
  const stays = left.length > count && count === 0 ? `, ${tool.name} stays` : '';
  return `${status}; ${runs}${stays}; ${pidfileSays(at.pidfile, left)}`;
}

/** The pidfile is older than the process whose pid it has. */
function writeStale(at, pid) {
  writeFileSync(at.pidfile, `${pid}\n`);
  chownSync(at.pidfile, at.uid, at.uid);
  const then = Date.now() / 1000 - AN_HOUR;
  utimesSync(at.pidfile, then, then);
}

async function reused(at, tool, file) {
  const stranger = startStranger(file, at);
  try {
    writeStale(at, stranger);
    const status = await run(tool.start({ command: [at.program, '1000'], ...at }), at);
    const others = (await settled(at.directory)).filter(({ pid }) => pid !== stranger);
    const runs = others.some((found) => found.file === at.program) ? 'it runs' : 'nothing runs';
    const started = `${status}; ${runs}; ${pidfileSays(at.pidfile, others)}`;
    if (!tool.stop) return started;
    end(others);
    rmSync(at.pidfile, { force: true });
    writeStale(at, stranger);
    await run(tool.stop(at), at);
    return `${started}; stop ${isAlive(stranger) ? 'spares' : 'kills'} the stranger`;
  } finally {
    if (isAlive(stranger)) process.kill(stranger, 'SIGKILL');
  }
}

async function startedTwice(at, tool) {
  const start = () => run(tool.start({ command: [at.program, '1000'], ...at }), at);
  const daemons = async () =>
    (await settled(at.directory)).filter(({ file }) => file.startsWith(at.directory));
  await start();
  const first = await daemons();
  const status = await start();
  const left = await daemons();
  const which = pidfileSays(at.pidfile, await settled(at.directory)).replace('names it', () =>
    left.length > first.length && !first.some(({ pid }) => pid === pidIn(at.pidfile))
      ? 'names the second'
      : 'names the first',
  );
  return `${status}; ${left.length === 1 ? 'the first runs' : `${left.length} run`}; ${which}`;
}

export const CASES = [
  {
    name: 'command cannot be executed',
    make: async (at, tool) => {
      writeFileSync(`${at.directory}/foreign`, foreignProgram(), { mode: 0o755 });
      return afterStart(at, [`${at.directory}/foreign`], {}, tool);
    },
  },
  {
    name: "pidfile's directory is missing",
    make: (at, tool) =>
      afterStart(at, [at.program, '1000'], { pidfile: `${at.directory}/missing/pid` }, tool),
  },
  {
    name: 'pidfile held by a live daemon',
    make: startedTwice,
  },
  {
    name: 'stale pidfile, pid reused by another program',
    make: (at, tool) => reused(at, tool, '/bin/sleep'),
  },
  { name: 'stale pidfile, pid reused by the same program', make: (at, tool) => reused(at, tool, at.program) },
  {
    name: 'dies at once',
    make: async (at, tool) => {
      writeFileSync(`${at.directory}/dies`, '#!/bin/sh\nexit 3\n', { mode: 0o755 });
      return afterStart(at, [`${at.directory}/dies`], {}, tool);
    },
  },
  {
    name: 'log cannot be written',
    make: (at, tool) => afterStart(at, [at.program, '1000'], { log: `${at.directory}/missing/log` }, tool),
  },
];
