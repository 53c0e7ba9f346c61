/** --ready http://… and https://…: the daemon answers with 2xx or 3xx. */
import fs from 'node:fs';
import { describe, expect, it } from 'vitest';
import { selfSigned } from '../helpers/certificates';
import { because, missing } from '../helpers/needs';
import { fixture } from '../helpers/paths';
import { freePort, listens } from '../helpers/port';
import { type Scratch, scratch } from '../helpers/scratch';
import { httpServer, nginx, nodeServer } from '../helpers/servers';
import { expectBadSpec, expectNotReady, failReady, startReady } from '../helpers/start_ready';

const LISTENER = fixture('listener');
/** For a server that must have begun. */
const LATER = ['--ready-timeout', '4s'];

const noNginx = missing('nginx');
const noOpenssl = missing('openssl');

/** Lines of nginx's access log: one a request that it has answered. */
function requests(at: Scratch): string[] {
  return fs.readFileSync(at.file('access.log'), 'utf8').split('\n').filter(Boolean);
}

describe('http: is ready', () => {
  it.skipIf(noNginx).each(['200', '204', '399'])(
    `at an answer of %s by nginx${because(noNginx)}`,
    async (code) => {
      const at = scratch();
      const port = await freePort();
      const server = nginx(at, port, `location = /health { return ${code}; }`);
      const pid = await startReady(at, `http://127.0.0.1:${port}/health`, server);
      expect(listens(pid, port)).toBe(true);
      const response = await fetch(`http://127.0.0.1:${port}/health`, { redirect: 'manual' });
      expect(response.status).toBe(Number(code));
    },
  );

  it.skipIf(noNginx)(`at a redirect, which is not followed${because(noNginx)}`, async () => {
    const at = scratch();
    const port = await freePort();
    const server = nginx(at, port, 'location = / { return 301 /target; } location = /target { return 500; }');
    await startReady(at, `http://127.0.0.1:${port}`, server);
    expect(requests(at).filter((line) => line.includes('/target'))).toEqual([]);
  });

  it.skipIf(missing('python3'))('when python3 -m http.server does', async () => {
    const at = scratch();
    const port = await freePort();
    const pid = await startReady(at, `http://localhost:${port}/`, httpServer.python(at, port));
    expect(listens(pid, port)).toBe(true);
  });

  it.each(['404', '500', '503'])('not at %s, but when that is over', async (code) => {
    const at = scratch();
    const port = await freePort();
    const body = `response.statusCode = count < 4 ? ${code} : 200; response.end(String(count));`;
    await startReady(at, `http://127.0.0.1:${port}/`, nodeServer(at, port, body));
    expect(await (await fetch(`http://127.0.0.1:${port}/`)).text()).toBe('5');
  });

  it('of a server that answers only after 2 s, which is asked once', async () => {
    const at = scratch();
    const port = await freePort();
    const body = 'setTimeout(() => response.end(String(count)), count === 1 ? 2000 : 0);';
    await startReady(at, `http://127.0.0.1:${port}/`, nodeServer(at, port, body));
    expect(await (await fetch(`http://127.0.0.1:${port}/`)).text()).toBe('2');
  });

  it('before the end of a body that has none', async () => {
    const at = scratch();
    const port = await freePort();
    const body =
      'const more = () => { while (response.write(Buffer.alloc(65536))); response.once("drain", more); };' +
      `response.once('close', () => fs.writeFileSync('${at.file('closed')}', '')); more();`;
    await startReady(at, `http://127.0.0.1:${port}/`, nodeServer(at, port, body));
  });

  it('also if the server resets the connection behind its answer', async () => {
    const at = scratch();
    const port = await freePort();
    const script = `
      const answer = 'HTTP/1.1 200 OK\\r\\nContent-Length: 1000000\\r\\n\\r\\n';
      require('node:net').createServer((socket) => {
        socket.on('error', () => undefined);
        socket.once('data', () => socket.write(answer, () => socket.resetAndDestroy()));
      }).listen(${port}, '127.0.0.1');\n`;
    await startReady(at, `http://127.0.0.1:${port}/`, [process.execPath, at.write('reset.js', script)]);
  });
});

describe('http: is not ready', () => {
  it.each([
    ['HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n', 'status 404'],
    ['HTTP/1.1 500 Internal Server Error\r\nContent-Length: 0\r\n\r\n', 'status 500'],
    ['HTTP/1.1 600 ?\r\n\r\n', 'status 600'],
    ['220 mail.example ESMTP\r\n', 'Parse Error: Expected HTTP/, RTSP/ or ICE/'],
    ['HTTP/1.1 200 OK', 'connection reset'],
  ])('while the answer is %j', async (answer, state) => {
    const port = await freePort();
    const command = [LISTENER, 'self', '127.0.0.1', String(port), answer];
    await expectNotReady(scratch(), `http://127.0.0.1:${port}/`, command, state, LATER);
  });

  it('while there is no answer', async () => {
    const port = await freePort();
    const command = [LISTENER, 'mute', '127.0.0.1', String(port)];
    await expectNotReady(scratch(), `http://127.0.0.1:${port}/`, command, 'no answer', LATER);
  });

  it('while a stranger answers, who is named', async () => {
    const port = await freePort();
    const at = scratch();
    const server = nodeServer(at, port, 'response.end()');
    const stranger = await startReady(at, `tcp:127.0.0.1:${port}`, server);
    const state = `process ${stranger} listens there, not the daemon`;
    await expectNotReady(scratch(), `http://127.0.0.1:${port}/`, ['sleep', '1000'], state);
  });
});

describe.skipIf(noOpenssl || noNginx)(`https${because(noOpenssl, noNginx)}`, () => {
  const server = (at: Scratch, port: number) => {
    const { file, key } = selfSigned(at);
    return nginx(
      at,
      port,
      `location / { return 200; } ssl_certificate ${file}; ssl_certificate_key ${key};`,
      'ssl',
    );
  };

  it('a certificate that nobody knows is refused', async () => {
    const at = scratch();
    const port = await freePort();
    const state = 'self-signed certificate';
    await expectNotReady(at, `https://127.0.0.1:${port}/`, server(at, port), state, LATER);
  });

  it('a certificate of another is refused', async () => {
    const at = scratch();
    const port = await freePort();
    const options = [...LATER, '--ready-ca', selfSigned(at, 'other').file];
    const state = 'self-signed certificate';
    await expectNotReady(at, `https://127.0.0.1:${port}/`, server(at, port), state, options);
  });

  it.each(['127.0.0.1', 'localhost'])('at %s is ready with --ready-ca', async (host) => {
    const at = scratch();
    const port = await freePort();
    const location = ['--ready-ca', 'server.pem'];
    const command = server(at, port);
    const pid = await startReady(at, `https://${host}:${port}/`, command, location, { cwd: at.directory });
    expect(listens(pid, port)).toBe(true);
  });
});

it('--ready-ca names a file that can be read, else nothing is started', async () => {
  const at = scratch();
  const ran = await failReady(at, 'https://127.0.0.1/', ['sleep', '1000'], ['--ready-ca', at.file('none')]);
  expect(ran.status).toBe(125);
  expect(ran.stderr).toBe(`tdaemon: cannot read the certificates '${at.file('none')}' (ENOENT)\n`);
});

it.each(['http:', 'http://', 'https://:80/', 'http://localhost:99999/', 'http://a b/'])(
  '%s is wrong usage',
  (spec) => expectBadSpec(scratch(), spec, `'${spec}' is no`),
);
