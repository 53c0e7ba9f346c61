/** How the page is to use: with a keyboard, on a phone, in the dark, with a thousand programs and with none. */
import fs from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { live, noChromium, press, rowOf, sharedBrowser, shows } from '../../helpers/browser';
import { because } from '../../helpers/needs';
import { ROOT } from '../../helpers/paths';
import { sleeper, webPage } from '../../helpers/web_page';

const NOT_YET = 'autostart=false';

/** Of what axe says. */
interface Violation {
  id: string;
  nodes: { html: string; failureSummary: string }[];
}

describe.skipIf(noChromium())(`the web page${because(noChromium())}`, () => {
  const browser = sharedBrowser();

  it('can be used with the keyboard alone', async () => {
    const { url, supervised } = await webPage(sleeper('alpha', NOT_YET) + sleeper('beta', NOT_YET));
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

  it('is accessible, in light and dark, wide and narrow: WCAG as far as axe can see', async () => {
    const { url } = await webPage(
      `${sleeper('up', 'sockets=unix:%(here)s/up.sock')}${sleeper('off', NOT_YET)}${sleeper('a')}${sleeper('b')}[group:g]\nprograms=a,b\n[program:slow]\ncommand=sleep 100000\nstartsecs=1000\n[program:bad]\ncommand=/nowhere/x\nstartretries=0\n[program:again]\ncommand=false\nstartretries=1000\n`,
    );
    const axe = fs.readFileSync(path.join(ROOT, 'node_modules/axe-core/axe.min.js'), 'utf8');
    for (const [colorScheme, width] of [
      ['light', 1280],
      ['dark', 1280],
      ['light', 390],
    ] as const) {
      // The page's policy holds for what looks into it too.
      const page = await browser.page({ colorScheme, viewport: { width, height: 800 }, bypassCSP: true });
      const violations = async () => {
        await page.evaluate(axe);
        return page.evaluate(async () => {
          const { axe: looker } = window as unknown as {
            axe: { run(): Promise<{ violations: Violation[] }> };
          };
          const found = (await looker.run()).violations;
          return found.map(({ id, nodes }) => `${id}: ${nodes[0]?.html} ${nodes[0]?.failureSummary}`);
        });
      };
      await page.goto(url);
      await shows(page, 'bad', 'FATAL');
      await shows(page, 'slow', 'STARTING');
      await shows(page, 'again', 'BACKOFF');
      await press(page, 'Start bad');
      await page.getByRole('alert').waitFor();
      expect(await violations()).toEqual([]);
      await press(page, 'Stop all');
      expect(await violations()).toEqual([]);
      await press(page, 'Cancel');
      await page.getByRole('link', { name: 'up', exact: true }).click();
      await page.getByRole('button', { name: 'Rolling restart' }).waitFor();
      expect(await violations()).toEqual([]);
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
