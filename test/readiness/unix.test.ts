/** --ready unix:PATH: the daemon, and nobody else, accepts a connection on a unix socket. */
import fs from 'node:fs';
import { describe, expect, it } from 'vitest';
import { littleRoot } from '../helpers/little_root';
import { because, missing } from '../helpers/needs';
import { fixture } from '../helpers/paths';
import { accepts, listensAt, strangerAt } from '../helpers/port';
import { isRoot, NOBODY } from '../helpers/privileges';
import { link, status } from '../helpers/procfs';
import { type Scratch, scratch } from '../helpers/scratch';
import { redisAt } from '../helpers/servers';
import { expectBadSpec, expectNotReady, gate, startReady } from '../helpers/start_ready';

const LISTENER = fixture('listener');

/** What is left of a server that was killed. */
async function stale(path: string): Promise<void> {
  process.kill(await strangerAt(path), 'SIGKILL');
  expect(fs.statSync(path).isSocket()).toBe(true);
}

function directoryOf(at: Scratch, name: string, uid: number): string {
  fs.mkdirSync(at.file(name));
  fs.chownSync(at.file(name), uid, uid);
  return at.file(name);
}

describe('unix: is ready when the daemon accepts', () => {
  const noRedis = missing('redis-server');
  it.skipIf(noRedis)(`redis-server${because(noRedis)}`, async () => {
    const at = scratch();
    const path = at.file('redis.sock');
    await startReady(at, `unix:${path}`, redisAt(at.directory, path));
    expect(await accepts({ path })).toBe(true);
  });

  it('a Node server', async () => {
    const at = scratch();
    const path = at.file('node.sock');
    const script = `require('node:net').createServer((socket) => socket.end()).listen('${path}');\n`;
    await startReady(at, `unix:${path}`, [process.execPath, at.write('server.js', script)]);
    expect(await accepts({ path })).toBe(true);
  });

  it('which has begun late, at a path that is relative to the caller', async () => {
    const at = scratch();
    const late = gate(at);
    const path = at.file('socket');
    const command = [...late.before, LISTENER, 'self', path];
    const spawning = { cwd: at.directory };
    await Promise.all([startReady(at, 'unix:socket', command, [], spawning), late.open()]);
    expect(await accepts({ path })).toBe(true);
  });

  it.each(['self', 'child', 'worker', 'orphan'])('at an abstract name (%s)', async (mode) => {
    const at = scratch();
    await startReady(at, `unix:@${at.directory}`, [LISTENER, mode, `@${at.directory}`]);
    expect(listensAt(`@${at.directory}`)).toBe(true);
  });

  it.each(['child', 'worker', 'orphan'])('which is another process of its own (%s)', async (mode) => {
    const at = scratch();
    const path = at.file('socket');
    await startReady(at, `unix:${path}`, [LISTENER, mode, path]);
    expect(await accepts({ path })).toBe(true);
  });

  it('in the place of a stale socket', async () => {
    const at = scratch();
    const path = at.file('socket');
    await stale(path);
    const late = gate(at);
    const command = [...late.before, 'sh', '-c', 'rm "$1"; exec "$0" self "$1"', LISTENER, path];
    await Promise.all([startReady(at, `unix:${path}`, command), late.open()]);
    expect(await accepts({ path })).toBe(true);
  });

  it.skipIf(!isRoot)('as another user (needs root)', async () => {
    const at = scratch();
    const path = `${directoryOf(at, 'theirs', NOBODY)}/socket`;
    const pid = await startReady(at, `unix:${path}`, [LISTENER, 'self', path], ['--user', 'nobody']);
    expect(status(pid, 'Uid')).toMatch(/^65534\t/);
    expect(fs.statSync(path).uid).toBe(NOBODY);
  });
});

describe.skipIf(!isRoot)('unix: in a root directory of its own (needs root)', () => {
  it.each(['/tmp/socket', 'tmp/socket'])('%s is inside', async (path) => {
    const at = scratch();
    const root = littleRoot(at, [LISTENER]);
    const command = ['/bin/listener', 'self', '/tmp/socket'];
    const pid = await startReady(at, `unix:${path}`, command, ['--chroot', root]);
    expect(link(pid, 'root')).toBe(root);
    expect(await accepts({ path: `${root}/tmp/socket` })).toBe(true);
  });

  it('a symbolic link means what it means inside', async () => {
    const at = scratch();
    const root = littleRoot(at, [LISTENER]);
    // As Debian has /var/run.
    fs.symlinkSync('/tmp', `${root}/run`);
    fs.mkdirSync(`${root}${at.directory}`, { recursive: true });
    const path = `/run/../run/${at.directory.slice(1)}/socket`;
    fs.mkdirSync(`${root}/tmp/${at.directory}`, { recursive: true });
    await startReady(at, `unix:${path}`, ['/bin/listener', 'self', path], ['--chroot', root]);
    expect(await accepts({ path: `${root}/tmp/${at.directory}/socket` })).toBe(true);
  });
});

describe('unix: is not ready', () => {
  it.each([
    ['nothing is there', (_: string) => undefined, 'no such file'],
    ['a stale socket is there', stale, 'connection refused'],
    ['a file is there that is no socket', (path: string) => fs.writeFileSync(path, ''), 'connection refused'],
  ])('while %s', async (_, prepare, state) => {
    const at = scratch();
    const path = at.file('socket');
    await prepare(path);
    await expectNotReady(at, `unix:${path}`, ['sleep', '1000'], state);
  });

  it.each(['path', 'abstract'])('while a stranger listens there, who is named (%s)', async (kind) => {
    const at = scratch();
    const name = kind === 'path' ? at.file('socket') : `@${at.directory}`;
    const stranger = await strangerAt(name);
    const state = `process ${stranger} listens there, not the daemon`;
    await expectNotReady(at, `unix:${name}`, ['sleep', '1000'], state);
  });
});

describe('unix: is wrong usage', () => {
  it('without a path', () => expectBadSpec(scratch(), 'unix:', "'unix:' is not unix:PATH"));
  it.each(['/', '@'])('with a name of more than 107 bytes that begins with %s', (first) =>
    expectBadSpec(scratch(), `unix:${first}${'x'.repeat(107)}`, 'longer than the 107 bytes'),
  );
});
