/** --ready tcp:HOST:PORT: the daemon, and nobody else, accepts a connection. */
import fs from 'node:fs';
import { describe, expect, it } from 'vitest';
import { because, missing, notRoot } from '../helpers/needs';
import { isolatedNetwork, noNetworks, silentNameServer } from '../helpers/network';
import { fixture } from '../helpers/paths';
import { accepts, freePort, listens, strangerOn } from '../helpers/port';
import { isRoot, NOBODY } from '../helpers/privileges';
import { childrenOf } from '../helpers/procfs';
import { scratch } from '../helpers/scratch';
import { httpServer, nginx, redis } from '../helpers/servers';
import {
  expectBadSpec,
  expectNotReady,
  gate,
  SOON,
  startReady,
  startReadyLoudly,
} from '../helpers/start_ready';

const LISTENER = fixture('listener');

describe('tcp: is ready when the daemon accepts', () => {
  it.each(['[::1]', '127.0.0.1', 'localhost'])('at %s, after it has begun late', async (host) => {
    const at = scratch();
    const port = await freePort();
    const late = gate(at);
    const address = host === '[::1]' ? '::1' : '127.0.0.1';
    const command = [...late.before, LISTENER, 'self', address, String(port)];
    const [pid] = await Promise.all([startReady(at, `tcp:${host}:${port}`, command), late.open()]);
    expect(listens(pid, port)).toBe(true);
    expect(await accepts({ host: address, port })).toBe(true);
  });

  const servers = { nginx, 'redis-server': redis, python3: httpServer.python, node: httpServer.node };
  describe.each(Object.entries(servers))('%s', (program, server) => {
    const why = program === 'node' ? undefined : missing(program);
    it.skipIf(why)(`is there when the start returns${because(why)}`, async () => {
      const at = scratch();
      const port = await freePort();
      const pid = await startReady(at, `tcp:127.0.0.1:${port}`, server(at, port));
      expect(listens(pid, port)).toBe(true);
      expect(await accepts({ host: '127.0.0.1', port })).toBe(true);
    });
  });

  it.each(['child', 'worker'])('and a process of its own, a %s, does it', async (mode) => {
    const at = scratch();
    const port = await freePort();
    const pid = await startReady(at, `tcp:127.0.0.1:${port}`, [LISTENER, mode, '127.0.0.1', String(port)]);
    expect(listens(pid, port)).toBe(false);
    expect(childrenOf(pid).map((child) => listens(child, port))).toEqual([true]);
  });

  it('and a process does it that has lost its parent', async () => {
    const at = scratch();
    const port = await freePort();
    const pid = await startReady(at, `tcp:127.0.0.1:${port}`, [LISTENER, 'orphan', '127.0.0.1', `${port}`]);
    expect(listens(pid, port)).toBe(false);
    expect(await accepts({ host: '127.0.0.1', port })).toBe(true);
  });

  it('and shares the port with a stranger (SO_REUSEPORT)', async () => {
    const at = scratch();
    const port = await freePort();
    await strangerOn(port, 'shared');
    const pid = await startReady(at, `tcp:127.0.0.1:${port}`, [LISTENER, 'shared', '127.0.0.1', `${port}`]);
    expect(listens(pid, port)).toBe(true);
  });
});

describe('tcp: is not ready', () => {
  it('while nobody listens', async () => {
    const port = await freePort();
    await expectNotReady(scratch(), `tcp:127.0.0.1:${port}`, ['sleep', '1000'], 'connection refused');
  });

  it('where the name means nothing', async () => {
    // Too long a name, so that no name server is asked.
    await expectNotReady(scratch(), `tcp:${'x'.repeat(64)}:80`, ['sleep', '1000'], 'unknown host');
  });

  it.each([
    ['127.0.0.1', 'tcp:127.0.0.1'],
    ['0.0.0.0', 'tcp:127.0.0.1'],
    ['::1', 'tcp:[::1]'],
    ['::', 'tcp:[::1]'],
  ])('while a stranger listens on %s, who is named', async (address, spec) => {
    const port = await freePort();
    const stranger = await strangerOn(port, 'self', address);
    const state = `process ${stranger} listens there, not the daemon`;
    await expectNotReady(scratch(), `${spec}:${port}`, ['sleep', '1000'], state);
  });

  it('while a stranger has the IPv4 half of a port, and the daemon the other', async () => {
    const port = await freePort();
    const stranger = await strangerOn(port, 'self', '0.0.0.0');
    const state = `process ${stranger} listens there, not the daemon`;
    await expectNotReady(scratch(), `tcp:127.0.0.1:${port}`, [LISTENER, 'self', '::', `${port}`], state);
  });
});

describe('tcp: where it is not to be seen who listens', () => {
  it.skipIf(!isRoot)('it counts, with a warning: the program may not be traced (needs root)', async () => {
    const at = scratch();
    const port = await freePort();
    fs.copyFileSync(LISTENER, at.file('secret'));
    fs.chmodSync(at.file('secret'), 0o711);
    const spec = `tcp:127.0.0.1:${port}`;
    const command = [at.file('secret'), 'self', '127.0.0.1', String(port)];
    const caller = { uid: NOBODY, gid: NOBODY, cwd: '/' };
    const { pid, stderr } = await startReadyLoudly(at, spec, command, [], caller);
    expect(stderr).toBe(
      `tdaemon: warning: whether it is the daemon that listens on ${spec} cannot be seen\n`,
    );
    expect(listens(pid, port)).toBe(true);
  });

  it.skipIf(!isRoot)('an unprivileged caller sees its own daemon (needs root)', async () => {
    const port = await freePort();
    const command = [LISTENER, 'self', '127.0.0.1', String(port)];
    const caller = { uid: NOBODY, gid: NOBODY, cwd: '/' };
    const pid = await startReady(scratch(), `tcp:127.0.0.1:${port}`, command, [], caller);
    expect(listens(pid, port)).toBe(true);
  });

  const why = notRoot() ?? missing('ip') ?? noNetworks();
  it.skipIf(why)(`it counts, with a warning: it is on another machine${because(why)}`, async () => {
    const network = await isolatedNetwork();
    const remote = await network.remoteListener(80);
    const spawning = { under: network.enter };
    const spec = `tcp:${remote}:80`;
    const { stderr } = await startReadyLoudly(scratch(), spec, ['sleep', '1000'], [], spawning);
    expect(stderr).toContain(`listens on tcp:${remote}:80 cannot be seen`);
  });

  it.skipIf(why)(`a connection to itself is none${because(why)}`, async () => {
    // The kernel takes the port that is connected to for the connection's own end, as there is no other.
    const network = await isolatedNetwork();
    network.onlyEphemeralPort(40_000);
    const spawning = { under: network.enter };
    const spec = 'tcp:127.0.0.1:40000';
    await expectNotReady(scratch(), spec, ['sleep', '1000'], 'connection refused', SOON, spawning);
  });
});

const noNetwork = notRoot() ?? missing('ip') ?? noNetworks();
it.skipIf(noNetwork)(
  `tcp: a name server that never answers does not keep tdaemon${because(noNetwork)}`,
  async () => {
    const at = scratch();
    const spawning = { under: silentNameServer(at) };
    await expectNotReady(at, 'tcp:name.example:80', ['sleep', '1000'], 'no answer', SOON, spawning);
  },
);

describe('tcp: a SPEC that means nothing is wrong usage', () => {
  it.each(['tcp:', 'tcp', 'tcp:80', 'tcp:localhost', 'tcp::80', 'tcp:localhost:0', 'tcp:localhost:65536'])(
    '%s',
    (spec) => expectBadSpec(scratch(), spec, `'${spec}' is not tcp:HOST:PORT`),
  );
  it.each(['tcp:localhost:http', 'tcp:localhost:-1', 'tcp:[::1:80', 'tcp:[]:80'])('%s', (spec) =>
    expectBadSpec(scratch(), spec, `'${spec}' is not tcp:HOST:PORT`),
  );
});
