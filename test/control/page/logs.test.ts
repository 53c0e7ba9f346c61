/** Logs as the page shows them, in a real browser. */
import fs from 'node:fs';
import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { noChromium, press, sharedBrowser } from '../../helpers/browser';
import { because } from '../../helpers/needs';
import type { Scratch } from '../../helpers/scratch';
import { sleeper, webPage } from '../../helpers/web_page';

const logs = (at: Scratch) => `stdout_logfile=${at.file('out.log')}\nstderr_logfile=${at.file('err.log')}`;
const cat = (at: Scratch) => `[program:a]\ncommand=cat\nstartsecs=0\n${logs(at)}\n`;

const pane = (page: Page, log: string) => page.locator(`.pane[data-log="${log}"]`);
const line = (page: Page, log: string, text: string | RegExp) =>
  pane(page, log).locator('.line', { hasText: text });

describe.skipIf(noChromium())(`the page of a log${because(noChromium())}`, () => {
  const browser = sharedBrowser();

  it('follows both as they are written, rotated, truncated and cleared', async () => {
    const { url, at } = await webPage(cat);
    const out = at.file('out.log');
    fs.writeFileSync(out, 'from before\n');
    const page = await browser.page();
    await page.goto(url);
    await page.getByRole('link', { name: 'a', exact: true }).click();
    await line(page, 'stdout', 'from before').waitFor();
    fs.appendFileSync(out, 'one\ntwo');
    await line(page, 'stdout', /^two$/).waitFor();
    fs.appendFileSync(out, ' and more\n');
    await line(page, 'stdout', /^two and more$/).waitFor();
    fs.appendFileSync(at.file('err.log'), 'an error \u00e9\u{1f600}\n');
    await line(page, 'stderr', 'an error \u00e9\u{1f600}').waitFor();
    fs.renameSync(out, `${out}.1`);
    fs.writeFileSync(out, 'after the rotation\n');
    await line(page, 'stdout', 'after the rotation').waitFor();
    fs.truncateSync(out);
    await line(page, 'stdout', '==> File truncated <==').waitFor();
    await press(page, 'Clear log');
    await page.locator('.toast.good', { hasText: 'Cleared the log of a' }).waitFor();
    await page.getByLabel('Filter lines').fill('rotation');
    await line(page, 'stdout', 'from before').waitFor({ state: 'hidden' });
    await line(page, 'stdout', 'after the rotation').waitFor();
  });

  it('shows markup and control characters, and obeys none', async () => {
    const { url, at, supervised } = await webPage(cat);
    const page = await browser.page();
    const violations: string[] = [];
    page.on('console', (message) => violations.push(message.text()));
    await page.goto(`${url}tail.html?processname=a`);
    await pane(page, 'stdout').getByText('Nothing has been written yet.').waitFor();
    const markup =
      '<img src=x onerror="window.pwned=1"><script>window.pwned=2</script>&lt;b&gt;</div></section>';
    const controls =
      'bell\x07 escape\x1b]0;title\x07 back\x08 nul\0 c1\x9b bidi\u202e\u2066 zero\u200b\u2028end';
    const lines = [
      markup,
      controls,
      '\x1b[31;1mred\x1b[0m plain',
      '\x1b[999;31m\x1b[',
      'data: x',
      'event: hello',
      '',
      'x'.repeat(300_000),
      'last',
    ];
    fs.appendFileSync(at.file('out.log'), `${lines.join('\n')}\n`);
    fs.appendFileSync(at.file('out.log'), Buffer.from([0xff, 0xfe, 0xc3, 0x0a]));
    await line(page, 'stdout', /^last$/).waitFor();
    await line(page, 'stdout', '\ufffd\ufffd\ufffd').waitFor();
    const shown = await pane(page, 'stdout').locator('.line').allTextContents();
    expect(shown).toContain(markup);
    expect(shown.find((text) => text.startsWith('bell'))).toBe(
      'bell\u2407 escape\u241b]0;title\u2407 back\u2408 nul\u2400 c1\u27e8U+009B\u27e9 bidi\u27e8U+202E\u27e9\u27e8U+2066\u27e9 zero\u27e8U+200B\u27e9\u27e8U+2028\u27e9end',
    );
    expect(shown).toContain('red plain');
    expect(shown).toContain('data: x');
    expect(await pane(page, 'stdout').locator('.c1.bold', { hasText: /^red$/ }).count()).toBe(1);
    const long = shown.find((text) => text.startsWith('xxx')) ?? '';
    expect(long.length).toBeLessThan(5000);
    expect(long).toMatch(/ … 296,000 characters more in this line$/);
    expect(await pane(page, 'stdout').locator('img, script, b, a').count()).toBe(0);
    expect(await page.evaluate(() => Reflect.get(window, 'pwned'))).toBe(undefined);
    expect(violations).toEqual([]);
    expect(await supervised.of('a')).toMatchObject({ state: 'RUNNING' });
  });

  it('keeps a bounded number of lines of a program that writes without end', async () => {
    const { url } = await webPage(
      (at) =>
        `[program:a]\ncommand=sh -c "seq 2000000; exec sleep 100000"\nstartsecs=0\nautostart=false\nstdout_logfile_maxbytes=0\n${logs(at)}\n`,
    );
    const page = await browser.page();
    await page.goto(`${url}tail.html?processname=a&limit=1000`);
    await pane(page, 'stdout')
      .getByText('There is no log yet.')
      .or(pane(page, 'stdout').getByText('Nothing has been written yet.'))
      .waitFor();
    await press(page, 'Start');
    await page.locator('.log-name .pill', { hasText: 'RUNNING' }).waitFor();
    await pane(page, 'stdout')
      .locator('.line')
      .last()
      .filter({ hasText: /^2000000$/ })
      .waitFor();
    expect(await pane(page, 'stdout').locator('.line').count()).toBeLessThanOrEqual(5100);
    // At its end, until somebody scrolls.
    const lines = pane(page, 'stdout').locator('.lines');
    await lines.evaluate((element) => element.scrollTo(0, 0));
    await pane(page, 'stdout').getByRole('button', { name: 'To the end' }).click();
    await pane(page, 'stdout').locator('.follow').waitFor({ state: 'hidden' });
  });

  it('of the supervisor is shown too', async () => {
    const { url, supervised } = await webPage(sleeper('b', 'autostart=false'));
    const page = await browser.page();
    await page.goto(url);
    await page.getByRole('link', { name: 'Main log' }).click();
    await line(page, 'main', 'supervisord started with pid').waitFor();
    await supervised.ask('start', 'b');
    await line(page, 'main', "spawned: 'b' with pid").waitFor();
    await press(page, 'Clear log');
    await line(page, 'main', 'reopening log file').waitFor();
    await page.goBack();
    await page.getByRole('link', { name: 'b', exact: true }).waitFor();
  });

  it('of a program that has none, or is not there, says so', async () => {
    const { url } = await webPage(sleeper('none', 'stdout_logfile=NONE\nstderr_logfile=NONE'));
    const page = await browser.page();
    await page.goto(`${url}tail.html?processname=none`);
    await page.getByText('It has no log file.').waitFor();
    await page.goto(`${url}tail.html?processname=nobody:nobody%3Cb%3E`);
    await page.getByText('There is no program of this name.').waitFor();
  });
});
