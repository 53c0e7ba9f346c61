// One start, as a person or an init script does it: wall time from exec of the tool up to its end.
// The command is /bin/true, so that nothing is left behind.
import { mkdtempSync, rmSync } from 'node:fs';
import path from 'node:path';
import { takeTurns } from './measure.mjs';
import { environment, findProgram, NODE, TDAEMON, TRUE } from './peers.mjs';
import {
  FOREVER_START,
  PM2_START,
  SUPERVISOR_START,
  startForever,
  startPm2,
  startSupervisor,
} from './peers_resident.mjs';
import { timeToEnd } from './spawn_loop.mjs';

const SLOW_ROUNDS = 7;
const PIDFILE_ROWS = ['tdaemon', 'daemonize', 'start-stop'];
export const BASE = 'node -e 0';
export const TDAEMON_ROW = 'tdaemon';
/** Peers that are no C programs, where they are installed. */
export const RESIDENT_ROWS = [PM2_START, FOREVER_START, SUPERVISOR_START];

export async function measureOneStart(scratch, rounds, onRound) {
  const directory = mkdtempSync(path.join(scratch, 'one-'));
  // One for each row: some tools write it only after they have returned, into the next row's turn.
  const pidfile = (row) => path.join(directory, `${row}.pid`);
  const env = environment();
  const candidates = [];
  const add = (name, command) => {
    const measure = async () => {
      for (const row of PIDFILE_ROWS) rmSync(pidfile(row), { force: true });
      return timeToEnd(command, { env });
    };
    if (command[0]) candidates.push({ name, measure });
  };
  add(BASE, [NODE, '-e', '0']);
  add(TDAEMON_ROW, [TDAEMON, '--', TRUE]);
  add('tdaemon --pidfile', [TDAEMON, '--pidfile', pidfile('tdaemon'), '--', TRUE]);
  add('node bin/tdaemon (without the sh wrapper)', [NODE, TDAEMON, '--', TRUE]);
  add('daemonize', [findProgram('daemonize'), TRUE]);
  add('daemonize -p', [findProgram('daemonize'), '-p', pidfile('daemonize'), TRUE]);
  add('start-stop-daemon -S -b -m', [
    findProgram('start-stop-daemon'),
    ...['-S', '-q', '-b', '-m', '-p', pidfile('start-stop'), '-x', TRUE],
  ]);
  add('daemon', [findProgram('daemon'), '--', TRUE]);
  add('setsid -f', [findProgram('setsid'), '-f', TRUE]);
  const residents = await Promise.all(
    [startPm2, startForever, startSupervisor].map((start) => start(directory)),
  );
  for (const peer of residents)
    if (peer) candidates.push({ name: peer.startName, measure: peer.timeStart, rounds: SLOW_ROUNDS });
  try {
    return await takeTurns(candidates, rounds, onRound);
  } finally {
    for (const peer of residents) await peer?.end();
  }
}
