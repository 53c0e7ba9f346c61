/** What the web page's server answers to whom, without a browser. */
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { ask, basic } from '../../helpers/control';
import { eventually } from '../../helpers/eventually';
import { act, listen, sleeper, tokenOf, webPage } from '../../helpers/web_page';

const FILES = ['/', '/index.html', '/tail.html', '/ok.html', '/page.css', '/page.js', '/icon.svg'];

describe('the files of the page', () => {
  it('may do nothing but what they need, in nobody’s frame', async () => {
    const { tcp } = await webPage(sleeper('a'));
    for (const path of FILES) {
      const { status, headers } = await ask(tcp, { path });
      expect(status, path).toBe(200);
      expect(headers['content-security-policy']).toMatch(
        /^default-src 'none'; script-src 'self'; style-src 'self';/,
      );
      expect(headers['content-security-policy']).toMatch(/base-uri 'none'; frame-ancestors 'none'/);
      expect(headers['content-security-policy']).not.toMatch(/unsafe|http|\*/);
      expect(headers).toMatchObject({
        'x-content-type-options': 'nosniff',
        'x-frame-options': 'DENY',
        'referrer-policy': 'no-referrer',
        'cross-origin-resource-policy': 'same-origin',
      });
    }
  });

  it('ask for nothing of anybody else, and nothing by an absolute path', async () => {
    const { tcp } = await webPage(sleeper('a'));
    const { body } = await ask(tcp);
    const addresses = [...body.matchAll(/(?:src|href)="([^"]*)"/g)].map(([, address]) => address);
    expect(addresses).toContain('page.js');
    expect(addresses.filter((address) => /^(?:\/|[a-z]+:)/.test(address ?? ''))).toEqual([]);
    expect(body).not.toMatch(/<script(?! src)|<style|\son\w+=|style=/);
    const script = (await ask(tcp, { path: '/page.js' })).body;
    expect(script).not.toMatch(/innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\b/);
    expect([...script.matchAll(/https?:\/\/[^"'`\s]+/g)].map(String)).toEqual(['http://www.w3.org/2000/svg']);
  });

  it('are sent compressed to who can read that, and not again to who has them', async () => {
    const { port, tcp } = await webPage(sleeper('a'));
    const plain = await ask(tcp, { path: '/page.js' });
    expect(plain.headers['content-encoding']).toBeUndefined();
    const packed = execFileSync('curl', [
      '-s',
      '-H',
      'Accept-Encoding: gzip',
      `http://127.0.0.1:${port}/page.js`,
    ]);
    expect(gunzipSync(packed).toString()).toBe(plain.body);
    expect((await ask(tcp, { path: '/page.js', headers: { 'Accept-Encoding': 'gzip;q=0' } })).body).toBe(
      plain.body,
    );
    const { etag = '' } = plain.headers;
    expect(await ask(tcp, { path: '/page.js', headers: { 'If-None-Match': `W/${etag}` } })).toMatchObject({
      status: 304,
      body: '',
    });
    expect(await ask(tcp, { path: '/page.js', method: 'HEAD' })).toMatchObject({ status: 200, body: '' });
  });

  it('need the password like everything else', async () => {
    const { tcp, supervised } = await webPage(sleeper('a'), 'username=user\npassword=pass');
    for (const path of [...FILES, '/events', '/act']) {
      const { status, headers } = await ask(tcp, { path });
      expect(status, path).toBe(401);
      expect(headers['www-authenticate']).toBe('Basic realm="default"');
      expect((await ask(tcp, { path, headers: basic('user', 'Pass') })).status).toBe(401);
    }
    expect((await ask(tcp, { headers: basic('user', 'pass') })).status).toBe(200);
    await eventually('the log', () => /refused .*: wrong name or password/.test(supervised.mainLog));
  });
});

describe('an action', () => {
  it('is nothing that a GET could do, as supervisord’s are', async () => {
    const page = await webPage(sleeper('a'));
    const before = await page.supervised.of('a');
    for (const path of [
      '/?action=stopall',
      '/index.html?processname=a&action=stop',
      '/tail.html?processname=a&action=clearlog',
    ])
      expect((await ask(page.tcp, { path })).status).toBe(200);
    expect(await page.supervised.of('a')).toEqual(before);
    for (const path of FILES) {
      const posted = await ask(page.tcp, { path, method: 'POST', headers: { 'Content-Length': '0' } });
      expect(posted).toMatchObject({ status: 405, headers: { allow: 'GET, HEAD' } });
    }
    for (const method of ['GET', 'HEAD', 'PUT', 'DELETE'])
      expect(await ask(page.tcp, { path: '/act', method })).toMatchObject({
        status: 405,
        headers: { allow: 'POST' },
      });
    expect(
      await ask(page.tcp, { path: '/events', method: 'POST', headers: { 'Content-Length': '0' } }),
    ).toMatchObject({
      status: 405,
    });
  });

  it('needs the token that a page has got from its stream', async () => {
    const page = await webPage(sleeper('a'));
    const token = await tokenOf(page);
    const request = { token, id: '1', action: 'stop', target: 'a:a' };
    const wrong = [
      { ...request, token: '' },
      { ...request, token: `${token.slice(1)}A` },
      { ...request, token: `${token}A` },
    ];
    for (const each of wrong) expect((await act(page.tcp, each)).status).toBe(403);
    expect(await page.supervised.of('a')).toMatchObject({ state: 'RUNNING' });
    await eventually('the log', () =>
      /refused an action of 127\.0\.0\.1: .* token/.test(page.supervised.mainLog),
    );
    expect((await act(page.tcp, request)).status).toBe(202);
    await page.supervised.reaches('a', 'STOPPED');
    await eventually('who it was, in the log', () =>
      /127\.0\.0\.1 asks to stop a:a/.test(page.supervised.mainLog),
    );
  });

  it('of another shape is answered by what is wrong with it', async () => {
    const page = await webPage(sleeper('a'));
    const token = await tokenOf(page);
    const request = { token, id: '1', action: 'stop', target: 'a:a' };
    expect((await act(page.tcp, request, { 'Content-Type': 'text/plain' })).status).toBe(415);
    expect(
      (await act(page.tcp, request, { 'Content-Type': 'application/x-www-form-urlencoded' })).status,
    ).toBe(415);
    expect((await act(page.tcp, request, { Origin: 'http://evil.example.org' })).status).toBe(403);
    expect((await act(page.tcp, request, { 'Sec-Fetch-Site': 'same-site' })).status).toBe(403);
    const bodies = [
      '',
      'null',
      '[]',
      '{',
      '"x"',
      { token },
      { ...request, action: 'shutdown' },
      { ...request, action: 'constructor' },
    ];
    for (const body of [...bodies, { ...request, id: 'x'.repeat(65) }, { ...request, target: 1 }])
      expect((await act(page.tcp, body)).status, JSON.stringify(body)).toBe(400);
    expect((await act(page.tcp, { ...request, target: 'x'.repeat(5000) })).status).toBe(413);
    const chunked = { 'Content-Type': 'application/json', 'Transfer-Encoding': 'chunked' };
    expect((await ask(page.tcp, { method: 'POST', path: '/act', headers: chunked, body: '{}' })).status).toBe(
      411,
    );
    expect(await page.supervised.of('a')).toMatchObject({ state: 'RUNNING' });
  });

  it('on what is not there, or cannot be, is told as failed', async () => {
    const page = await webPage(`${sleeper('a')}[program:bad]\ncommand=/nowhere/x\nautostart=false\n`);
    const { tcp } = page;
    const token = await tokenOf(page);
    const { events } = await listen(tcp);
    const outcome = async (action: string, target: string) => {
      const id = `${action} ${target}`;
      expect((await act(tcp, { token, id, action, target })).status).toBe(202);
      return eventually(id, () =>
        (events('outcome') as { id: string; failures: unknown[] }[]).find((each) => each.id === id),
      );
    };
    expect(await outcome('stop', 'nope')).toMatchObject({
      done: 0,
      failures: [{ name: 'nope', message: 'there is no such program any more' }],
    });
    expect(await outcome('start', 'a:a')).toMatchObject({
      failures: [{ name: 'a', message: 'it is running already' }],
    });
    expect(await outcome('start', 'bad:bad')).toMatchObject({
      failures: [{ name: 'bad', message: expect.stringMatching(/nowhere/) }],
    });
    expect(await outcome('rolling-restart', 'a:a')).toMatchObject({
      failures: [{ message: expect.stringMatching(/sockets/) }],
    });
    expect(await outcome('restart', '*')).toMatchObject({ done: 1, failures: [{ name: 'bad' }] });
  });

  it('needs [rpcinterface:supervisor], as clients do', async () => {
    const page = await webPage(sleeper('a'));
    const config = fs.readFileSync(page.supervised.configFile, 'utf8').replace(/\[rpcinterface.*\n.*\n/, '');
    fs.writeFileSync(page.supervised.configFile, config);
    const former = page.supervised.supervisor;
    await page.supervised.ask('restart');
    await eventually('another supervisor', () => page.supervised.supervisor !== former);
    await page.supervised.reaches('a', 'RUNNING');
    const token = await tokenOf(page);
    const { events } = await listen(page.tcp);
    expect(events('hello')[0]).toMatchObject({ canAct: false });
    expect((await act(page.tcp, { token, id: '1', action: 'stop', target: 'a:a' })).status).toBe(202);
    const told = await eventually('how it went', () => events('outcome')[0]);
    expect(told).toMatchObject({ failures: [{ message: expect.stringMatching(/rpcinterface/) }] });
  });
});
