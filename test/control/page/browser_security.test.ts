/** Who may do what with a browser: other sites, other names, wrong passwords, proxies; and a supervisor that is killed meanwhile. */
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import http from 'node:http';
import { describe, expect, it, onTestFinished } from 'vitest';
import { live, noChromium, press, rowOf, sharedBrowser, shows } from '../../helpers/browser';
import { selfSigned } from '../../helpers/certificates';
import { eventually } from '../../helpers/eventually';
import { because, missing } from '../../helpers/needs';
import { freePort, listens } from '../../helpers/port';
import { childrenOf } from '../../helpers/procfs';
import { endLater, type Scratch } from '../../helpers/scratch';
import { nginx } from '../../helpers/servers';
import { sleeper, tokenOf, webPage } from '../../helpers/web_page';

/** Another site. @returns its port */
async function site(document: string): Promise<number> {
  const server = http.createServer((_, response) =>
    response.setHeader('Content-Type', 'text/html').end(document),
  );
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return (server.address() as { port: number }).port;
}

/** nginx(8) before the supervisor, with TLS and a prefix. @returns its address */
async function proxied(at: Scratch, port: number, headers: string): Promise<string> {
  const front = await freePort();
  const { file, key } = selfSigned(at);
  const location = `ssl_certificate ${file}; ssl_certificate_key ${key};
    location /ops/supervisor/ { proxy_pass http://127.0.0.1:${port}/; proxy_http_version 1.1; ${headers} }`;
  const [command = '', ...args] = nginx(at, front, location, 'ssl');
  const pid = endLater(spawn(command, args, { stdio: 'ignore' }).pid as number);
  await eventually(
    'nginx listens',
    () => listens(pid, front) || childrenOf(pid).some((each) => listens(each, front)),
  );
  return `https://panel.example.org:${front}/ops/supervisor/`;
}

describe.skipIf(noChromium())(`a browser${because(noChromium())}`, () => {
  const browser = sharedBrowser();

  it('with a wrong password sees nothing, with the right one all', async () => {
    const { url, supervised } = await webPage(sleeper('web'), 'username=user\npassword=pass');
    const wrong = await browser.page({ httpCredentials: { username: 'user', password: 'guess' } });
    expect((await wrong.goto(url))?.status()).toBe(401);
    expect(await wrong.content()).not.toContain('page.js');
    await eventually('the log', () => /refused .*: wrong name or password/.test(supervised.mainLog));
    const right = await browser.page({ httpCredentials: { username: 'user', password: 'pass' } });
    await right.goto(url);
    await shows(right, 'web', 'RUNNING');
    await press(right, 'Stop web');
    await shows(right, 'web', 'STOPPED');
  });

  it('in which a page of another site acts, is refused, with a form and with a script', async () => {
    const page = await webPage(sleeper('web'));
    const { url, port, supervised } = page;
    // Even one that has come by a token.
    const token = await tokenOf(page);
    const call = '<methodCall><methodName>supervisor.stopAllProcesses</methodName></methodCall>';
    const action = JSON.stringify({ token, id: 'x', action: 'stop', target: '*' });
    const form = (path: string, text: string) =>
      `<form id="${path}" method="post" enctype="text/plain" target="_blank" action="${url}${path}"><input name='${text.slice(0, 5)}' value='${text.slice(5)}'></form>`;
    const evil =
      await site(`<!doctype html>${form('act', action)}${form('RPC2', call.replaceAll('<', '&lt;'))}
      <iframe src="${url}"></iframe>`);
    // Of another site, and of the same one on another port.
    for (const host of ['evil.example.org', '127.0.0.1']) {
      const other = await browser.page();
      await other.goto(`http://${host}:${evil}/`);
      for (const path of ['act', 'RPC2']) {
        const opened = other.waitForEvent('popup');
        await other.evaluate((id) => (document.getElementById(id) as HTMLFormElement).submit(), path);
        const answer = await opened;
        await answer.waitForLoadState();
        expect(await answer.textContent('body')).toBe('Forbidden\n');
      }
      const outcome = (path: string, body: string, mode: RequestMode) =>
        other.evaluate(
          ([address, text, how]) =>
            fetch(address as string, { method: 'POST', mode: how as RequestMode, body: text as string }).then(
              (response) => response.type,
              () => 'failed',
            ),
          [`${url}${path}`, body, mode] as const,
        );
      for (const path of ['act', 'RPC2'])
        for (const mode of ['no-cors', 'cors'] as const)
          expect(['opaque', 'failed']).toContain(await outcome(path, path === 'act' ? action : call, mode));
      const heard = await other.evaluate(
        (address) =>
          new Promise((resolve) => {
            const source = new EventSource(address);
            source.onerror = () => resolve('nothing');
            source.addEventListener('hello', () => resolve('hello'));
          }),
        `${url}events`,
      );
      expect(heard).toBe('nothing');
      const frame = other.frames().find((each) => each !== other.mainFrame());
      expect(await frame?.locator('#table').count()).toBe(0);
    }
    expect(await supervised.of('web')).toMatchObject({ state: 'RUNNING' });
    await eventually(
      'the log',
      () => (supervised.mainLog.match(/refused a request of .* another site/g) ?? []).length >= 8,
    );
    expect(port).toBeGreaterThan(0);
  });

  it('that was led here by a foreign name is refused, without a password', async () => {
    const { port, supervised } = await webPage(sleeper('web'), 'allowed_hosts=panel.example.org');
    const page = await browser.page();
    expect((await page.goto(`http://evil.example.org:${port}/`))?.status()).toBe(403);
    await eventually('the log', () => /Host is not ours/.test(supervised.mainLog));
    expect((await page.goto(`http://panel.example.org:${port}/`))?.status()).toBe(200);
    await press(page, 'Stop web');
    await shows(page, 'web', 'STOPPED');
  });

  it('has its page right again after the supervisor was killed, with whatever was shown', async () => {
    const { url, supervised, at } = await webPage(
      (directory) =>
        `${sleeper('web')}[program:cat]\ncommand=cat\nstartsecs=0\nstdout_logfile=${directory.file('cat.log')}\n`,
    );
    const [programs, log] = await Promise.all([browser.page(), browser.page()]);
    await programs.goto(url);
    await log.goto(`${url}tail.html?processname=cat`);
    await shows(programs, 'web', 'RUNNING');
    fs.appendFileSync(at.file('cat.log'), 'before\n');
    await log.locator('.line', { hasText: 'before' }).waitFor();
    const { pid } = await supervised.of('web');
    const former = supervised.supervisor as number;
    process.kill(former, 'SIGKILL');
    process.kill(pid, 'SIGKILL');
    fs.appendFileSync(at.file('cat.log'), 'meanwhile\n');
    await eventually('another supervisor', () => supervised.supervisor !== former && supervised.supervisor);
    const next = await supervised.until(
      'web',
      'is another',
      (shown) => shown.pid !== pid && shown.state === 'RUNNING',
    );
    await rowOf(programs, 'web')
      .locator('.pid', { hasText: String(next.pid) })
      .waitFor();
    // With the token of the new one.
    await press(programs, 'Stop web');
    await shows(programs, 'web', 'STOPPED');
    await log.locator('.line', { hasText: 'meanwhile' }).waitFor();
    fs.appendFileSync(at.file('cat.log'), 'after\n');
    await log.locator('.line', { hasText: 'after' }).waitFor();
    expect(await log.locator('.line', { hasText: 'before' }).count()).toBe(1);
    // And after another has taken over in order.
    const second = supervised.supervisor as number;
    await supervised.ask('handover');
    await eventually('a successor', () => supervised.supervisor !== second && supervised.supervisor);
    await supervised.reaches('web', 'STOPPED');
    await press(programs, 'Start web');
    await shows(programs, 'web', 'RUNNING');
    fs.appendFileSync(at.file('cat.log'), 'at last\n');
    await log.locator('.line', { hasText: 'at last' }).waitFor();
  });

  it('is told when the supervisor ends, and that nobody answers then', async () => {
    const { url, supervised } = await webPage(sleeper('web'));
    const page = await browser.page();
    await page.goto(url);
    await shows(page, 'web', 'RUNNING');
    await supervised.shutdown();
    await page.locator('#banner', { hasText: 'Connection lost' }).waitFor();
    await page.locator('#banner', { hasText: 'does not answer' }).waitFor();
    await press(page, 'Start web');
    await page.getByRole('alert').filter({ hasText: 'does not answer' }).waitFor();
  });

  describe.skipIf(missing('nginx', 'openssl'))(
    `behind nginx, with TLS and a prefix${because(missing('nginx', 'openssl'))}`,
    () => {
      it.each([
        [
          'that passes the Host on, with a password',
          'proxy_set_header Host $http_host;',
          'username=user\npassword=pass',
        ],
        [
          'that passes the Host on, named in allowed_hosts',
          'proxy_set_header Host $http_host;',
          'allowed_hosts=panel.example.org',
        ],
        ['that does not, named in allowed_hosts', '', 'allowed_hosts=panel.example.org'],
      ])('%s, works', async (_, headers, server) => {
        const { at, port, supervised } = await webPage(sleeper('web'), server);
        const url = await proxied(at, port, headers);
        const page = await browser.page({
          ignoreHTTPSErrors: true,
          ...(server.startsWith('username') && { httpCredentials: { username: 'user', password: 'pass' } }),
        });
        await page.goto(url);
        await shows(page, 'web', 'RUNNING');
        const { pid } = await supervised.of('web');
        // Events come at once: nothing in between keeps them.
        process.kill(pid, 'SIGKILL');
        const next = await supervised.until(
          'web',
          'is another',
          (shown) => shown.pid !== pid && shown.pid !== 0,
        );
        await rowOf(page, 'web')
          .locator('.pid', { hasText: String(next.pid) })
          .waitFor();
        await press(page, 'Stop web');
        await shows(page, 'web', 'STOPPED');
        await page.getByRole('link', { name: 'web', exact: true }).click();
        await page.getByRole('heading', { name: 'web' }).waitFor();
        await page.reload();
        await live(page);
        await page.getByRole('link', { name: 'All programs' }).click();
        await shows(page, 'web', 'STOPPED');
        expect(page.url()).toBe(url);
      });

      it('that the supervisor does not know, can look, and not act', async () => {
        const { at, port, supervised } = await webPage(sleeper('web'));
        const page = await browser.page({ ignoreHTTPSErrors: true });
        await page.goto(await proxied(at, port, ''));
        await shows(page, 'web', 'RUNNING');
        await press(page, 'Stop web');
        await page.getByRole('alert').filter({ hasText: 'allowed_hosts' }).waitFor();
        expect(await supervised.of('web')).toMatchObject({ state: 'RUNNING' });
      });
    },
  );
});
