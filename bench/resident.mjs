// What a tool leaves behind once the daemon runs: processes besides the daemon, and their memory. Each tool is
// started with a variable in its environment, which every process that comes of it inherits: so they are found.
import { randomBytes } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { environment, findProgram, TDAEMON } from './peers.mjs';
import { startForever, startPm2, startSupervisor } from './peers_resident.mjs';
import { runSilently } from './run_command.mjs';

/** The command: it stays until it is ended, and its odd argument tells it from what the tools leave. */
const STAY = ['/bin/sleep', '86399'];

function read(pid, name) {
  try {
    return readFileSync(`/proc/${pid}/${name}`, 'latin1');
  } catch {
    return '';
  }
}

function processesWith(token) {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && read(name, 'environ').includes(token))
    .map((name) => ({ pid: Number(name), command: read(name, 'cmdline') }));
}

function kilobytes(pid, field) {
  return Number(new RegExp(`^${field}:\\s+(\\d+) kB`, 'm').exec(read(pid, 'status'))?.[1] ?? 0);
}

function isDaemon({ command }) {
  return command === `${STAY.join('\0')}\0`;
}

/** Until the tool itself has gone, and the daemon is there. */
async function settled(token) {
  let before = '';
  for (let tries = 0; tries < 100; tries++) {
    await setTimeout(100);
    const found = processesWith(token);
    const now = found.map(({ pid }) => pid).join(' ');
    if (now === before && tries > 10 && found.some(isDaemon)) return found;
    before = now;
  }
  throw new Error('the daemon did not start');
}

async function measure(name, token, start, end) {
  try {
    await start();
    const left = (await settled(token)).filter((found) => !isDaemon(found));
    const sum = (field) => left.reduce((total, { pid }) => total + kilobytes(pid, field) * 1024, 0);
    return { name, processes: left.length, resident: sum('VmRSS'), own: sum('RssAnon') };
  } finally {
    await end?.();
    for (const { pid, command } of processesWith(token)) if (isDaemon({ command })) process.kill(pid);
  }
}

export async function measureResident(scratch) {
  const directory = mkdtempSync(path.join(scratch, 'resident-'));
  const rows = [];
  const tool = async (name, program, args) => {
    if (!program) return;
    const token = randomBytes(12).toString('hex');
    const env = environment({ TDAEMON_BENCH_TOKEN: token });
    rows.push(await measure(name, token, () => runSilently(program, args, env)));
  };
  const pidfile = (name) => path.join(directory, name);
  await tool('tdaemon', TDAEMON, ['--pidfile', pidfile('tdaemon'), '--', ...STAY]);
  await tool('daemonize', findProgram('daemonize'), STAY);
  await tool('start-stop-daemon -b', findProgram('start-stop-daemon'), [
    ...['-S', '-q', '-b', '-m', '-p', pidfile('start-stop'), '-x', STAY[0], '--', STAY[1]],
  ]);
  await tool('daemon (for each command)', findProgram('daemon'), ['--', ...STAY]);
  for (const start of [startPm2, startForever, startSupervisor]) {
    const token = randomBytes(12).toString('hex');
    const peer = await start(directory, { TDAEMON_BENCH_TOKEN: token });
    if (peer) rows.push(await measure(peer.residentName, token, () => peer.stay(...STAY), peer.end));
  }
  return rows;
}
