/** Hundreds of programs: all up, then nothing happens at all, then all down in order. And two supervisors side by side. */
import fs from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { eventually } from '../helpers/eventually';
import * as procfs from '../helpers/procfs';
import { type Scratch, scratch } from '../helpers/scratch';
import { type Supervised, supervise } from '../helpers/supervise';

const MANY = 300;

/** How often any thread of these has been given the processor. */
function switches(pids: readonly number[]): number {
  const threads = pids.flatMap((pid) =>
    fs.readdirSync(`/proc/${pid}/task`).map((thread) => `${pid}/task/${thread}`),
  );
  const count = (file: string) =>
    /^voluntary_ctxt_switches:\s+(\d+)/m.exec(fs.readFileSync(file, 'utf8'))?.[1];
  return threads.reduce((sum, thread) => sum + Number(count(`/proc/${thread}/status`)), 0);
}

/** Resolves when they have not done anything for a second; Node tidies up for a while after its start. */
async function comesToRest(pids: readonly number[]): Promise<boolean> {
  for (let looks = 0; looks < 40; looks++) {
    const before = switches(pids);
    await pause(1000);
    if (switches(pids) === before) return true;
  }
  return false;
}

const own = (supervised: Supervised) =>
  [supervised.keeper, supervised.supervisor, supervised.logger].filter((pid) => pid !== undefined);

const SLEEPS = 'command=sleep 1000\nstartsecs=0';

describe(`${MANY} programs`, () => {
  it('are all started, then nothing is done, then all are stopped in reverse order', async () => {
    const at = scratch();
    const names = Array.from({ length: MANY }, (_, number) => `p${number}`);
    const programs = names.map((name, number) => `[program:${name}]\n${SLEEPS}\npriority=${number}`);
    const supervised = await supervise(at, programs.join('\n'), 'minfds=2000');
    const shown = await supervised.status();
    expect(shown.every(({ state }) => state === 'RUNNING')).toBe(true);
    expect(new Set(shown.map(({ pid }) => pid)).size).toBe(MANY);
    expect(await comesToRest(own(supervised))).toBe(true);
    // The kernel counts what is each one's own: supervisord has 37 MB with a thousand.
    const memory = own(supervised).map((pid) => Number.parseInt(procfs.status(pid, 'RssAnon') ?? '', 10));
    expect(memory.reduce((sum, kilobytes) => sum + kilobytes, 0)).toBeLessThan(37_000);
    await supervised.shutdown();
    const stopped = [...supervised.mainLog.matchAll(/stopped: (p\d+)/g)].map(([, name]) => name);
    expect(stopped).toEqual([...names].reverse());
  });
});

it('two configurations side by side do not meet', async () => {
  const both: [Scratch, Scratch] = [scratch(), scratch()];
  const [one, other] = await Promise.all(both.map((at) => supervise(at, `[program:a]\n${SLEEPS}`)));
  const [first, second] = [await one?.of('a'), await other?.of('a')];
  expect(first?.pid).not.toBe(second?.pid);
  await one?.shutdown();
  expect(await other?.of('a')).toMatchObject({ pid: second?.pid, state: 'RUNNING', restarts: 0 });
  expect(procfs.isAlive(first?.pid as number)).toBe(false);
});

it('a program that floods its output holds up no other', async () => {
  const at = scratch();
  const supervised = await supervise(
    at,
    `[program:flood]\ncommand=yes\nstartsecs=0\nstdout_logfile=${at.file('flood.log')}\nstdout_logfile_maxbytes=1MB\nstdout_logfile_backups=1
[program:a]\n${SLEEPS}\nrestart_delay_max=0`,
  );
  let { pid } = await supervised.reaches('a', 'RUNNING');
  for (let kills = 0; kills < 20; kills++) {
    process.kill(pid, 'SIGKILL');
    const former = pid;
    pid = (
      await supervised.until('a', 'runs again', (shown) => shown.state === 'RUNNING' && shown.pid !== former)
    ).pid;
  }
  expect((await supervised.of('flood')).restarts).toBe(0);
  // Between two files there is none for a moment.
  const log = await eventually('its log', () => fs.statSync(at.file('flood.log'), { throwIfNoEntry: false }));
  expect(log.size).toBeLessThan(4_000_000);
});
