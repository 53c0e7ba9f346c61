/** A process that is held: alive, ended, zombie, thread, and the wait for its end. */
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import { describe, expect, it } from 'vitest';
import { isDead, kill, LiveProcess, readStat } from '../../src/process/live_process';
import { awaitGroupEnd, groupOf, signalGroup } from '../../src/process/process_group';
import { deadPid, stranger } from '../helpers/daemons';
import { eventually } from '../helpers/eventually';
import * as procfs from '../helpers/procfs';

function open(pid: number): LiveProcess {
  const live = LiveProcess.open(pid);
  if (!live) throw new Error(`${pid} is not alive`);
  return live;
}

function pidfds(): number {
  return [...procfs.descriptors('self').values()].filter((target) => target.includes('pidfd')).length;
}

describe('a held process', () => {
  it('is known by its start time, as proc(5) has it', () => {
    const pid = stranger();
    const live = open(pid);
    expect(live).toMatchObject({ pid, startTime: procfs.stat(pid)?.startTime });
    expect(live.hasEnded()).toBe(false);
    live.close();
  });

  it.each([
    ['ended process', deadPid],
    ['largest pid and more', () => 4_194_305],
    ['thread', () => Number(fs.readdirSync('/proc/self/task').find((id) => Number(id) !== process.pid))],
  ])('is not to be had of an %s', (_, pid) => {
    expect(LiveProcess.open(pid())).toBeUndefined();
  });

  it('ends when the process ends, though nobody has reaped it', async () => {
    const parent = spawn('sh', ['-c', 'sleep 1000 & echo $!; exec sleep 1000'], {
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    const pid = await new Promise<number>((resolve) =>
      parent.stdout.once('data', (text) => resolve(Number(text))),
    );
    await eventually('the shell has become sleep', () => procfs.stat(parent.pid as number)?.name === 'sleep');
    const live = open(pid);
    const end = live.waitForEnd(Number.POSITIVE_INFINITY);
    expect(live.signal(9)).toBe(true);
    expect(await end).toBe(true);
    expect(live.hasEnded()).toBe(true);
    expect(procfs.stat(pid)?.state).toBe('Z');
    expect(LiveProcess.open(pid)).toBeUndefined();
    live.close();
    parent.kill('SIGKILL');
  });

  it('takes no signal after its end', async () => {
    const pid = stranger();
    const live = open(pid);
    process.kill(pid, 'SIGKILL');
    await eventually('it is reaped', () => procfs.stat(pid) === undefined);
    expect(live.signal(15)).toBe(false);
    expect(await live.waitForEnd(0)).toBe(true);
    live.close();
  });

  it('is waited for no longer than asked', async () => {
    const live = open(stranger());
    for (const milliseconds of [0, 1, 20, 0.5]) expect(await live.waitForEnd(milliseconds)).toBe(false);
    live.close();
  });

  it('may be waited for by many', async () => {
    const pid = stranger();
    const held = Array.from({ length: 12 }, () => open(pid));
    const ends = held.map((live) => live.waitForEnd(Number.POSITIVE_INFINITY));
    process.kill(pid, 'SIGKILL');
    expect(await Promise.all(ends)).toEqual(held.map(() => true));
    for (const live of held) live.close();
  });

  it('leaves no descriptor once closed', async () => {
    const before = pidfds();
    const pid = stranger();
    for (let round = 0; round < 200; round++) {
      const live = open(pid);
      await live.waitForEnd(0);
      live.close();
    }
    expect(pidfds()).toBe(before);
  });
});

describe('kill', () => {
  it('knows that there is nobody', () => {
    expect(kill(deadPid(), 15)).toBe(false);
  });
});

describe('stat', () => {
  it('is read past a name full of parentheses and spaces', async () => {
    const child = spawn('sh', ['-c', 'printf ") Z 1 (" > /proc/$$/comm; echo; read x'], {
      stdio: ['pipe', 'pipe', 'ignore'],
    });
    await new Promise((resolve) => child.stdout.once('data', resolve));
    const found = readStat(child.pid as number);
    expect(found).toMatchObject({ startTime: procfs.stat(child.pid as number)?.startTime });
    expect(found && isDead(found)).toBe(false);
    child.kill('SIGKILL');
  });

  it('is undefined where there is nobody', () => {
    expect(readStat(deadPid())).toBeUndefined();
  });
});

describe('a process group', () => {
  it('has members until the last has ended', async () => {
    const child = spawn('sh', ['-c', 'sleep 1000 & echo; exec sleep 1000'], {
      stdio: ['ignore', 'pipe', 'ignore'],
      detached: true,
    });
    await new Promise((resolve) => child.stdout.once('data', resolve));
    const members = groupOf(child.pid as number);
    if (!members) throw new Error('no group');
    expect(members.group).toBe(child.pid);
    expect(await awaitGroupEnd(members, 0)).toBe(false);
    expect(signalGroup(members, 9)).toBe(true);
    expect(await awaitGroupEnd(members, 30_000)).toBe(true);
    expect(signalGroup(members, 9)).toBe(false);
  });

  it("that is the caller's own is refused", () => {
    const own = groupOf(process.pid);
    expect(() => own && signalGroup(own, 15)).toThrow(/caller's own/);
  });
});
