/**
 * Supervisor, keeper and logger are killed at random moments, and handed over, while programs write and end: no program is started
 * again, no line is lost or doubled (but for what a killed logger had in hand), and how each has ended is known.
 */
import fs from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { oneOf, size, TIMEOUT, tell } from '../helpers/chaos';
import { eventually } from '../helpers/eventually';
import { fixture } from '../helpers/paths';
import * as procfs from '../helpers/procfs';
import { type Scratch, scratch } from '../helpers/scratch';
import { type Supervised, supervise } from '../helpers/supervise';

const WRITERS = Array.from({ length: size(10, 50) }, (_, number) => `w${number}`);
const KILLS = size(30, 1000);
const LINES_APART_US = 2000;
/** As much as the logger reads at once. */
const BUFFER = 256 * 1024;
/** By then it has begun to do what it does next. */
const LONGEST_PAUSE_MS = 50;

const statusOf = (name: string) => 3 + (Number(name.slice(1)) % 100);

const programs = (at: Scratch) =>
  WRITERS.map(
    (name) => `[program:${name}]
command=${fixture('count_until_told')} ${LINES_APART_US} ${statusOf(name)}
startsecs=0
autorestart=false
stdout_logfile=${at.file(`${name}.log`)}
stdout_logfile_maxbytes=0`,
  ).join('\n');

type Blow = (supervised: Supervised) => Promise<void>;

const answers = (supervised: Supervised) => supervised.until('w0', 'is known', () => true);

const killSupervisor: Blow = async (supervised) => {
  await answers(supervised);
  process.kill(await supervised.ask<number>('pid'), 'SIGKILL');
};

/** Whom the keeper has just started; it waits longer before the next then, so this is a rare one. */
const killTwice: Blow = async (supervised) => {
  await killSupervisor(supervised);
  const next = await eventually('another supervisor', () => supervised.supervisor);
  process.kill(next, 'SIGKILL');
};

/** Without a supervisor nobody would be left who could start another. */
const killKeeper: Blow = async (supervised) => {
  await answers(supervised);
  const { keeper } = supervised;
  process.kill(keeper, 'SIGKILL');
  await eventually('another keeper', () => supervised.keeper !== keeper);
};

/** Whatever comes next may meet both. */
const handOver: Blow = async (supervised) => {
  await answers(supervised);
  await supervised.ask('handover');
};

/** In charge, or about to be. */
function supervisors({ runtimeDirectory }: Supervised): number[] {
  return procfs
    .mentioning(runtimeDirectory)
    .filter((pid) => procfs.commandLine(pid).some((word) => String(word).endsWith('supervisor.js')))
    .filter((pid) => String(procfs.commandLine(pid)[0]).endsWith('node'));
}

const killLogger: Blow = async (supervised) => {
  const found = await eventually('a logger', () => supervised.logger);
  process.kill(found, 'SIGKILL');
};

/** The numbers that are missing in a log, where the others must be in order and each only once, and the lines that are none. */
function judge(text: string): { missing: number; broken: number } {
  const lines = text.split('\n');
  expect(lines.pop()).toBe('');
  const last = /^end (\d+)$/.exec(lines.at(-1) ?? '')?.[1];
  if (last !== undefined) lines.pop();
  let before = 0;
  let missing = 0;
  let broken = 0;
  for (const line of lines) {
    const number = Number(line);
    if (!/^\d+$/.test(line) || number <= before) {
      broken++;
      continue;
    }
    missing += number - before - 1;
    before = number;
  }
  return {
    missing: missing + Number(last ?? before) - before,
    broken: broken + (last === undefined ? 1 : 0),
  };
}

/** Where the keeper is lost, so is the parent that would have been told of ends that no supervisor sees. */
const UNKNOWN = 'Exit status unknown (supervisor was down)';

it.each([
  { who: 'supervisor, handover', blows: [killSupervisor, handOver, killTwice] },
  { who: 'keeper, supervisor, handover', blows: [killKeeper, killSupervisor, handOver, killTwice] },
  // The keeper waits longer before each next logger that lives short.
  { who: 'logger, supervisor', blows: [killLogger, killSupervisor], kills: size(8, 100) },
])('SIGKILL at random: $who', TIMEOUT, async ({ who, blows, kills = KILLS }) => {
  const at = scratch();
  const supervised = await supervise(at, programs(at));
  const before = new Map<string, number>();
  for (const name of WRITERS) before.set(name, (await supervised.reaches(name, 'RUNNING')).pid);
  // Some end while nobody is there to see it.
  const ending = [...WRITERS];
  let loggersKilled = 0;
  for (let kill = 0; kill < kills; kill++) {
    await pause(Math.random() * LONGEST_PAUSE_MS);
    const blow = oneOf(blows);
    await blow(supervised);
    if (blow === killLogger) loggersKilled++;
    const isTimeToEnd = kill % Math.ceil(kills / (WRITERS.length / 2)) === 0;
    const name = isTimeToEnd ? ending.pop() : undefined;
    if (name !== undefined) process.kill(before.get(name) as number, 'SIGTERM');
  }
  await eventually('one supervisor', () => supervisors(supervised).length === 1);
  const shown = await answers(supervised).then(() => supervised.status());
  for (const { name, pid, state, restarts } of shown.filter(({ name }) => ending.includes(name)))
    expect({ name, pid, state, restarts }).toEqual({
      name,
      pid: before.get(name),
      state: 'RUNNING',
      restarts: 0,
    });
  for (const name of ending) process.kill(before.get(name) as number, 'SIGTERM');
  for (const name of WRITERS) {
    const { exitStatus, spawnError, restarts } = await supervised.reaches(name, 'EXITED');
    const isUnknown = blows.includes(killKeeper) && !ending.includes(name) && spawnError === UNKNOWN;
    expect({ name, exitStatus, restarts }).toEqual({
      name,
      exitStatus: isUnknown ? -1 : statusOf(name),
      restarts: 0,
    });
  }
  await supervised.shutdown();
  const losses = WRITERS.map((name) => judge(fs.readFileSync(at.file(`${name}.log`), 'latin1')));
  const missing = losses.map((loss) => loss.missing);
  if (!blows.includes(killLogger)) expect(losses).toEqual(WRITERS.map(() => ({ missing: 0, broken: 0 })));
  else
    for (const loss of losses) {
      expect(loss.broken).toBeLessThanOrEqual(loggersKilled + 1);
      expect(loss.missing).toBeLessThanOrEqual(loggersKilled * BUFFER);
    }
  tell(who, { kills, loggersKilled, missing: missing.reduce((sum, each) => sum + each, 0) });
});
