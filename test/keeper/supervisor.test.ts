/** The keeper and its supervisor: how it is started, ends, is started again. */
import fs from 'node:fs';
import { describe, expect, it } from 'vitest';
import { eventually } from '../helpers/eventually';
import { readyKeeper, startKeeper } from '../helpers/keeper';
import * as procfs from '../helpers/procfs';
import { scratch } from '../helpers/scratch';

describe('a new supervisor', () => {
  it('is told of the logger first, and that there are no exits', async () => {
    const keeper = await startKeeper(scratch());
    const supervisor = await keeper.supervisor(0);
    await supervisor.hears('end-of-exits');
    expect(supervisor.heard).toEqual([expect.stringMatching(/^< logger \d+$/), '< end-of-exits']);
    const logger = Number(supervisor.told('logger')[0]?.split(' ')[1]);
    expect(procfs.childrenOf(keeper.pid).sort()).toEqual([supervisor.pid, logger].sort());
    expect(fs.statSync(`${keeper.run}/logger`).isSocket()).toBe(true);
    expect(fs.statSync(`${keeper.run}/logger`).mode & 0o777).toBe(0o600);
  });

  it('has its own session, no signal blocked or ignored, the original limit, and knows where the keeper is', async () => {
    const at = scratch();
    const keeper = await startKeeper(at, { by: ['prlimit', '--nofile=77:400'] });
    const { pid } = await keeper.supervisor(0);
    expect(procfs.stat(pid)).toMatchObject({ session: pid, group: pid });
    for (const field of ['SigBlk', 'SigIgn']) expect(procfs.status(pid, field)).toBe('0000000000000000');
    expect(procfs.limit(pid, 'Max open files')).toEqual({ soft: '77', hard: '400' });
    expect(procfs.limit(keeper.pid, 'Max open files')).toEqual({ soft: '400', hard: '400' });
    const environment = procfs.environment(pid).map(String);
    expect(environment).toContain('TDAEMON_KEEPER=3');
    expect(environment).toContain('TDAEMON_HELD=');
    expect(environment).toContain(`TEST_DIRECTORY=${at.directory}`);
  });
});

describe('a supervisor that ends before it was ready', () => {
  it.each([
    ['exit 0', 0],
    ['exit 3', 3],
    ['kill -9 $$', 137],
    ['kill -TERM $$', 143],
  ])('by %s: the keeper ends with %i, and nothing is left', async (script, status) => {
    const keeper = await startKeeper(scratch(), { supervisor: () => ['/bin/sh', '-c', script] });
    expect(await keeper.ended).toEqual({ status, signal: null });
    expect(fs.existsSync(keeper.run)).toBe(false);
    expect(procfs.mentioning(keeper.run)).toEqual([]);
  });

  it('because there is no such program: 125 and one line', async () => {
    const keeper = await startKeeper(scratch(), { supervisor: () => ['/nowhere/node', 'x'] });
    expect(await keeper.ended).toEqual({ status: 125, signal: null });
    expect(keeper.complaints()).toBe(
      'tdaemon-keeper: cannot execute /nowhere/node: No such file or directory\n',
    );
  });
});

describe('a supervisor that was ready', () => {
  it('and is killed 50 times is there again each time', async () => {
    const { keeper } = await readyKeeper(scratch());
    const pids = new Set<number>();
    for (let times = 0; times < 50; times++) {
      const supervisor = await keeper.supervisor(times);
      supervisor.say('ready');
      await supervisor.settled();
      pids.add(supervisor.pid);
      supervisor.kill();
    }
    const last = await keeper.supervisor(50);
    await last.hears('end-of-exits');
    expect(last.told('exit')).toEqual([]);
    expect(pids.size).toBe(50);
    expect(procfs.childrenOf(keeper.pid)).toHaveLength(2);
    expect(keeper.complaints()).toBe('');
  });

  it('leaves: the keeper waits for its end, ends the logger, and ends as told', async () => {
    const { keeper, first } = await readyKeeper(scratch());
    first.say('leave', 42);
    await first.settled();
    const logger = Number((await first.hears('logger')).split(' ')[1]);
    expect(procfs.isAlive(keeper.pid)).toBe(true);
    first.do('exit 1');
    expect(await keeper.ended).toEqual({ status: 42, signal: null });
    await eventually('end of the logger', () => !procfs.isAlive(logger));
    expect(fs.existsSync(keeper.run)).toBe(false);
  });
});
