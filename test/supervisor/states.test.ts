/** A program's way through its states, with real processes. */
import fs from 'node:fs';
import { describe, expect, it } from 'vitest';
import { eventually } from '../helpers/eventually';
import * as procfs from '../helpers/procfs';
import { scratch } from '../helpers/scratch';
import { supervise } from '../helpers/supervise';

describe('a program', () => {
  it('is STARTING, then RUNNING; stopped it is STOPPED, and can be started again', async () => {
    const at = scratch();
    const supervised = await supervise(at, '[program:a]\ncommand=sleep 1000\nstartsecs=1');
    const first = await supervised.of('a');
    expect(first.state).toBe('STARTING');
    const running = await supervised.reaches('a', 'RUNNING');
    expect(running.pid).toBe(first.pid);
    expect(await supervised.ask('stop', 'a')).toBe(true);
    expect(await supervised.of('a')).toMatchObject({ state: 'STOPPED', pid: 0, exitStatus: -1 });
    expect(procfs.isAlive(first.pid)).toBe(false);
    expect(await supervised.ask('stop', 'a')).toBe(false);
    expect(await supervised.ask('start', 'a')).toBe(true);
    const second = await supervised.reaches('a', 'RUNNING');
    expect(second.pid).not.toBe(first.pid);
    expect(await supervised.ask('start', 'a')).toBe(false);
  });

  it('that is killed runs again, each time once', async () => {
    const at = scratch();
    const supervised = await supervise(at, '[program:a]\ncommand=sleep 1000\nstartsecs=0');
    let { pid } = await supervised.reaches('a', 'RUNNING');
    for (let kills = 1; kills <= 3; kills++) {
      process.kill(pid, 'SIGKILL');
      const next = await supervised.until(
        'a',
        'runs again',
        (shown) => shown.pid !== pid && shown.state === 'RUNNING',
      );
      expect(next.restarts).toBe(kills);
      pid = next.pid;
    }
    const sleepers = procfs.childrenOf(supervised.supervisor as number);
    expect(sleepers).toEqual([pid]);
  });

  it('that ends too early is tried again startretries times, then FATAL', async () => {
    const at = scratch();
    const supervised = await supervise(
      at,
      `[program:a]\ncommand=sh -c 'echo >>${at.file('starts')}; exit 3'\nstartretries=1`,
    );
    const shown = await supervised.reaches('a', 'FATAL');
    expect(shown).toMatchObject({ pid: 0, failures: 2, exitStatus: 3 });
    expect(shown.spawnError).toBe('Exited too quickly (process log may have details)');
    expect(fs.readFileSync(at.file('starts'), 'utf8')).toBe('\n\n');
  });

  it.each([
    ['/does/not/exist', /no such file/],
    ['no-such-program', /not found in PATH/],
    ['/etc/passwd', /permission denied|not permitted/i],
  ])('%s cannot be executed: BACKOFF, with the reason', async (command, why) => {
    const at = scratch();
    const supervised = await supervise(at, `[program:a]\ncommand=${command}`);
    const shown = await supervised.reaches('a', 'BACKOFF');
    expect(shown.spawnError).toMatch(why);
  });

  it.each([
    ['false', 0, 'EXITED', 0],
    ['false', 7, 'EXITED', 0],
    ['unexpected', 0, 'EXITED', 0],
    ['unexpected', 2, 'EXITED', 0],
  ])('autorestart=%s, exit status %i: %s', async (autorestart, code, state, restarts) => {
    const at = scratch();
    const supervised = await supervise(
      at,
      `[program:a]\ncommand=sh -c 'exit ${code}'\nstartsecs=0\nautorestart=${autorestart}\nexitcodes=0,2`,
    );
    const shown = await supervised.reaches('a', state as 'EXITED');
    expect(shown).toMatchObject({ exitStatus: code, restarts });
  });

  it('that ends again and again is held back, and never FATAL', async () => {
    const at = scratch();
    const supervised = await supervise(
      at,
      "[program:a]\ncommand=sh -c 'exit 1'\nstartsecs=0\nautorestart=true\nrestart_delay_max=1",
    );
    await supervised.until('a', 'was restarted often', ({ restarts }) => restarts >= 5);
    const shown = await supervised.reaches('a', 'BACKOFF');
    expect(shown.spawnError).toBe('Bad exit code 1');
    expect(await supervised.ask('stop', 'a')).toBe(true);
    expect((await supervised.of('a')).state).toBe('STOPPED');
  });

  it.each(['stopwaitsecs', 'startsecs'])(
    'has all the time that %s gives, more than a timer can count',
    async (key) => {
      const at = scratch();
      const waits = `until test -e ${at.file('go')}; do sleep 0.01; done; exit 7`;
      const supervised = await supervise(
        at,
        `[program:a]\ncommand=sh -c 'trap "echo >${at.file('told')}; ${waits}" TERM; echo >${at.file('ready')}; while :; do sleep 0.01; done'
startsecs=0\n${key}=3000000`,
      );
      await eventually('it runs', () => fs.existsSync(at.file('ready')));
      if (key === 'startsecs') expect((await supervised.of('a')).state).toBe('STARTING');
      const stopped = supervised.ask('stop', 'a');
      await eventually('it was told', () => fs.existsSync(at.file('told')));
      at.write('go', '');
      expect(await stopped).toBe(true);
      expect(await supervised.of('a')).toMatchObject({ state: 'STOPPED', exitStatus: 7 });
    },
  );

  it('that ignores the stop signal is killed after stopwaitsecs', async () => {
    const at = scratch();
    const supervised = await supervise(
      at,
      `[program:a]\ncommand=sh -c 'trap "" TERM; echo >${at.file('ready')}; while :; do sleep 1000; done'\nstopwaitsecs=1\nkillasgroup=true\nstartsecs=0`,
    );
    await eventually('it ignores', () => fs.existsSync(at.file('ready')));
    const { pid } = await supervised.of('a');
    const stopped = supervised.ask('stop', 'a');
    expect((await supervised.reaches('a', 'STOPPING')).pid).toBe(pid);
    expect(await stopped).toBe(true);
    expect(await supervised.of('a')).toMatchObject({ state: 'STOPPED', exitStatus: -1 });
    await eventually('its group is gone', () =>
      procfs.mentioning(at.directory).every((left) => procfs.stat(left)?.group !== pid),
    );
  });
});
