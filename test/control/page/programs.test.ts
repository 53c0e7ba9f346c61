/** The table of programs, in a real browser. */
import fs from 'node:fs';
import { describe, expect, it } from 'vitest';
import { noChromium, press, rowOf, sharedBrowser, shows } from '../../helpers/browser';
import { because } from '../../helpers/needs';
import { sleeper, webPage } from '../../helpers/web_page';

const NOT_YET = 'autostart=false';

describe.skipIf(noChromium())(`the page of programs${because(noChromium())}`, () => {
  const browser = sharedBrowser();

  it('starts, stops and restarts a program', async () => {
    const { url, supervised } = await webPage(sleeper('web', NOT_YET));
    const page = await browser.page();
    await page.goto(url);
    await shows(page, 'web', 'STOPPED');
    await press(page, 'Start web');
    await shows(page, 'web', 'RUNNING');
    const { pid } = await supervised.reaches('web', 'RUNNING');
    await rowOf(page, 'web')
      .locator('.pid', { hasText: String(pid) })
      .waitFor();
    await press(page, 'Restart web');
    const { pid: next } = await supervised.until(
      'web',
      'is another',
      (shown) => shown.pid !== pid && shown.pid !== 0,
    );
    await rowOf(page, 'web')
      .locator('.pid', { hasText: String(next) })
      .waitFor();
    await press(page, 'Stop web');
    await shows(page, 'web', 'STOPPED');
    await supervised.reaches('web', 'STOPPED');
  });

  it('acts on a group, and on all after a question', async () => {
    const { url, supervised } = await webPage(
      `${sleeper('a', NOT_YET)}${sleeper('b', NOT_YET)}${sleeper('c', NOT_YET)}[group:g]\nprograms=a,b\n`,
    );
    const page = await browser.page();
    await page.goto(url);
    await press(page, 'Start all of g');
    await page.locator('.toast.good', { hasText: 'Started 2 programs' }).waitFor();
    await shows(page, 'g:a', 'RUNNING');
    await shows(page, 'g:b', 'RUNNING');
    await shows(page, 'c', 'STOPPED');
    await press(page, 'Restart all');
    await press(page, 'Cancel');
    await press(page, 'Restart all');
    await page.getByRole('dialog').getByRole('button', { name: 'Restart', exact: true }).click();
    await page.locator('.toast.good', { hasText: 'Restarted 3 programs' }).waitFor();
    await shows(page, 'c', 'RUNNING');
    await press(page, 'Stop all');
    await page.getByRole('dialog').getByRole('button', { name: 'Stop' }).click();
    for (const name of ['g:a', 'g:b', 'c']) await supervised.reaches(name, 'STOPPED');
    await shows(page, 'c', 'STOPPED');
  });

  it('shows what happens behind its back, and what a program takes', async () => {
    const { url, supervised } = await webPage(sleeper('web', 'rlimit_nofile=100:200'));
    const page = await browser.page();
    await page.goto(url);
    await shows(page, 'web', 'RUNNING');
    const row = rowOf(page, 'web');
    await row.locator('.files', { hasText: / \/ 100$/ }).waitFor();
    await row.locator('.memory', { hasText: / [KM]B$/ }).waitFor();
    await row.locator('.cpu', { hasText: /%$/ }).waitFor();
    const { pid } = await supervised.of('web');
    process.kill(pid, 'SIGKILL');
    const { pid: next } = await supervised.until(
      'web',
      'is another',
      (shown) => shown.restarts === 1 && shown.pid !== 0,
    );
    await row.locator('.pid', { hasText: String(next) }).waitFor();
    await row.locator('.restarts', { hasText: '1' }).waitFor();
  });

  it('says what goes wrong, and why', async () => {
    const { url } = await webPage(
      `[program:bad]\ncommand=sh -c "exit 3"\nautostart=false\nstartretries=0\n${sleeper('needs', `depends_on=other\n${NOT_YET}`)}${sleeper('other', `ready=file:/nowhere/x\n${NOT_YET}`)}`,
    );
    const page = await browser.page();
    await page.goto(url);
    await press(page, 'Start bad');
    const alert = page.getByRole('alert');
    await alert.filter({ hasText: 'Start failed: bad' }).filter({ hasText: 'Exited too quickly' }).waitFor();
    await shows(page, 'bad', 'FATAL');
    await rowOf(page, 'bad').locator('.note', { hasText: 'Exited too quickly' }).waitFor();
    await alert.getByRole('button', { name: 'Dismiss' }).click();
    expect(await alert.count()).toBe(0);
    await press(page, 'Start needs');
    await shows(page, 'needs', 'WAITING');
    await rowOf(page, 'needs').locator('.note', { hasText: 'waiting for other' }).waitFor();
    await page.locator('#announcer', { hasText: 'needs waiting' }).waitFor({ state: 'attached' });
    await press(page, 'Stop needs');
    await shows(page, 'needs', 'STOPPED');
  });

  it('tells how it went, whatever is looked at meanwhile', async () => {
    const { url } = await webPage(
      '[program:bad]\ncommand=sh -c "sleep 1; exit 3"\nstartsecs=1000\nautostart=false\nstartretries=0\n',
    );
    const page = await browser.page();
    await page.goto(url);
    await press(page, 'Start bad');
    // Which is another stream.
    await page.getByRole('link', { name: 'bad', exact: true }).click();
    await page.getByRole('alert').filter({ hasText: 'Start failed: bad' }).waitFor();
    await page.locator('.log-name .pill', { hasText: 'FATAL' }).waitFor();
    await page.locator('.log-actions [data-busy]').waitFor({ state: 'detached' });
  });

  it('puts another process in the place of one, and takes a new configuration', async () => {
    const { url, supervised, at } = await webPage(
      sleeper('web', `sockets=unix:${'%(here)s'}/web.sock`) + sleeper('old'),
    );
    const page = await browser.page();
    await page.goto(url);
    await shows(page, 'web', 'RUNNING');
    const { pid } = await supervised.of('web');
    await press(page, 'Rolling restart web');
    await page.locator('.toast.good', { hasText: 'Replaced web' }).waitFor();
    const { pid: next } = await supervised.of('web');
    expect(next).not.toBe(pid);
    await rowOf(page, 'web')
      .locator('.pid', { hasText: String(next) })
      .waitFor();
    const config = fs.readFileSync(supervised.configFile, 'utf8').replace('[program:old]', '[program:new]');
    at.write('supervisord.conf', config);
    await press(page, 'Reload configuration');
    const dialog = page.getByRole('dialog');
    await dialog.getByText('added: new').waitFor();
    await dialog.getByText('removed: old').waitFor();
    await dialog.getByRole('button', { name: 'Update' }).click();
    await shows(page, 'new', 'RUNNING');
    await rowOf(page, 'old').waitFor({ state: 'detached' });
    at.write('supervisord.conf', `${config}\n[program:wrong]\n`);
    await press(page, 'Reload configuration');
    await page.getByRole('alert').filter({ hasText: 'command' }).waitFor();
  });
});
