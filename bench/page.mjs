// node bench/page.mjs [PROGRAMS] [ROUNDS] (after `npm run build`): the web pages of tdaemon and supervisord with many programs, in
// Debian's Chromium: from the request until all programs are shown; then whether ours stays smooth while it is live and scrolled.
import { createServer } from 'node:net';
import { loadavg } from 'node:os';
import { setTimeout as pause } from 'node:timers/promises';
import { chromium } from 'playwright-core';
import { describeMachine } from './machine.mjs';
import { lowest, median, ratio, takeTurns } from './measure.mjs';
import { withBoth } from './side_by_side.mjs';

const PROGRAMS = Number(process.argv[2] ?? 1000);
const ROUNDS = Number(process.argv[3] ?? 10);
const WATCH_MS = 6000;

const loadBefore = loadavg();

function freePort() {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

/** Of frames while something happens, and of tasks that held the page up. */
async function smoothness(page, scroll) {
  return page.evaluate(
    ({ milliseconds, scroll }) =>
      new Promise((resolve) => {
        const frames = [];
        const tasks = [];
        const observer = new PerformanceObserver((list) => {
          for (const { duration } of list.getEntries()) tasks.push(duration);
        });
        observer.observe({ type: 'longtask' });
        const began = performance.now();
        let last = began;
        let direction = 1;
        const frame = (now) => {
          frames.push(now - last);
          last = now;
          if (scroll) {
            const before = document.scrollingElement.scrollTop;
            window.scrollBy(0, 40 * direction);
            if (document.scrollingElement.scrollTop === before) direction = -direction;
          }
          if (now - began < milliseconds) requestAnimationFrame(frame);
          else {
            observer.disconnect();
            resolve({ frames: frames.slice(1), tasks });
          }
        };
        requestAnimationFrame(frame);
      }),
    { milliseconds: WATCH_MS, scroll },
  );
}

const ports = { ours: await freePort(), theirs: await freePort() };
const urlOf = (side) => `http://127.0.0.1:${ports[side]}/`;
const server = (side) => `[inet_http_server]\nport=127.0.0.1:${ports[side]}\n`;
const browser = await chromium.launch({
  executablePath: '/usr/bin/chromium',
  args: ['--headless', '--no-sandbox', '--disable-gpu', '--no-first-run', '--disable-background-networking'],
});

async function loaded(url, rows) {
  const page = await browser.newPage();
  const begin = performance.now();
  await page.goto(url, { waitUntil: 'commit' });
  await page.waitForFunction(({ rows, count }) => document.querySelectorAll(rows).length >= count, {
    rows,
    count: PROGRAMS,
  });
  return { page, milliseconds: performance.now() - begin };
}

const once = async (url, rows) => {
  const { page, milliseconds } = await loaded(url, rows);
  await page.close();
  return milliseconds;
};

async function killAgainAndAgain(signal) {
  for (let at = 0; !signal.aborted; at = (at + 7) % PROGRAMS) {
    const name = `p:p_${String(at).padStart(4, '0')}`;
    const values = [name, 'KILL'].map((text) => `<param><value><string>${text}</string></value></param>`);
    const body = `<methodCall><methodName>supervisor.signalProcess</methodName><params>${values.join('')}</params></methodCall>`;
    await fetch(`${urlOf('ours')}RPC2`, { method: 'POST', headers: { 'content-type': 'text/xml' }, body });
    await pause(100);
  }
}

async function measure() {
  const figures = await takeTurns(
    [
      { name: 'tdaemon', measure: () => once(urlOf('ours'), '.row') },
      { name: 'supervisord', measure: () => once(urlOf('theirs'), 'tbody tr') },
    ],
    ROUNDS,
  );
  console.log(describeMachine(loadBefore));
  console.log(`\n| all ${PROGRAMS} programs shown after | median ms | lowest ms | x supervisord |`);
  console.log('|---|---:|---:|---:|');
  for (const [name, times] of figures)
    console.log(
      `| ${name} | ${median(times).toFixed(0)} | ${lowest(times).toFixed(0)} | ${ratio(times, figures.get('supervisord')).toFixed(2)} |`,
    );
  const { page } = await loaded(urlOf('ours'), '.row');
  await page.locator('html[data-connection="live"]').waitFor();
  console.log(
    `\n| ours, ${WATCH_MS / 1000} s each | frames | median ms | 99 % within ms | longest ms | tasks over 50 ms |`,
  );
  console.log('|---|---:|---:|---:|---:|---:|');
  const done = new AbortController();
  const kills = killAgainAndAgain(done.signal);
  for (const [what, scroll] of [
    ['live, ten programs a second are killed', false],
    ['the same, scrolled all the time', true],
  ]) {
    const { frames, tasks } = await smoothness(page, scroll);
    const sorted = frames.toSorted((a, b) => a - b);
    const figuresOf = [
      frames.length,
      median(frames).toFixed(0),
      sorted[Math.floor(sorted.length * 0.99)].toFixed(0),
      sorted.at(-1).toFixed(0),
      tasks.length,
    ];
    console.log(`| ${what} | ${figuresOf.join(' | ')} |`);
  }
  done.abort();
  await kills;
}

try {
  await withBoth(PROGRAMS, { ours: server('ours'), theirs: server('theirs') }, measure);
} finally {
  await browser.close();
}
