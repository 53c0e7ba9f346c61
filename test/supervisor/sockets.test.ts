/** `sockets=`: listening sockets that a program is given, and that outlive it and its supervisor. */
import fs from 'node:fs';
import net from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { eventually } from '../helpers/eventually';
import { accepts, freePort, listensAt } from '../helpers/port';
import * as procfs from '../helpers/procfs';
import { type Scratch, scratch } from '../helpers/scratch';
import { ask, socketServer } from '../helpers/socket_server';
import { type Supervised, supervise } from '../helpers/supervise';
import { isRoot } from '../helpers/users';

const program = (at: Scratch, sockets: string, more = '') =>
  `[program:web]\ncommand=${socketServer(at)}\nstartsecs=0\nsockets=${sockets}\n${more}`;

/** Which sockets a process has been given: what lies above is its own affair. */
const given = (pid: number, count: number) =>
  [...procfs.descriptors(pid)]
    .filter(([number, target]) => number >= 3 && number < 3 + count && target.startsWith('socket:'))
    .map(([, target]) => target);

async function killKeeper(supervised: Supervised): Promise<void> {
  const { keeper } = supervised;
  process.kill(keeper, 'SIGKILL');
  await eventually('another keeper', () => supervised.keeper !== keeper);
  await eventually('it has executed', () =>
    procfs.commandLine(supervised.keeper).some((word) => String(word).startsWith('--adopt')),
  );
}

describe('sockets=', () => {
  it('gives them from 3 up, with LISTEN_FDS, LISTEN_FDNAMES and the LISTEN_PID of the program', async () => {
    const at = scratch();
    const port = await freePort();
    const path = at.file('web.sock');
    const supervised = await supervise(at, program(at, `tcp://:${port} unix:${path}`));
    const names = `${port}:web.sock`;
    const { pid } = await supervised.reaches('web', 'RUNNING');
    expect(await ask({ host: '127.0.0.1', port })).toEqual({ pid, fd: 3, names });
    expect(await ask({ host: '::1', port })).toEqual({ pid, fd: 3, names });
    expect(await ask({ socketPath: path })).toEqual({ pid, fd: 4, names });
    expect(fs.statSync(path).mode & 0o777).toBe(0o660);
    expect(given(pid, 2)).toHaveLength(2);
  });

  it.skipIf(!isRoot)(
    'belong to the user of the program, whose LISTEN_PID is right too (needs root)',
    async () => {
      const at = scratch();
      const path = at.file('web.sock');
      fs.writeFileSync(at.file('served'), '');
      fs.chmodSync(at.file('served'), 0o666);
      const supervised = await supervise(at, program(at, `unix:${path}`, 'user=nobody'));
      const { pid } = await supervised.reaches('web', 'RUNNING');
      expect(await ask({ socketPath: path })).toMatchObject({ pid });
      expect(fs.statSync(path).uid).toBe(Number(procfs.status(pid, 'Uid')?.split('\t')[0]));
      expect(fs.statSync(path).uid).not.toBe(0);
    },
  );

  it('on one address means that address', async () => {
    const at = scratch();
    const port = await freePort();
    const supervised = await supervise(at, program(at, `tcp://127.0.0.1:${port}`));
    const { pid } = await supervised.reaches('web', 'RUNNING');
    expect(await ask({ host: '127.0.0.1', port })).toMatchObject({ pid });
    expect(await accepts({ host: '::1', port })).toBe(false);
  });

  it('by the name of a host', async () => {
    const at = scratch();
    const port = await freePort();
    await supervise(at, program(at, `tcp://localhost:${port}`));
    expect(await accepts({ host: '127.0.0.1', port })).toBe(true);
  });

  it('are there while the program is not: who connects is answered when it is', async () => {
    const at = scratch();
    const port = await freePort();
    const supervised = await supervise(at, program(at, `tcp://127.0.0.1:${port}`, 'autostart=false'));
    const answer = ask({ port });
    await supervised.ask('start', 'web');
    const { pid } = await answer;
    expect(pid).toBe((await supervised.of('web')).pid);
    await supervised.ask('stop', 'web');
    const later = ask({ port });
    await supervised.ask('start', 'web');
    expect((await later).pid).not.toBe(pid);
  });

  it('outlive the supervisor: the next program has the same', async () => {
    const at = scratch();
    const port = await freePort();
    const supervised = await supervise(
      at,
      program(at, `tcp://127.0.0.1:${port} unix:${at.file('web.sock')}`),
    );
    const before = await supervised.reaches('web', 'RUNNING');
    await eventually('it has executed', () => given(before.pid, 2).length === 2);
    const sockets = given(before.pid, 2);
    for (let time = 0; time < 3; time++) {
      await supervised.killAnswering();
      if (time === 1) {
        await killKeeper(supervised);
        await supervised.killAnswering();
      }
      const { pid } = await supervised.of('web');
      process.kill(pid, 'SIGKILL');
      const again = await supervised.until('web', 'runs again', (shown) => ![0, pid].includes(shown.pid));
      await eventually('its sockets', () => given(again.pid, 2).length === 2);
      expect(given(again.pid, 2)).toEqual(sockets);
      expect(await ask({ port })).toMatchObject({ pid: again.pid });
      expect(await ask({ socketPath: at.file('web.sock') })).toMatchObject({ pid: again.pid });
    }
  });

  it('are closed when the program is removed, and when the supervisor shuts down', async () => {
    const at = scratch();
    const path = at.file('web.sock');
    const supervised = await supervise(at, program(at, `unix:${path}`));
    await supervised.reaches('web', 'RUNNING');
    await supervised.ask('stop', 'web');
    expect(listensAt(path)).toBe(true);
    await supervised.ask('remove', 'web');
    await eventually('it is closed', () => !listensAt(path));
    expect(fs.existsSync(path)).toBe(false);
    await supervised.ask('add', 'web');
    expect(listensAt(path)).toBe(true);
    await supervised.shutdown();
    expect(listensAt(path)).toBe(false);
    expect(fs.existsSync(path)).toBe(false);
  });

  it('stay open while everything is restarted', async () => {
    const at = scratch();
    const port = await freePort();
    const supervised = await supervise(at, program(at, `tcp://127.0.0.1:${port}`));
    const { pid } = await supervised.reaches('web', 'RUNNING');
    await eventually('it has executed', () => given(pid, 1).length === 1);
    const sockets = given(pid, 1);
    process.kill(supervised.keeper, 'SIGHUP');
    const again = await supervised.until('web', 'is another', (shown) => ![0, pid].includes(shown.pid));
    await eventually('its socket', () => given(again.pid, 1).length === 1);
    expect(given(again.pid, 1)).toEqual(sockets);
  });

  it('replace the file of a socket that nobody accepts at', async () => {
    const at = scratch();
    const path = at.file('web.sock');
    const left = net.createServer().listen(path);
    await eventually('a socket', () => listensAt(path));
    // Node removes the file with the server: keep it under another name meanwhile.
    fs.renameSync(path, `${path}.kept`);
    await new Promise((resolve) => left.close(resolve));
    fs.renameSync(`${path}.kept`, path);
    const supervised = await supervise(at, program(at, `unix:${path}`));
    await supervised.reaches('web', 'RUNNING');
    expect(await ask({ socketPath: path })).toMatchObject({ fd: 3 });
  });

  it('never take the place of what is in use, and are had once it is free', async () => {
    const at = scratch();
    const path = at.file('web.sock');
    const other = net.createServer().listen(path);
    onTestFinished(() => void other.close());
    await eventually('a socket', () => listensAt(path));
    const supervised = await supervise(at, program(at, `unix:${path}`));
    const shown = await supervised.reaches('web', 'BACKOFF');
    expect(shown.spawnError).toBe(`cannot listen on unix:${path}: address already in use (EADDRINUSE)`);
    expect(await accepts({ path })).toBe(true);
    await new Promise((resolve) => other.close(resolve));
    await supervised.reaches('web', 'RUNNING');
  });

  it('never replace what is no socket', async () => {
    const at = scratch();
    const path = at.write('web.sock', 'precious');
    const supervised = await supervise(at, program(at, `unix:${path}`));
    const shown = await supervised.reaches('web', 'BACKOFF');
    expect(shown.spawnError).toContain('EADDRINUSE');
    expect(fs.readFileSync(path, 'utf8')).toBe('precious');
  });

  it('leave no place for a readiness descriptor of the same number', async () => {
    const at = scratch();
    const supervised = await supervise(at, program(at, `unix:${at.file('web.sock')}`, 'ready=fd:3'));
    const shown = await supervised.reaches('web', 'BACKOFF');
    expect(shown.spawnError).toContain("descriptor 3 is a socket's");
  });

  it('beside a readiness descriptor', async () => {
    const at = scratch();
    const command = `sh -c 'echo >&4; exec sleep 1000'`;
    const supervised = await supervise(
      at,
      `[program:web]\ncommand=${command}\nstartsecs=0\nready=fd:4\nsockets=unix:${at.file('web.sock')}`,
    );
    const { pid } = await supervised.reaches('web', 'RUNNING');
    expect(procfs.descriptors(pid).get(3)).toMatch(/^socket:/);
  });
});
