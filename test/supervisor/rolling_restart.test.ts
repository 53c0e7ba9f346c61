/** One process takes the place of another while requests come in. */
import fs from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import type { RollingResult } from '../../src/supervisor/rolling_restart';
import { eventually } from '../helpers/eventually';
import { freePort } from '../helpers/port';
import * as procfs from '../helpers/procfs';
import { type Scratch, scratch } from '../helpers/scratch';
import { type Answer, ask, socketServer } from '../helpers/socket_server';
import { type Supervised, supervise } from '../helpers/supervise';

const REQUESTS = 2000;
const CLIENTS = 4;
const ROLLS = 6;

const roll = (supervised: Supervised, ...names: string[]) =>
  supervised.ask<RollingResult[]>('rolling-restart', ...names);

/** One that lives until it is told to end, and is ready when the file `go` is there. */
const waits = (at: Scratch, more = '') => `[program:web]
command=sh -c 'echo begin $$; while ! test -e ${at.file('go')}; do sleep 0.02; done; echo >&4; exec sleep 1000'
startsecs=0
ready=fd:4
sockets=unix:${at.file('web.sock')}
${more}`;

describe('a rolling restart', () => {
  it(`loses none of ${REQUESTS} requests`, async () => {
    const at = scratch();
    const port = await freePort();
    const supervised = await supervise(
      at,
      `[program:web]
command=${socketServer(at)}
process_name=%(program_name)s_%(process_num)d
numprocs=2
startsecs=0
ready=fd:4
environment=READY_FD=4
sockets=tcp://127.0.0.1:${port}`,
    );
    for (const name of ['web:web_0', 'web:web_1']) await supervised.reaches(name, 'RUNNING');
    const answers: Answer[] = [];
    const failures: unknown[] = [];
    const rolled: RollingResult[] = [];
    const isEnough = () => answers.length + failures.length >= REQUESTS && rolled.length >= ROLLS;
    const client = async () => {
      while (!isEnough())
        await ask({ port }).then(
          (answer) => answers.push(answer),
          (error) => failures.push(error),
        );
    };
    const clients = Promise.all(Array.from({ length: CLIENTS }, client));
    while (!isEnough()) rolled.push(...(await roll(supervised, 'web:web_0', 'web:web_1')));
    await clients;
    expect(failures).toEqual([]);
    expect(answers.length).toBeGreaterThanOrEqual(REQUESTS);
    expect(rolled.filter(({ error }) => error !== undefined)).toEqual([]);
    expect(new Set(rolled.map(({ pid }) => pid)).size).toBe(rolled.length);
    expect(new Set(answers.map(({ pid }) => pid)).size).toBeGreaterThan(2);
  });

  it('waits until the new one is ready, then stops the old one', async () => {
    const at = scratch();
    fs.writeFileSync(at.file('go'), '');
    const supervised = await supervise(at, waits(at));
    const { pid } = await supervised.reaches('web', 'RUNNING');
    fs.rmSync(at.file('go'));
    const rolled = roll(supervised, 'web');
    const during = await supervised.until('web', 'is two', ({ pidBeside }) => pidBeside > 0);
    expect(during).toMatchObject({ state: 'RUNNING', pid });
    expect(procfs.isAlive(pid)).toBe(true);
    fs.writeFileSync(at.file('go'), '');
    expect(await rolled).toEqual([{ name: 'web:web', pid: during.pidBeside }]);
    expect(await supervised.of('web')).toMatchObject({
      state: 'RUNNING',
      pid: during.pidBeside,
      pidBeside: 0,
    });
    expect(procfs.isAlive(pid)).toBe(false);
    // Both have written to the same log.
    const log = fs.readFileSync((await supervised.of('web')).stdout as string, 'utf8');
    expect(log).toBe(`begin ${pid}\nbegin ${during.pidBeside}\n`);
  });

  it('whose new one fails leaves the old one', async () => {
    const at = scratch();
    const supervised = await supervise(
      at,
      `[program:web]
command=sh -c 'test -e ${at.file('fail')} && exit 1; exec sleep 1000'
sockets=unix:${at.file('web.sock')}`,
    );
    const { pid } = await supervised.reaches('web', 'RUNNING');
    fs.writeFileSync(at.file('fail'), '');
    const [result] = await roll(supervised, 'web');
    expect(result).toEqual({
      name: 'web:web',
      pid,
      error: 'Exited too quickly (process log may have details)',
    });
    expect(await supervised.of('web')).toMatchObject({ state: 'RUNNING', pid, pidBeside: 0 });
    fs.rmSync(at.file('fail'));
    const [again] = await roll(supervised, 'web');
    expect(again?.error).toBeUndefined();
    expect(again?.pid).not.toBe(pid);
  });

  it('leaves a process as any other: looked after, recorded, adopted', async () => {
    const at = scratch();
    fs.writeFileSync(at.file('go'), '');
    const supervised = await supervise(at, waits(at));
    await supervised.reaches('web', 'RUNNING');
    for (let time = 0; time < 3; time++) {
      const [{ pid } = { pid: 0 }] = await roll(supervised, 'web');
      process.kill(pid, 'SIGKILL');
      const next = await supervised.until('web', 'runs again', (shown) => ![0, pid].includes(shown.pid));
      await supervised.reaches('web', 'RUNNING');
      await supervised.killAnswering();
      expect(await supervised.of('web')).toMatchObject({ pid: next.pid, state: 'RUNNING', adopted: true });
    }
    expect(fs.readdirSync(`${supervised.runtimeDirectory}/programs`)).toHaveLength(2);
  });

  it('goes on when the supervisor is killed before the new one is up', async () => {
    const at = scratch();
    const supervised = await supervise(
      at,
      `[program:web]\ncommand=sleep 1000\nstartsecs=3\nsockets=unix:${at.file('web.sock')}`,
    );
    const { pid } = await supervised.reaches('web', 'RUNNING');
    roll(supervised, 'web').catch(() => undefined);
    const { pidBeside } = await supervised.until('web', 'is two', (shown) => shown.pidBeside > 0);
    await supervised.killAnswering();
    const after = await supervised.until('web', 'is the other', (shown) => shown.pid === pidBeside);
    expect(after).toMatchObject({ state: 'RUNNING' });
    await eventually('the old one ends', () => !procfs.isAlive(pid));
    await supervised.until('web', 'is one', (shown) => shown.pidBeside === 0);
  });

  it('goes on when the supervisor is killed before the old one has ended', async () => {
    const at = scratch();
    const supervised = await supervise(
      at,
      `[program:web]
command=sh -c 'trap "" TERM; echo >${at.file('ignores')}; while :; do sleep 1000; done'
startsecs=0
stopwaitsecs=2
killasgroup=true
sockets=unix:${at.file('web.sock')}`,
    );
    const { pid } = await supervised.reaches('web', 'RUNNING');
    await eventually('it ignores TERM', () => fs.existsSync(at.file('ignores')));
    roll(supervised, 'web').catch(() => undefined);
    const now = await supervised.until('web', 'is another', (shown) => shown.pid !== pid);
    expect(now.pidBeside).toBe(pid);
    await supervised.killAnswering();
    const after = await supervised.of('web');
    expect(after).toMatchObject({ pid: now.pid, state: 'RUNNING' });
    await eventually('the old one ends', () => !procfs.isAlive(pid));
    expect(procfs.isAlive(now.pid)).toBe(true);
  });

  it('ends with one process, at whatever moment the supervisor is killed', async () => {
    const at = scratch();
    const supervised = await supervise(
      at,
      `[program:web]
command=sleep 1000
startsecs=0
environment=MARK="${at.directory}/program"
sockets=unix:${at.file('web.sock')}`,
    );
    for (let kill = 0; kill < 15; kill++) {
      const { pid } = await supervised.reaches('web', 'RUNNING');
      const before = await supervised.ask<number>('pid');
      roll(supervised, 'web').catch(() => undefined);
      await pause(kill * 2);
      process.kill(before, 'SIGKILL');
      const after = await supervised.until(
        'web',
        'is one',
        (shown) => !procfs.isAlive(before) && shown.state === 'RUNNING' && shown.pidBeside === 0,
      );
      // The old one or the new one, and nobody else; it has not been started again.
      expect(procfs.mentioning(`${at.directory}/program`)).toEqual([after.pid]);
      expect(after.restarts).toBe(0);
      if (after.pid === pid) expect(after.adopted).toBe(true);
    }
  });

  it('is given up when the program is stopped, and nothing stays', async () => {
    const at = scratch();
    fs.writeFileSync(at.file('go'), '');
    const supervised = await supervise(at, waits(at));
    const { pid } = await supervised.reaches('web', 'RUNNING');
    fs.rmSync(at.file('go'));
    const rolled = roll(supervised, 'web');
    const { pidBeside } = await supervised.until('web', 'is two', (shown) => shown.pidBeside > 0);
    await supervised.ask('stop', 'web');
    expect((await rolled)[0]?.error).toMatch(/was stopped/);
    expect([pid, pidBeside].some((each) => procfs.isAlive(each))).toBe(false);
  });

  it('is given up when the supervisor shuts down, and nothing stays', async () => {
    const at = scratch();
    fs.writeFileSync(at.file('go'), '');
    const supervised = await supervise(at, waits(at));
    await supervised.reaches('web', 'RUNNING');
    fs.rmSync(at.file('go'));
    roll(supervised, 'web').catch(() => undefined);
    await supervised.until('web', 'is two', (shown) => shown.pidBeside > 0);
    await supervised.shutdown();
    // A shell's own child ends by itself, a moment later.
    await eventually('nothing is left', () => procfs.mentioning(at.directory).length === 0);
  });

  it('needs sockets, and a process that runs', async () => {
    const at = scratch();
    const supervised = await supervise(
      at,
      `[program:plain]
command=sleep 1000
[program:down]
command=sleep 1000
autostart=false
sockets=unix:${at.file('web.sock')}`,
    );
    const [plain, down] = await roll(supervised, 'plain', 'down');
    expect(plain?.error).toMatch(/no sockets/);
    expect(down?.error).toBe('it is STOPPED, not RUNNING');
  });
});
