/** Where a client looks for a supervisor, and what it takes from one that means no good. */
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { ConnectionFailure, HttpFailure, RpcFault } from '../../src/control/client/failures';
import { RpcClient } from '../../src/control/client/rpc_client';
import { parseServerUrl } from '../../src/control/client/server_url';
import { encodeFault, encodeResponse } from '../../src/control/encode';
import { selfSigned } from '../helpers/certificates';
import { missing } from '../helpers/needs';
import { scratch } from '../helpers/scratch';
import { tdaemon } from '../helpers/tdaemon';

const OPENSSL = missing('openssl');

describe('a URL of a supervisor', () => {
  it.each([
    ['unix:///run/s.sock', { to: { socketPath: '/run/s.sock' }, isSecure: false, prefix: '' }],
    ['http://localhost:9001', { to: { host: 'localhost', port: 9001 }, isSecure: false, prefix: '' }],
    ['http://127.0.0.1', { to: { host: '127.0.0.1', port: 80 } }],
    ['http://[::1]:9001/', { to: { host: '::1', port: 9001 }, host: '[::1]:9001', prefix: '' }],
    [
      'https://example.org/supervisor/',
      { to: { host: 'example.org', port: 443 }, isSecure: true, prefix: '/supervisor' },
    ],
    ['http://localhost:9001/RPC2', { prefix: '' }],
  ])('%s', (url, parts) => {
    expect(parseServerUrl(url)).toMatchObject({ url, ...parts });
  });

  it.each(['', 'nonsense', 'unix://', 'ftp://x', 'http://', 'http://u:p@x', 'http://x:99999', '/run/s.sock'])(
    'not %j',
    (url) => {
      expect(() => parseServerUrl(url)).toThrow(/./);
    },
  );
});

async function answering(document: string | undefined, status = 200): Promise<string> {
  const server = createServer((request, response) => {
    request.resume().on('end', () => {
      if (document === undefined) response.destroy();
      else response.writeHead(status, { 'Content-Type': 'text/xml' }).end(document);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close().closeAllConnections());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

describe('a client', () => {
  it('tells faults, refusals and broken connections apart', async () => {
    const call = async (document: string | undefined, status?: number) => {
      const client = new RpcClient(parseServerUrl(await answering(document, status)));
      onTestFinished(() => client.close());
      return client.call('supervisor.getState');
    };
    expect(await call(encodeResponse({ statecode: 1 }))).toEqual({ statecode: 1 });
    await expect(call(encodeFault(10, 'BAD_NAME: x'))).rejects.toMatchObject(new RpcFault(10, 'BAD_NAME: x'));
    await expect(call(encodeResponse(''), 503)).rejects.toThrow(HttpFailure);
    await expect(call(undefined)).rejects.toThrow(ConnectionFailure);
    await expect(call('<methodResponse>')).rejects.toThrow(/./);
    await expect(call(encodeResponse(1).replace('int', 'nonsense'))).rejects.toThrow(/nonsense/);
  });

  it.skipIf(OPENSSL)(
    `trusts no certificate that nobody vouches for${OPENSSL ? ` (${OPENSSL})` : ''}`,
    async () => {
      const at = scratch();
      const { file, key } = selfSigned(at);
      const server = createSecureServer({ cert: readFileSync(file), key: readFileSync(key) }, (_, response) =>
        response.end(encodeResponse('3.0')),
      );
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      onTestFinished(() => void server.close().closeAllConnections());
      const url = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
      expect(await tdaemon(['ctl', '-s', url, 'start', 'a'])).toMatchObject({
        status: 1,
        stdout: `error: ${url}: self-signed certificate\n`,
      });
    },
  );

  it('gives up when it is told to', async () => {
    const silent = createServer(() => undefined);
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void silent.close().closeAllConnections());
    const { port } = silent.address() as AddressInfo;
    const client = new RpcClient(parseServerUrl(`http://127.0.0.1:${port}`));
    const given = new AbortController();
    const call = client.call('supervisor.getState', [], { signal: given.signal });
    given.abort();
    await expect(call).rejects.toThrow(/abort/i);
    await expect(client.call('x', [], { signal: given.signal })).rejects.toThrow(/abort/i);
  });

  it('shows no name of a hostile server as a command of the terminal', async () => {
    const evil = '\u009b31m\u202eevil\r\n\u2028';
    const info = {
      ...{ name: evil, group: evil, statename: evil, description: evil, spawnerr: evil },
      ...{ state: 20, pid: 1, start: 1, now: 2 },
    };
    const document = encodeResponse([info]);
    const server = createServer((request, response) => {
      let body = '';
      request.setEncoding('utf8').on('data', (text: string) => {
        body += text;
      });
      request.on('end', () => response.end(body.includes('getVersion') ? encodeResponse('3.0') : document));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void server.close().closeAllConnections());
    const { port } = server.address() as AddressInfo;
    const { stdout, status } = await tdaemon(['ctl', '-s', `http://127.0.0.1:${port}`, 'status']);
    expect(status).toBe(0);
    expect(stdout).toContain('\\x9b31m\\u202eevil\\x0d\\n\\u2028');
    expect(stdout.split('\n').length).toBe(2);
    expect(stdout.replace('\n', '')).not.toMatch(/[\p{Cc}\u2028-\u202e]/u);
  });
});
