// node bench/page.mjs [PROGRAMS] [ROUNDS] (after `npm run build`): the web pages of tdaemon and supervisord with many programs, in
// Debian's Chromium: from the request until all programs are shown; then whether ours stays smooth while it is live and scrolled.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { loadavg, tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { chromium } from 'playwright-core';
import { describeMachine } from './machine.mjs';
import { lowest, median, ratio, takeTurns } from './measure.mjs';

const PROGRAMS = Number(process.argv[2] ?? 1000);
const ROUNDS = Number(process.argv[3] ?? 10);
const WATCH_MS = 6000;
const TDAEMON = path.join(import.meta.dirname, '..', 'bin', 'tdaemon');

const loadBefore = loadavg();
const at = mkdtempSync(path.join(tmpdir(), 'tdaemon-bench-'));

function freePort() {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

async function configure(name) {
  const directory = path.join(at, name);
  const file = path.join(at, `${name}.conf`);
  const port = await freePort();
  writeFileSync(
    file,
    `[supervisord]
logfile=${directory}.log
pidfile=${directory}.pid
minfds=${PROGRAMS * 6 + 1000}
[unix_http_server]
file=${directory}.sock
[inet_http_server]
port=127.0.0.1:${port}
[rpcinterface:supervisor]
supervisor.rpcinterface_factory = supervisor.rpcinterface:make_main_rpcinterface
[supervisorctl]
serverurl=unix://${directory}.sock
[program:p]
command=sleep 100000
process_name=%(program_name)s_%(process_num)04d
numprocs=${PROGRAMS}
startsecs=0
stdout_logfile=NONE
stderr_logfile=NONE
`,
  );
  return { file, url: `http://127.0.0.1:${port}/` };
}

function ctl(file, ...words) {
  return spawnSync(TDAEMON, ['ctl', '-c', file, ...words], { encoding: 'utf8', maxBuffer: 1 << 26 });
}

async function untilAllRun({ file }) {
  while (
    ctl(file, 'status')
      .stdout.split('\n')
      .filter((line) => / RUNNING /.test(line)).length < PROGRAMS
  )
    await pause(500);
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

const ours = await configure('tdaemon');
const theirs = await configure('supervisord');
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

try {
  for (const command of [
    [TDAEMON, 'supervise', '-c', ours.file],
    ['supervisord', '-c', theirs.file],
  ]) {
    const { status, stderr } = spawnSync(command[0], command.slice(1), { encoding: 'utf8' });
    if (status !== 0) throw new Error(stderr);
  }
  await untilAllRun(ours);
  await untilAllRun(theirs);
  const figures = await takeTurns(
    [
      { name: 'tdaemon', measure: () => once(ours.url, '.row') },
      { name: 'supervisord', measure: () => once(theirs.url, 'tbody tr') },
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
  const { page } = await loaded(ours.url, '.row');
  await page.locator('html[data-connection="live"]').waitFor();
  console.log(
    `\n| ours, ${WATCH_MS / 1000} s each | frames | median ms | 99 % within ms | longest ms | tasks over 50 ms |`,
  );
  console.log('|---|---:|---:|---:|---:|---:|');
  let restarting = true;
  const restarts = (async () => {
    for (let at = 0; restarting; at = (at + 7) % PROGRAMS) {
      const url = ours.url;
      const body = `<methodCall><methodName>supervisor.signalProcess</methodName><params><param><value><string>p:p_${String(at).padStart(4, '0')}</string></value></param><param><value><string>KILL</string></value></param></params></methodCall>`;
      await fetch(`${url}RPC2`, { method: 'POST', headers: { 'content-type': 'text/xml' }, body });
      await pause(100);
    }
  })();
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
  restarting = false;
  await restarts;
} finally {
  await browser.close();
  for (const { file } of [ours, theirs]) ctl(file, 'shutdown');
  for (const { file } of [ours, theirs]) while (ctl(file, 'pid').status === 0) await pause(200);
  rmSync(at, { recursive: true, force: true });
}
