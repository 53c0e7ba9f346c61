/** Debian's Chromium, one for a test file. Each test has a context of its own: no cookies, no passwords, no storage of others. */
import { type Browser, type BrowserContextOptions, chromium, type Locator, type Page } from 'playwright-core';
import { afterAll, beforeAll, onTestFinished } from 'vitest';
import { missing } from './needs';

const CHROMIUM = '/usr/bin/chromium';
const QUIET = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];
/** Names of other machines that mean this one: what a name server of an attacker's can do. */
const NAMES = '--host-resolver-rules=MAP *.example.org 127.0.0.1';

export const noChromium = () => missing('chromium');

export interface SharedBrowser {
  /** A page that is closed with the test; a fault of its script fails the test. */
  page(options?: BrowserContextOptions): Promise<Page>;
}

/** To be called inside describe. */
export function sharedBrowser(): SharedBrowser {
  let browser: Browser;
  beforeAll(async () => {
    browser = await chromium.launch({ executablePath: CHROMIUM, args: [...QUIET, NAMES], timeout: 100_000 });
  });
  afterAll(() => browser?.close());
  return {
    async page(options = {}) {
      const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, ...options });
      context.setDefaultTimeout(45_000);
      const page = await context.newPage();
      const faults: Error[] = [];
      page.on('pageerror', (error) => faults.push(error));
      onTestFinished(async () => {
        await context.close();
        if (faults.length > 0) throw faults[0];
      });
      return page;
    },
  };
}

/** Clicks the button of that name. */
export const press = (page: Page, name: string) => page.getByRole('button', { name, exact: true }).click();

/** The row of a program. */
export function rowOf(page: Page, key: string): Locator {
  return page.locator(`.row[data-key="${key.includes(':') ? key : `${key}:${key}`}"]`);
}

/** Resolves when the page shows the program in that state. */
export async function shows(page: Page, key: string, state: string): Promise<void> {
  await rowOf(page, key).locator('.pill', { hasText: state }).waitFor();
}

/** Resolves when the stream has brought all that there is. */
export async function live(page: Page): Promise<Page> {
  await page.locator('html[data-connection="live"]').waitFor();
  return page;
}
