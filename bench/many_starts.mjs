// Many starts from one process: what a start itself costs, without the start of the tool. Ours come from one
// Node process that lives from the first round to the last; the tools come from a loop in C.
import { fork } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import path from 'node:path';
import { takeTurns } from './measure.mjs';
import { environment, findProgram, TRUE } from './peers.mjs';
import { timeToEnd, timeToExec } from './spawn_loop.mjs';

/** Starts a round. */
export const BATCH = 100;
export const LIMIT = 'posix_spawn in C, up to exec (the limit)';
export const LIBRARY = 'tdaemon, library';
export const DAEMONIZE = 'daemonize';
const NOBODY = 'nobody';

function library(name, directory, user = '') {
  const child = fork(path.join(import.meta.dirname, 'library_loop.mjs'), [directory, user], {
    env: environment(),
  });
  let waiting;
  child.on('message', (nanoseconds) => waiting.resolve(nanoseconds / 1e6 / BATCH));
  child.on('exit', (status) => waiting?.reject(new Error(`${name}: the loop ended with status ${status}`)));
  const measure = () =>
    new Promise((resolve, reject) => {
      waiting = { resolve, reject };
      child.send(BATCH);
    });
  return { name, measure, end: () => child.disconnect() };
}

export async function measureManyStarts(scratch, rounds, onRound) {
  const directory = mkdtempSync(path.join(scratch, 'many-'));
  // Another user's daemon reads nothing here, but start-stop-daemon changes into its directory.
  const pidfile = path.join(directory, '{}.pid');
  const env = environment();
  const loop = (name, time, command) => ({
    name,
    measure: async () => (await time(command, { count: BATCH, env })) / BATCH,
  });
  const candidates = [
    loop(LIMIT, timeToExec, [TRUE]),
    loop('posix_spawn in C, up to the end of the command', timeToEnd, [TRUE]),
    library(LIBRARY, ''),
    library('tdaemon, library, pidfile', directory),
  ];
  const tool = (name, program, args) => {
    const found = findProgram(program);
    if (found) candidates.push(loop(name, timeToEnd, [found, ...args]));
  };
  const startStop = ['-S', '-q', '-b', '-m', '-p', pidfile, '-x', TRUE];
  tool(DAEMONIZE, 'daemonize', [TRUE]);
  tool('daemonize -p', 'daemonize', ['-p', pidfile, TRUE]);
  tool('start-stop-daemon -S -b -m', 'start-stop-daemon', startStop);
  if (process.getuid?.() === 0) {
    candidates.push(library(`tdaemon, library, user ${NOBODY} (fork, not vfork)`, '', NOBODY));
    tool(`daemonize -u ${NOBODY}`, 'daemonize', ['-u', NOBODY, TRUE]);
    tool(`start-stop-daemon -S -b -m -c ${NOBODY}`, 'start-stop-daemon', [...startStop, '-c', NOBODY]);
  }
  // Each turn finds the directory empty: no pidfile is stale, nothing has to be judged.
  const withCleanDirectory = candidates.map((candidate) => ({
    ...candidate,
    measure: async () => {
      rmSync(directory, { recursive: true, force: true });
      mkdirSync(directory, { recursive: true });
      return candidate.measure();
    },
  }));
  try {
    return await takeTurns(withCleanDirectory, rounds, onRound);
  } finally {
    for (const { end } of candidates) end?.();
  }
}
