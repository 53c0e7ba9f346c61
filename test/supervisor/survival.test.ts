/** The supervisor is killed, and nobody else notices. */
import fs from 'node:fs';
import { describe, expect, it } from 'vitest';
import { eventually } from '../helpers/eventually';
import * as procfs from '../helpers/procfs';
import { scratch } from '../helpers/scratch';
import { supervise } from '../helpers/supervise';

/** `npm run chaos` does more of it. */
const isLong = process.env.TDAEMON_CHAOS === 'long';
const KILLS = isLong ? 1000 : 50;
const LIMIT = isLong ? 3_600_000 : 120_000;

describe('SIGKILL to the supervisor', () => {
  it('leaves every program as it is, and the next supervisor knows them', async () => {
    const at = scratch();
    const supervised = await supervise(
      at,
      `[program:up]
command=sleep 1000
startsecs=0
[program:down]
command=sleep 1000
autostart=false
[program:stopped]
command=sleep 1000
startsecs=0
[program:done]
command=sh -c 'exit 0'
startsecs=0
[program:bad]
command=/does/not/exist
startretries=0`,
    );
    await supervised.reaches('bad', 'FATAL');
    await supervised.reaches('done', 'EXITED');
    await supervised.ask('stop', 'stopped');
    const before = await supervised.reaches('up', 'RUNNING');
    await supervised.killSupervisor();
    const after = await supervised.until('up', 'is adopted', ({ adopted }) => adopted);
    expect(after).toMatchObject({
      pid: before.pid,
      startTime: before.startTime,
      state: 'RUNNING',
      restarts: 0,
    });
    expect((await supervised.of('down')).state).toBe('STOPPED');
    expect((await supervised.of('stopped')).state).toBe('STOPPED');
    expect(await supervised.of('done')).toMatchObject({ state: 'EXITED', exitStatus: 0 });
    expect((await supervised.of('bad')).state).toBe('FATAL');
  });

  it('an adopted program is stopped, started, and started again as any other', async () => {
    const at = scratch();
    const supervised = await supervise(at, '[program:a]\ncommand=sleep 1000\nstartsecs=0');
    const { pid } = await supervised.reaches('a', 'RUNNING');
    await supervised.killSupervisor();
    await supervised.until('a', 'is adopted', ({ adopted }) => adopted);
    process.kill(pid, 'SIGKILL');
    const second = await supervised.until(
      'a',
      'runs again',
      (shown) => shown.state === 'RUNNING' && shown.pid !== pid,
    );
    expect(second).toMatchObject({ adopted: false, exitStatus: -1, restarts: 1 });
    await supervised.killSupervisor();
    await supervised.until('a', 'is adopted', ({ adopted }) => adopted);
    expect(await supervised.ask('stop', 'a')).toBe(true);
    expect(await supervised.of('a')).toMatchObject({ state: 'STOPPED', pid: 0 });
    expect(procfs.isAlive(second.pid)).toBe(false);
  });

  it('the exit status of one that ended meanwhile is known, and of one that ends later', async () => {
    const at = scratch();
    const script = (code: number, file: string) =>
      `sh -c 'while [ ! -e ${at.file(file)} ]; do sleep 0.01; done; exit ${code}'`;
    const supervised = await supervise(
      at,
      `[program:early]\ncommand=${script(7, 'early')}\nstartsecs=0\nautorestart=false
[program:late]\ncommand=${script(9, 'late')}\nstartsecs=0\nautorestart=false`,
    );
    await supervised.reaches('late', 'RUNNING');
    const { pid } = await supervised.reaches('early', 'RUNNING');
    const killed = supervised.supervisor as number;
    // While nobody but the keeper is there.
    process.kill(killed, 'SIGSTOP');
    at.write('early', '');
    await eventually('its end', () => procfs.stat(pid)?.state === 'Z');
    process.kill(killed, 'SIGKILL');
    expect(await supervised.reaches('early', 'EXITED')).toMatchObject({
      exitStatus: 7,
      spawnError: 'Bad exit code 7',
    });
    await supervised.until('late', 'is adopted', ({ adopted }) => adopted);
    at.write('late', '');
    expect(await supervised.reaches('late', 'EXITED')).toMatchObject({ exitStatus: 9 });
  });

  it('whether it is ready is asked again of one that was STARTING', async () => {
    const at = scratch();
    const supervised = await supervise(
      at,
      `[program:asked]
command=sleep 1000
startsecs=0
ready=file:${at.file('there')}
[program:old]
command=sleep 1000
startsecs=0
ready=file:${at.file('before')}
[program:told]
command=sh -c 'systemd-notify --ready; exec sleep 1000'
startsecs=2
ready=notify
[program:needs]
command=sleep 1000
startsecs=0
depends_on=asked`,
    );
    const { pid } = await supervised.reaches('asked', 'STARTING');
    // What is older than the start is not what is waited for.
    fs.utimesSync(at.write('being made', ''), 1, 1);
    fs.renameSync(at.file('being made'), at.file('before'));
    await supervised.killSupervisor();
    // It may have said so to the one that is no more.
    await supervised.reaches('told', 'RUNNING');
    expect(await supervised.of('asked')).toMatchObject({ state: 'STARTING', pid, adopted: true });
    expect((await supervised.of('old')).state).toBe('STARTING');
    expect(await supervised.of('needs')).toMatchObject({ state: 'STOPPED', waitingFor: ['asked'] });
    at.write('there', '');
    expect((await supervised.reaches('asked', 'RUNNING')).pid).toBe(pid);
    await supervised.reaches('needs', 'RUNNING');
    expect((await supervised.of('old')).state).toBe('STARTING');
  });

  it('one that is not ready in time is stopped, and tried again', async () => {
    const at = scratch();
    const supervised = await supervise(
      at,
      `[program:a]\ncommand=sleep 1000\nstartsecs=0\nready=file:${at.file('never')}\nready_timeout=3\nstartretries=0`,
    );
    await supervised.reaches('a', 'STARTING');
    await supervised.killSupervisor();
    const shown = await supervised.reaches('a', 'FATAL');
    expect(shown).toMatchObject({ pid: 0, spawnError: `not ready in time: file:${at.file('never')}` });
  });

  it('a stop goes on, and so does a start', async () => {
    const at = scratch();
    const supervised = await supervise(
      at,
      `[program:stopping]
command=sh -c 'trap "" TERM; echo >${at.file('ready')}; while :; do sleep 0.1; done'
startsecs=0
stopwaitsecs=1
[program:starting]
command=sleep 1000
startsecs=2`,
    );
    await supervised.reaches('stopping', 'RUNNING');
    const { pid } = await supervised.of('starting');
    await eventually('it ignores', () => procfs.mentioning(at.file('ready')).length > 0);
    supervised.ask('stop', 'stopping').catch(() => undefined);
    await supervised.reaches('stopping', 'STOPPING');
    await supervised.killSupervisor();
    await supervised.reaches('stopping', 'STOPPED');
    expect(await supervised.reaches('starting', 'RUNNING')).toMatchObject({ pid });
  });

  it(`${KILLS} times at random, with a program that is restarted all the time: never two of one, never none`, {
    timeout: LIMIT,
  }, async () => {
    const at = scratch();
    const supervised = await supervise(
      at,
      `[program:steady]\ncommand=sleep 1000\nstartsecs=0
[program:short]\ncommand=sleep 0.05\nstartsecs=0\nautorestart=true\nrestart_delay_max=0`,
    );
    const steady = (await supervised.reaches('steady', 'RUNNING')).pid;
    for (let kill = 0; kill < KILLS; kill++) {
      // Every fifth while it boots: whoever dies before it was ready is started again after a pause that grows.
      if (kill % 5 !== 0) await supervised.until('steady', 'is known', () => true);
      const before = await eventually('a supervisor', () => supervised.supervisor);
      const moment = performance.now() + Math.random() * 100;
      await eventually('a moment', () => performance.now() > moment);
      process.kill(before, 'SIGKILL');
      await eventually('another one', () => supervised.supervisor !== before && supervised.supervisor);
      const sleepers = procfs
        .mentioning(at.directory)
        .filter((pid) => String(procfs.commandLine(pid)[0]) === 'sleep' && procfs.isAlive(pid));
      expect(sleepers.filter((pid) => pid === steady)).toEqual([steady]);
      expect(sleepers.length).toBeLessThanOrEqual(2);
    }
    expect(await supervised.until('steady', 'is adopted', ({ adopted }) => adopted)).toMatchObject({
      pid: steady,
      restarts: 0,
    });
    const before = await supervised.of('short');
    await supervised.until('short', 'goes on', ({ restarts }) => restarts > before.restarts + 2);
  });
});
