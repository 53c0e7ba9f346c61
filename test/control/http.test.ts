/** Who may ask by HTTP, and what is no request at all. */
import fs from 'node:fs';
import { describe, expect, it } from 'vitest';
import { encodeCall } from '../../src/control/encode';
import { ask, basic, dial, post, rpc, type Server } from '../helpers/control';
import { eventually } from '../helpers/eventually';
import { because, missing } from '../helpers/needs';
import { freePort } from '../helpers/port';
import { descriptors } from '../helpers/procfs';
import { type Scratch, scratch } from '../helpers/scratch';
import { type Supervised, supervise, superviseCommand, supervisedLater } from '../helpers/supervise';
import { run } from '../helpers/tdaemon';
import { isRoot, STRANGER } from '../helpers/users';

const CALL = encodeCall('supervisor.getState', []);
const PASSWORD = 'pa:ss w\u00f6rd';
const SHA = '{SHA}';

async function start(
  extra = '',
  programs = '[program:a]\ncommand=sleep 1000\nstartsecs=0',
): Promise<{ at: Scratch; supervised: Supervised; unix: Server }> {
  const at = scratch();
  const file = at.file('s.sock');
  const supervised = await supervise(at, `[unix_http_server]\nfile=${file}\n${extra}\n${programs}`);
  return { at, supervised, unix: { socketPath: file } };
}

async function startOnPort(extra: string): Promise<{ supervised: Supervised; tcp: Server; port: number }> {
  const port = await freePort();
  const { supervised } = await start(`[inet_http_server]\nport=127.0.0.1:${port}\n${extra}`);
  return { supervised, tcp: { host: '127.0.0.1', port }, port };
}

describe('a request', () => {
  it('is answered by what is wrong with it', async () => {
    const { unix } = await start();
    expect((await post(unix, CALL)).status).toBe(200);
    expect((await ask(unix, { path: '/RPC2' })).status).toBe(400);
    expect((await ask(unix, { path: '/nothing' })).status).toBe(404);
    expect((await ask(unix, { path: '/%zz' })).status).toBe(404);
    expect((await post(unix, 'no xml')).status).toBe(400);
    expect((await post(unix, '')).status).toBe(400);
    expect((await post(unix, CALL, { 'Content-Type': 'text/plain' })).status).toBe(415);
    expect((await post(unix, CALL, { 'Content-Type': 'application/x-www-form-urlencoded' })).status).toBe(
      415,
    );
    expect((await post(unix, CALL, { 'Content-Type': 'application/xml; charset=utf-8' })).status).toBe(200);
    expect(
      (
        await ask(unix, {
          method: 'POST',
          path: '/RPC2/any?x',
          headers: { 'Content-Type': 'text/xml', 'Content-Length': String(CALL.length) },
          body: CALL,
        })
      ).status,
    ).toBe(200);
    const chunked = await ask(unix, {
      method: 'POST',
      path: '/RPC2',
      headers: { 'Content-Type': 'text/xml', 'Transfer-Encoding': 'chunked' },
      body: CALL,
    });
    expect(chunked.status).toBe(411);
  });

  it.each([
    ['entities', '<!DOCTYPE x [<!ENTITY a "b">]><methodCall><methodName>&a;</methodName></methodCall>'],
    ['a document type', `<!DOCTYPE methodCall>${CALL.slice(CALL.indexOf('<methodCall>'))}`],
    [
      'deep nesting',
      `<methodCall><methodName>a</methodName><params><param>${'<value><array><data>'.repeat(50_000)}`,
    ],
    ['its end missing', CALL.slice(0, -5)],
    ['mismatched elements', CALL.replace('</methodName>', '</params>')],
    ['two roots', CALL + CALL.slice(CALL.indexOf('<methodCall>'))],
  ])('with %s is refused', async (_, body) => {
    const { unix, supervised } = await start();
    expect((await post(unix, body)).status).toBe(400);
    await eventually('a word of it in the log', () =>
      supervised.mainLog.includes('XML-RPC request is invalid'),
    );
    expect((await post(unix, CALL)).status).toBe(200);
  });

  it('may have an empty Host, none, and an empty line too many', async () => {
    const { unix } = await start();
    for (const head of ['Host: \r\n', 'Host:\r\n', '']) {
      const line = await dial(unix);
      const request = `POST /RPC2 HTTP/1.1\r\n${head}Content-Type: text/xml\r\nContent-Length: ${CALL.length}\r\n\r\n${CALL}`;
      line.socket.write(`${request}\r\n`);
      await eventually('an answer', () => line.text().endsWith('</methodResponse>\n'));
      expect(line.text()).toMatch(/^HTTP\/1\.1 200 /);
      line.socket.write(request);
      await eventually(
        'another on the same connection',
        () => line.text().split('</methodResponse>').length === 3,
      );
    }
  });

  it('by HTTP/1.0 ends the connection', async () => {
    const { unix } = await start();
    const line = await dial(unix);
    line.socket.write(
      `POST /RPC2 HTTP/1.0\r\nContent-Type: text/xml\r\nContent-Length: ${CALL.length}\r\n\r\n${CALL}`,
    );
    await line.closed;
    expect(line.text()).toMatch(/^HTTP\/1\.[01] 200 .*<\/methodResponse>/s);
  });

  it.each(['100000000', '1e9', '-1', '99999999999999999999'])('of %s bytes is cut off', async (length) => {
    const { unix } = await start();
    const line = await dial(unix);
    line.socket.write(
      `POST /RPC2 HTTP/1.1\r\nHost: x\r\nContent-Type: text/xml\r\nContent-Length: ${length}\r\n\r\n`,
    );
    line.socket.on('drain', () => line.socket.write('x'.repeat(65_536)));
    line.socket.write('x'.repeat(65_536));
    await line.closed;
    expect(line.socket.bytesWritten).toBeLessThan(20_000_000);
    expect((await post(unix, CALL)).status).toBe(200);
  });

  it('is an exact name in a table', async () => {
    const { unix } = await start();
    const names = [
      'getState',
      'supervisor',
      'supervisor.',
      '.getState',
      'supervisor.getState.x',
      'a.supervisor.getState',
    ];
    const inherited = [
      'supervisor.constructor',
      'supervisor.__proto__',
      'supervisor.toString',
      'system.hasOwnProperty',
    ];
    for (const name of [
      ...names,
      ...inherited,
      'supervisor.supervisor.options.execve',
      'Supervisor.getState',
    ])
      await expect(rpc(unix, name.includes('.') ? name : `${name}.`), name).rejects.toMatchObject({
        code: 1,
        message: 'UNKNOWN_METHOD',
      });
  });
});

describe('a password', () => {
  it('is asked for on every path', async () => {
    const { tcp } = await startOnPort(`username=user\npassword=${PASSWORD}`);
    for (const path of ['/', '/RPC2', '/mainlogtail', '/logtail/a', '/nothing']) {
      const answer = await ask(tcp, { path });
      expect(answer.status).toBe(401);
      expect(answer.headers['www-authenticate']).toBe('Basic realm="default"');
    }
    expect((await post(tcp, CALL)).status).toBe(401);
    expect((await post(tcp, CALL, basic('user', PASSWORD))).status).toBe(200);
  });

  it('that is wrong is refused, and told in the log', async () => {
    const { tcp, supervised } = await startOnPort(`username=user\npassword=${PASSWORD}`);
    const wrong = [
      basic('user', 'pa'),
      basic('user', ''),
      basic('User', PASSWORD),
      basic('', PASSWORD),
      { Authorization: 'Basic' },
      { Authorization: 'Basic ***' },
      { Authorization: `Bearer ${PASSWORD}` },
      { Authorization: `Basic ${Buffer.from('user').toString('base64')}` },
    ];
    for (const headers of wrong) expect((await post(tcp, CALL, headers)).status).toBe(401);
    await eventually('the log', () =>
      /refused a request of 127\.0\.0\.1: wrong name or password/.test(supervised.mainLog),
    );
  });

  it('may be given as its SHA-1', async () => {
    // Of `password`.
    const hash = '5BAA61E4C9B93F3F0682250B6CF8331B7EE68FD8';
    const { tcp } = await startOnPort(`username=user\npassword=${SHA}${hash}`);
    expect((await post(tcp, CALL, basic('user', 'password'))).status).toBe(200);
    expect((await post(tcp, CALL, basic('user', 'Password'))).status).toBe(401);
    expect((await post(tcp, CALL, basic('user', `${SHA}${hash}`))).status).toBe(401);
    expect((await post(tcp, CALL, basic('user', hash))).status).toBe(401);
  });
});

describe('a browser', () => {
  it('with a page of another site is no hand of it', async () => {
    const { tcp, port, supervised } = await startOnPort('allowed_hosts=proxy.example.org');
    const here = `127.0.0.1:${port}`;
    const foreign: Record<string, string>[] = [
      { Origin: 'http://evil.example.org' },
      { Origin: 'null' },
      { Origin: `http://127.0.0.1:${port + 1}` },
      { Origin: `https://${here}.evil.example.org` },
      { Origin: '' },
      { 'Sec-Fetch-Site': 'cross-site' },
      { 'Sec-Fetch-Site': 'same-site' },
      { Host: 'evil.example.org' },
      { Host: `evil.example.org:${port}`, Origin: `http://evil.example.org:${port}` },
    ];
    for (const headers of foreign)
      for (const path of ['/RPC2', '/mainlogtail', '/'])
        expect((await ask(tcp, { path, headers })).status, JSON.stringify(headers)).toBe(403);
    const own: Record<string, string>[] = [
      {},
      { Origin: `http://${here}` },
      { Origin: `http://${here}`, 'Sec-Fetch-Site': 'same-origin' },
      { 'Sec-Fetch-Site': 'none' },
      { Host: 'localhost' },
      { Host: `[::1]:${port}` },
      { Host: 'proxy.example.org' },
      { Host: here, Origin: 'https://proxy.example.org' },
    ];
    for (const headers of own)
      expect((await post(tcp, CALL, headers)).status, JSON.stringify(headers)).toBe(200);
    await eventually('the log', () => /refused .* another site/.test(supervised.mainLog));
    await eventually('the log', () => /refused .* Host is not ours/.test(supervised.mainLog));
  });

  it('behind a proxy with a password may have any Host', async () => {
    const { tcp } = await startOnPort('username=user\npassword=pass');
    const headers = { ...basic('user', 'pass'), Host: 'anything.example.org' };
    expect((await post(tcp, CALL, headers)).status).toBe(200);
    expect((await post(tcp, CALL, { ...headers, Origin: 'https://evil.example.org' })).status).toBe(403);
    expect((await post(tcp, CALL, { ...headers, Origin: 'http://anything.example.org' })).status).toBe(200);
  });
});

describe('a method of HTTP', () => {
  it('that is not for a path is refused, and HEAD has an end everywhere', async () => {
    const { unix } = await start();
    const paths: [string, Record<string, number>][] = [
      ['/RPC2', { GET: 400, HEAD: 400, PUT: 400, OPTIONS: 400, DELETE: 400, TRACE: 400 }],
      ['/logtail/a', { HEAD: 200, POST: 400, PUT: 400, OPTIONS: 400, DELETE: 400 }],
      ['/mainlogtail', { HEAD: 200, POST: 400, PUT: 400, OPTIONS: 400 }],
      ['/metrics', { GET: 200, HEAD: 200, POST: 405, PUT: 405, OPTIONS: 405 }],
      ['/health', { GET: 200, HEAD: 200, POST: 405, PUT: 405, OPTIONS: 405 }],
      ['/nothing', { GET: 404, HEAD: 404, POST: 404, PUT: 404, OPTIONS: 404, TRACE: 404 }],
      ['*', { OPTIONS: 404 }],
    ];
    for (const [path, statuses] of paths)
      for (const [method, status] of Object.entries(statuses)) {
        const { socket, text, closed } = await dial(unix);
        const head = `${method} ${path} HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\nConnection: close`;
        socket.write(`${head}\r\n\r\n`);
        await closed;
        expect(text(), head).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
        if (method === 'HEAD') expect(text(), head).toMatch(/\r\n\r\n$/);
        if (status === 400 || status === 405) expect(text()).toMatch(/\r\nAllow: (?:POST|GET, HEAD)\r\n/);
      }
  });

  it('that makes a proxy of it, or something else than HTTP, ends the connection', async () => {
    const { unix } = await start();
    for (const request of [
      'CONNECT example.org:22 HTTP/1.1\r\nHost: x\r\n\r\n',
      'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
    ]) {
      const { socket, closed } = await dial(unix);
      socket.write(request);
      await closed;
    }
    const upgrade = { Connection: 'Upgrade', Upgrade: 'websocket' };
    expect((await post(unix, CALL, upgrade)).status).toBe(200);
  });
});

describe('one connection', () => {
  it('takes thousands of requests, one after the other, and some ahead', async () => {
    const { unix, supervised } = await start();
    const line = await dial(unix);
    const request = `POST /RPC2 HTTP/1.1\r\nContent-Type: text/xml\r\nContent-Length: ${CALL.length}\r\n\r\n${CALL}`;
    const answers = () => line.text().split('</methodResponse>').length - 1;
    for (let round = 1; round <= 20; round++) {
      line.socket.write(request.repeat(100));
      await eventually('a hundred answers', () => answers() === round * 100);
    }
    expect(line.text().match(/HTTP\/1\.1 200 OK/g)).toHaveLength(2000);
    expect(descriptors(supervised.supervisor as number).size).toBeLessThan(100);
  });
});

describe('another user', () => {
  const noCurl = isRoot ? missing('curl') : 'needs root';
  it.skipIf(noCurl)(
    `who may open the socket needs the password, and the log says who had a wrong one, not endlessly${because(noCurl)}`,
    async () => {
      const at = scratch();
      const file = at.file('s.sock');
      const section = `[unix_http_server]\nfile=${file}\nchmod=0777\nusername=user\npassword=right`;
      const supervised = await supervise(at, `${section}\n[program:a]\ncommand=sleep 1000\nstartsecs=0`);
      const curl = (...words: string[]) =>
        run('curl', ['-s', '-o', '/dev/null', '-w', '%{http_code}', '--unix-socket', file, ...words], {
          ...STRANGER,
          cwd: '/',
        });
      const url = 'http://localhost/health';
      expect((await curl(url)).stdout).toBe('401');
      expect(supervised.mainLog).not.toContain('refused a request');
      expect((await curl('-u', 'user:wrong', url)).stdout).toBe('401');
      expect((await curl('-u', 'user:right', url)).stdout).toBe('200');
      const { Authorization } = basic('user', 'wrong');
      const line = await dial({ socketPath: file });
      line.socket.write(`GET /health HTTP/1.1\r\nAuthorization: ${Authorization}\r\n\r\n`.repeat(200));
      await eventually('the refusals', () => line.text().match(/ 401 Unauthorized/g)?.length === 200);
      const refused = () =>
        supervised.mainLog.match(
          /unix:\/\/\S+: refused a request of a local user: wrong name or password/g,
        ) ?? [];
      await eventually('the log', () => refused().length >= 20);
      expect(refused().length).toBeLessThan(60);
    },
  );
});

describe('many clients', () => {
  it('are served, and nothing is left of them', async () => {
    const { unix, supervised } = await start();
    const pid = supervised.supervisor as number;
    await post(unix, CALL);
    const before = descriptors(pid).size;
    const lines = await Promise.all(Array.from({ length: 1000 }, () => dial(unix)));
    expect((await post(unix, CALL)).status).toBe(200);
    const request = `POST /RPC2 HTTP/1.1\r\nContent-Type: text/xml\r\nContent-Length: ${CALL.length}\r\n\r\n${CALL}`;
    for (const { socket } of lines) socket.write(request);
    await eventually(
      'answers',
      () => lines.filter((line) => line.text().includes('RUNNING')).length === 1000,
    );
    for (const { socket } of lines) socket.destroy();
    await eventually('their end', () => descriptors(pid).size <= before);
  });

  it('that are slow are cut off, and others are not', async () => {
    const { unix } = await start();
    const idle = await dial(unix);
    idle.socket.write(
      `POST /RPC2 HTTP/1.1\r\nContent-Type: text/xml\r\nContent-Length: ${CALL.length}\r\n\r\n${CALL}`,
    );
    await eventually('an answer', () => idle.text().includes('RUNNING'));
    const loris = await Promise.all(Array.from({ length: 50 }, () => dial(unix)));
    const drips = setInterval(() => {
      for (const { socket } of loris) socket.write('X-a: b\r\n');
    }, 500);
    for (const { socket } of loris) socket.write('POST /RPC2 HTTP/1.1\r\n');
    const mute = await dial(unix);
    try {
      await Promise.all(loris.map(({ closed }) => closed));
      await mute.closed;
    } finally {
      clearInterval(drips);
    }
    expect(idle.socket.closed).toBe(false);
    expect((await post(unix, CALL)).status).toBe(200);
  });
});

describe('without [rpcinterface:supervisor]', () => {
  it('there are the methods of system only', async () => {
    const at = scratch();
    const file = at.file('s.sock');
    at.write(
      'supervisord.conf',
      `[supervisord]
logfile=${at.file('supervisord.log')}
pidfile=${at.file('supervisord.pid')}
childlogdir=${at.directory}
[unix_http_server]
file=${file}
`,
    );
    const supervised = supervisedLater(at);
    expect(await superviseCommand(at)).toMatchObject({ status: 0 });
    const unix = { socketPath: file };
    const system = ['listMethods', 'methodHelp', 'methodSignature', 'multicall'].map(
      (name) => `system.${name}`,
    );
    expect(await rpc(unix, 'system.listMethods')).toEqual(system);
    await expect(rpc(unix, 'getState')).rejects.toMatchObject({ message: 'UNKNOWN_METHOD' });
    await supervised.shutdown();
    expect(fs.existsSync(file)).toBe(false);
  });
});
