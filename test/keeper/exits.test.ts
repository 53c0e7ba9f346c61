/** What the keeper reaps, and whom it tells. */
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import { describe, expect, it } from 'vitest';
import { eventually } from '../helpers/eventually';
import { type Keeper, noZombies, type PlayedSupervisor, readyKeeper } from '../helpers/keeper';
import * as procfs from '../helpers/procfs';
import { type Scratch, scratch } from '../helpers/scratch';

function fifo(at: Scratch, name = 'fifo'): string {
  execFileSync('mkfifo', [at.file(name)]);
  return at.file(name);
}

/** Programs that end when the FIFO is written to, with their start times. */
async function programs(first: PlayedSupervisor, statuses: readonly number[], path: string) {
  const started: { pid: number; status: number; startTime: number }[] = [];
  for (const status of statuses) {
    const pid = await first.starts('run', `read line < ${path}; exit ${status}`);
    await eventually('its session', () => procfs.stat(pid)?.session === pid);
    started.push({ pid, status: status << 8, startTime: procfs.stat(pid)?.startTime as number });
  }
  return started;
}

async function restarted(keeper: Keeper, index: number): Promise<PlayedSupervisor> {
  const next = await keeper.supervisor(index);
  await next.hears('end-of-exits');
  return next;
}

describe('a program that outlives its supervisor', () => {
  it('falls to the keeper, and its exit is told to the next one, with its start time', async () => {
    const at = scratch();
    const path = fifo(at);
    const { keeper, first } = await readyKeeper(at);
    const [program] = await programs(first, [5], path);
    first.kill();
    const second = await restarted(keeper, 1);
    expect(second.told('exit')).toEqual([]);
    expect(procfs.stat(program?.pid as number)?.ppid).toBe(keeper.pid);
    fs.writeFileSync(path, 'now\n');
    const line = `exit ${program?.pid} ${5 << 8} ${program?.startTime}`;
    await second.hears(line);
    await noZombies(keeper.pid);
    // Not yet said to be known.
    second.kill();
    const third = await restarted(keeper, 2);
    expect(third.heard.slice(1)).toEqual([`< ${line}`, '< end-of-exits']);
    third.say('seen', program?.pid as number);
    await third.settled();
    expect(third.told('exit')).toEqual([line]);
    third.kill();
    expect((await restarted(keeper, 3)).told('exit')).toEqual([]);
  });

  it('and is killed: the signal is told', async () => {
    const at = scratch();
    const { keeper, first } = await readyKeeper(at);
    const pid = await first.starts('run', 'exec sleep 1000');
    first.kill();
    const second = await restarted(keeper, 1);
    process.kill(pid, 'SIGKILL');
    expect(await second.hears(`exit ${pid}`)).toMatch(/ 9 \d+$/);
  });

  it('while there is no supervisor: told in the order of their ends, those seen no more', async () => {
    const at = scratch();
    const { keeper, first } = await readyKeeper(at);
    const names = ['a', 'b', 'c', 'd'].map((name) => fifo(at, name));
    const all = [];
    for (const [index, name] of names.entries()) all.push(...(await programs(first, [index], name)));
    first.kill('SIGSTOP');
    first.kill();
    const second = await restarted(keeper, 1);
    for (const [index, name] of names.entries()) {
      fs.writeFileSync(name, 'now\n');
      await second.hears(`exit ${all[index]?.pid}`);
    }
    second.say('seen', all[1]?.pid as number);
    second.say('seen', all[2]?.pid as number);
    await second.settled();
    second.kill();
    const third = await restarted(keeper, 2);
    const pids = third.told('exit').map((line) => Number(line.split(' ')[1]));
    expect(pids).toEqual([all[0]?.pid, all[3]?.pid]);
  });
});

it('orphans that lead no session are reaped without a word', async () => {
  const { keeper, first } = await readyKeeper(scratch());
  const pids = [];
  for (let times = 0; times < 20; times++) pids.push(await first.starts('orphan', 'exec sleep 1000'));
  for (const pid of pids) {
    await eventually('the keeper as its parent', () => procfs.stat(pid)?.ppid === keeper.pid);
    process.kill(pid, 'SIGKILL');
  }
  for (const pid of pids) await eventually('its end', () => procfs.stat(pid) === undefined);
  await first.settled();
  expect(first.told('exit')).toEqual([]);
});

describe('many exits at once', () => {
  it('while the supervisor is stopped: 2,000 are reaped at once, told later, each once', async () => {
    const at = scratch();
    const path = fifo(at);
    const { keeper, first } = await readyKeeper(at);
    first.do(`storm 2000 ${path}`);
    await eventually('its readiness', () => first.heard.includes('storming'));
    first.kill('SIGSTOP');
    // From the second one on they are read when the first has gone as far as it can.
    fs.writeFileSync(path, '');
    const ended = await eventually('the last of them', () => {
      const children = procfs.childrenOf(keeper.pid).filter((pid) => pid !== first.pid);
      return children.length === 1 && procfs.childrenOf(first.pid).every((pid) => !procfs.isAlive(pid));
    });
    expect(ended).toBe(true);
    expect(first.told('exit').length).toBeLessThan(2000);
    // It is not the keeper that waits.
    keeper.signal('SIGHUP');
    first.kill('SIGCONT');
    const exits = await eventually('all exits', () => {
      const told = first.told('exit');
      return told.length >= 2000 && told;
    });
    expect(exits.every((line) => / 1792 \d+$/.test(line))).toBe(true);
    expect(new Set(exits).size).toBe(2000);
    await first.hears('signal HUP');
    for (const line of exits) first.say('seen', line.split(' ')[1] as string);
    await first.settled();
    expect(first.told('exit')).toHaveLength(2000);
    first.kill();
    expect((await restarted(keeper, 1)).told('exit')).toEqual([]);
  });

  it('more than 4,096 that nobody has seen: the oldest are forgotten', async () => {
    const at = scratch();
    const { keeper, first } = await readyKeeper(at);
    for (const [name, count] of [
      ['a', 4000],
      ['b', 196],
    ] as const) {
      const path = fifo(at, name);
      const before = first.told('exit').length;
      first.do(`storm ${count} ${path}`);
      fs.writeFileSync(path, '');
      await eventually(`${count} exits`, () => first.told('exit').length === before + count);
    }
    const all = first.told('exit');
    first.kill();
    expect((await restarted(keeper, 1)).told('exit')).toEqual(all.slice(100));
  });
});
