/** The table of programs, in a real browser. */
import fs from 'node:fs';
import { describe, expect, it } from 'vitest';
import { live, noChromium, press, rowOf, sharedBrowser, shows } from '../../helpers/browser';
import { because } from '../../helpers/needs';
import { sleeper, webPage } from '../../helpers/web_page';

const AT_ONCE = 'autostart=false';

describe.skipIf(noChromium())(`the page of programs${because(noChromium())}`, () => {
  const browser = sharedBrowser();

  it('starts, stops and restarts a program', async () => {
    const { url, supervised } = await webPage(sleeper('web', AT_ONCE));
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
      `${sleeper('a', AT_ONCE)}${sleeper('b', AT_ONCE)}${sleeper('c', AT_ONCE)}[group:g]\nprograms=a,b\n`,
    );
    const page = await browser.page();
    await page.goto(url);
    await press(page, 'Start all of g');
    await page.locator('.toast.good', { hasText: 'Started 2 programs' }).waitFor();
    await shows(page, 'g:a', 'RUNNING');
    await shows(page, 'g:b', 'RUNNING');
    await shows(page, 'c', 'STOPPED');
    await press(page, 'Restart: all programs');
    await press(page, 'Cancel');
    await press(page, 'Restart: all programs');
    await page.getByRole('dialog').getByRole('button', { name: 'Restart', exact: true }).click();
    await page.locator('.toast.good', { hasText: 'Restarted 3 programs' }).waitFor();
    await shows(page, 'c', 'RUNNING');
    await press(page, 'Stop: all programs');
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
      `[program:bad]\ncommand=sh -c "exit 3"\nautostart=false\nstartretries=0\n${sleeper('needs', `depends_on=other\n${AT_ONCE}`)}${sleeper('other', `ready=file:/nowhere/x\n${AT_ONCE}`)}`,
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

  it('can be used with the keyboard alone', async () => {
    const { url, supervised } = await webPage(sleeper('alpha', AT_ONCE) + sleeper('beta', AT_ONCE));
    const page = await browser.page();
    await page.goto(url);
    await shows(page, 'beta', 'STOPPED');
    const focused = () =>
      page.evaluate(
        () => document.activeElement?.getAttribute('aria-label') ?? document.activeElement?.textContent,
      );
    await page.keyboard.press('Tab');
    expect(await focused()).toBe('Skip to the content');
    await page.keyboard.press('/');
    expect(await focused()).toBe('Filter programs');
    await page.keyboard.type('beta');
    await rowOf(page, 'alpha').waitFor({ state: 'hidden' });
    await page.keyboard.press('Escape');
    await rowOf(page, 'alpha').waitFor({ state: 'visible' });
    for (let steps = 0; (await focused()) !== 'Start alpha' && steps < 30; steps++)
      await page.keyboard.press('Tab');
    await page.keyboard.press('ArrowDown');
    expect(await focused()).toBe('Start beta');
    const outline = await page.evaluate(
      () => getComputedStyle(document.activeElement as Element).outlineStyle,
    );
    expect(outline).toBe('solid');
    await page.keyboard.press('Enter');
    await supervised.reaches('beta', 'RUNNING');
    await shows(page, 'beta', 'RUNNING');
    // It cannot be used now, and has the focus still.
    expect(await focused()).toBe('Start beta');
    await page.keyboard.press('Tab');
    await page.keyboard.press('Tab');
    expect(await focused()).toBe('Stop beta');
    await page.keyboard.press('Space');
    await supervised.reaches('beta', 'STOPPED');
    await page.keyboard.press('Shift+Tab');
    for (let steps = 0; (await focused()) !== 'beta' && steps < 5; steps++)
      await page.keyboard.press('Shift+Tab');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'beta' }).waitFor();
    await page.keyboard.press('Shift+Tab');
    expect(await focused()).toBe('All programs');
    await page.keyboard.press('Enter');
    await shows(page, 'beta', 'STOPPED');
    expect(await focused()).toBe('beta');
    expect(await supervised.of('alpha')).toMatchObject({ state: 'STOPPED' });
  });

  it('fits a phone, and what a system or a person wants: light or dark', async () => {
    const { url } = await webPage(
      `${sleeper('web')}[program:a_long_name_that_does_not_fit_into_a_line_of_a_phone_at_all_because_it_is_so_long]\ncommand=/nowhere/${'x'.repeat(300)}\nstartretries=0\n`,
    );
    const page = await browser.page({
      viewport: { width: 390, height: 844 },
      hasTouch: true,
      isMobile: true,
      colorScheme: 'dark',
    });
    await page.goto(url);
    await shows(page, 'web', 'RUNNING');
    await rowOf(page, 'a_long_name_that_does_not_fit_into_a_line_of_a_phone_at_all_because_it_is_so_long')
      .locator('.pill', { hasText: 'FATAL' })
      .waitFor();
    const width = () => page.evaluate(() => document.documentElement.scrollWidth);
    expect(await width()).toBe(390);
    const ground = () =>
      page.evaluate(() => Number(/\d+/.exec(getComputedStyle(document.body).backgroundColor)?.[0]));
    expect(await ground()).toBeLessThan(60);
    const theme = page.getByRole('button', { name: 'Theme' });
    await theme.tap();
    expect(await ground()).toBeGreaterThan(200);
    await page.reload();
    await shows(page, 'web', 'RUNNING');
    expect(await ground()).toBeGreaterThan(200);
    await theme.tap();
    expect(await ground()).toBeLessThan(60);
    await page.emulateMedia({ colorScheme: 'light' });
    await theme.tap();
    expect(await ground()).toBeGreaterThan(200);
    await page.getByRole('button', { name: 'Stop web', exact: true }).tap();
    await shows(page, 'web', 'STOPPED');
    await page.getByRole('link', { name: 'web', exact: true }).tap();
    await page.getByRole('heading', { name: 'web' }).waitFor();
    expect(await width()).toBe(390);
  });

  it('is readable: its colours differ enough, in light and dark', async () => {
    const { url } = await webPage(
      `${sleeper('up')}${sleeper('off', AT_ONCE)}[program:slow]\ncommand=sleep 100000\nstartsecs=1000\n[program:bad]\ncommand=/nowhere/x\nstartretries=0\n[program:again]\ncommand=false\nstartretries=1000\n`,
    );
    for (const colorScheme of ['light', 'dark'] as const) {
      const page = await browser.page({ colorScheme });
      await page.goto(url);
      await shows(page, 'bad', 'FATAL');
      await shows(page, 'slow', 'STARTING');
      await shows(page, 'again', 'BACKOFF');
      expect(await page.evaluate(poorContrasts)).toEqual([]);
    }
  });

  it('holds a thousand programs', async () => {
    const { url } = await webPage(
      `[program:w]\ncommand=sleep 100000\nprocess_name=%(program_name)s_%(process_num)04d\nnumprocs=1000\nautostart=false\nstdout_logfile=NONE\nstderr_logfile=NONE\nstartsecs=0\n`,
    );
    const page = await browser.page();
    await page.goto(url);
    await rowOf(page, 'w:w_0999').waitFor();
    expect(await page.locator('.row').count()).toBe(1000);
    await page.getByLabel('Filter programs').fill('w_0777');
    await rowOf(page, 'w:w_0000').waitFor({ state: 'hidden' });
    expect(await page.locator('.row:visible').count()).toBe(1);
    await press(page, 'Start w:w_0777');
    await shows(page, 'w:w_0777', 'RUNNING');
    await page.getByLabel('Filter programs').fill('');
    await page.locator('.chip[data-kind="running"]', { hasText: '1 running' }).click();
    await rowOf(page, 'w:w_0000').waitFor({ state: 'hidden' });
    expect(await page.locator('.row:visible').count()).toBe(1);
  });

  it('says so where there is no program', async () => {
    const { url, supervised } = await webPage('');
    const page = await browser.page();
    await page.goto(url);
    await live(page);
    await page.getByRole('heading', { name: 'No programs yet' }).waitFor();
    await page.getByText(supervised.configFile).waitFor();
  });
});

/** In the page: texts below 4.5:1 (WCAG 2.2, 1.4.3), but for what cannot be used just now. */
function poorContrasts(): string[] {
  const channels = (colour: string) => (colour.match(/[\d.]+/g) ?? []).map(Number);
  const luminance = (colour: number[]) => {
    const [red = 0, green = 0, blue = 0] = colour.slice(0, 3).map((value) => {
      const share = value / 255;
      return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  const groundOf = (start: Element): number[] => {
    for (let element: Element | null = start; element; element = element.parentElement) {
      const colour = channels(getComputedStyle(element).backgroundColor);
      if (colour[3] !== 0) return colour;
    }
    return [255, 255, 255];
  };
  const poor: string[] = [];
  for (const element of document.querySelectorAll('body *')) {
    const isText = [...element.childNodes].some(
      (node) => node.nodeType === Node.TEXT_NODE && node.textContent?.trim(),
    );
    if (!isText || element.closest('[aria-disabled], [hidden], noscript, dialog:not([open])')) continue;
    const text = luminance(channels(getComputedStyle(element).color));
    const ground = luminance(groundOf(element));
    const ratio = (Math.max(text, ground) + 0.05) / (Math.min(text, ground) + 0.05);
    if (ratio < 4.5)
      poor.push(`${element.className} ${element.textContent?.slice(0, 30)}: ${ratio.toFixed(2)}`);
  }
  return poor;
}
