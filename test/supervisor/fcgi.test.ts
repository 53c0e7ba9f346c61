/** `[fcgi-program]`: Debian's fcgiwrap, two processes on one socket, asked by Debian's cgi-fcgi. */
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { RollingResult } from '../../src/supervisor/rolling_restart';
import { eventually } from '../helpers/eventually';
import { because, missing } from '../helpers/needs';
import { accepts, freePort, listensAt } from '../helpers/port';
import * as procfs from '../helpers/procfs';
import { type Scratch, scratch } from '../helpers/scratch';
import { type Supervised, supervise } from '../helpers/supervise';

const without = missing('fcgiwrap', 'cgi-fcgi');
const PROCESSES = ['app:app_0', 'app:app_1'];

function program(at: Scratch, socket: string, more = ''): string {
  at.write('hello', '#!/bin/sh\nprintf "Content-Type: text/plain\\n\\nhello from $PPID\\n"\n');
  return `[fcgi-program:app]
command=/usr/sbin/fcgiwrap
socket=${socket}
process_name=%(program_name)s_%(process_num)d
numprocs=2
startsecs=0
environment=SCRATCH="${at.directory}"
${more}`;
}

/** The answer of one of them. */
function ask(at: Scratch, to: string): string {
  const env = { REQUEST_METHOD: 'GET', SCRIPT_FILENAME: at.file('hello'), PATH: process.env.PATH };
  const ran = spawnSync('cgi-fcgi', ['-bind', '-connect', to], { env, encoding: 'utf8', timeout: 30_000 });
  return `${ran.stdout}${ran.stderr}`;
}

async function pids(supervised: Supervised): Promise<number[]> {
  const shown = await Promise.all(PROCESSES.map((name) => supervised.reaches(name, 'RUNNING')));
  return shown.map(({ pid }) => pid);
}

const input = (pid: number) => procfs.descriptors(pid).get(0);

describe.skipIf(without)(`[fcgi-program]${because(without)}`, () => {
  it('has one socket for all its processes, as descriptor 0', async () => {
    const at = scratch();
    const path = at.file('app.sock');
    const supervised = await supervise(at, program(at, `unix://${path}`));
    const [first = 0, second = 0] = await pids(supervised);
    expect(input(first)).toMatch(/^socket:/);
    expect(input(second)).toBe(input(first));
    expect(fs.statSync(path).mode & 0o777).toBe(0o700);
    expect(ask(at, path)).toMatch(new RegExp(`hello from (${first}|${second})`));
    // Each of them answers there.
    await supervised.ask('stop', 'app:app_1');
    expect(ask(at, path)).toContain(`hello from ${first}`);
    await supervised.ask('start', 'app:app_1');
    await supervised.ask('stop', 'app:app_0');
    const other = await supervised.of('app:app_1');
    expect(ask(at, path)).toContain(`hello from ${other.pid}`);
  });

  it('closes it when the last has ended, and makes it anew with the first', async () => {
    const at = scratch();
    const path = at.file('app.sock');
    const supervised = await supervise(at, program(at, `unix://${path}`, 'autostart=false'));
    expect(fs.existsSync(path)).toBe(false);
    for (const name of PROCESSES) await supervised.ask('start', name);
    const [first = 0] = await pids(supervised);
    const before = input(first);
    await supervised.ask('stop', 'app:app_0');
    expect(listensAt(path)).toBe(true);
    await supervised.ask('stop', 'app:app_1');
    await eventually('it is closed', () => !listensAt(path));
    expect(fs.existsSync(path)).toBe(false);
    for (const name of PROCESSES) await supervised.ask('start', name);
    const [again = 0] = await pids(supervised);
    expect(input(again)).not.toBe(before);
    expect(ask(at, path)).toContain('hello from');
  });

  it('has a rolling restart', async () => {
    const at = scratch();
    const path = at.file('app.sock');
    const supervised = await supervise(at, program(at, `unix://${path}`));
    const before = await pids(supervised);
    const socket = input(before[0] ?? 0);
    const rolled = await supervised.ask<RollingResult[]>('rolling-restart', ...PROCESSES);
    const after = await pids(supervised);
    expect(rolled.map(({ pid }) => pid)).toEqual(after);
    expect(before.filter((pid) => after.includes(pid) || procfs.isAlive(pid))).toEqual([]);
    expect(after.map(input)).toEqual([socket, socket]);
    expect(ask(at, path)).toContain('hello from');
  });

  it('keeps it when one is killed, and when the supervisor is', async () => {
    const at = scratch();
    const port = await freePort();
    const supervised = await supervise(at, program(at, `tcp://localhost:${port}`));
    const [first = 0, second = 0] = await pids(supervised);
    const socket = input(second);
    const before = supervised.supervisor as number;
    process.kill(before, 'SIGKILL');
    await eventually('another supervisor', () => ![undefined, before].includes(supervised.supervisor));
    await supervised.until('app:app_0', 'is adopted', ({ adopted }) => adopted);
    process.kill(first, 'SIGKILL');
    const next = await supervised.until('app:app_0', 'runs again', ({ pid }) => ![0, first].includes(pid));
    await eventually('it has executed', () => input(next.pid)?.startsWith('socket:'));
    expect(input(next.pid)).toBe(socket);
    expect(ask(at, `localhost:${port}`)).toMatch(new RegExp(`hello from (${next.pid}|${second})`));
    for (const name of PROCESSES) await supervised.ask('stop', name);
    expect(await accepts({ host: 'localhost', port })).toBe(false);
  });
});
