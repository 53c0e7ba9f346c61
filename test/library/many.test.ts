/** Many daemons from one caller: one after another, at once, and from another thread. */
import { describe, expect, it } from 'vitest';
import { TIMEOUT } from '../helpers/chaos';
import { consumer } from '../helpers/consumer';
import { HOLD, held } from '../helpers/hold';
import * as procfs from '../helpers/procfs';

/** Counts what a process holds. The daemons end by themselves: they are not the caller's children. */
const ACCOUNT = `
  const fs = require('node:fs');
  const account = () => {
    gc(); gc();
    const children = fs.readFileSync('/proc/self/task/' + process.pid + '/children', 'utf8').trim();
    const status = fs.readFileSync('/proc/self/status', 'utf8');
    return {
      descriptors: fs.readdirSync('/proc/self/fd').length,
      children,
      threads: Number(/Threads:\\s*(\\d+)/.exec(status)[1]),
      maps: fs.readFileSync('/proc/self/maps', 'utf8').split('\\n').length,
      // What V8 sets aside for its heap comes and goes by its own rules: what lies in it is counted instead.
      outside: Number(/RssAnon:\\s*(\\d+)/.exec(status)[1]) - process.memoryUsage().heapTotal / 1024,
      inside: process.memoryUsage().heapUsed / 1024,
      mask: /SigBlk:\\s*(\\w+)/.exec(status)[1],
      ignored: /SigIgn:\\s*(\\w+)/.exec(status)[1],
      caught: /SigCgt:\\s*(\\w+)/.exec(status)[1],
    };
  };
`;

describe('one thousand daemons, one after another', TIMEOUT, () => {
  it.each([
    ['that succeed', `{ command: '/bin/true', args: [__dirname] }`],
    ['that cannot be executed', `{ command: __dirname }`],
    [
      'with a pidfile each, which the next takes over',
      `{ command: '/bin/true', args: [__dirname], pidfile: 'pid' }`,
    ],
  ])('%s leave nothing in the caller', async (_, options) => {
    const project = consumer();
    project.write(
      'main.cjs',
      `${ACCOUNT}
      const { daemonize, TdaemonError } = require('tdaemon');
      const start = async (count) => {
        for (let at = 0; at < count; at++) {
          for (;;) {
            const failed = await daemonize(${options}).then(() => undefined, (error) => error);
            if (failed?.reason === 'already-running') {
              // The one before may still be running for an instant, and needs the processor for it.
              await new Promise((resolve) => setTimeout(resolve, 1));
              continue;
            }
            if (failed && failed.code !== 'EACCES') throw failed;
            break;
          }
        }
      };
      (async () => {
        await start(1500);
        const before = account();
        await start(1000);
        console.log(JSON.stringify({ before, after: account() }));
      })();`,
    );
    const { node } = project;
    project.write(
      'flags.cjs',
      `require('node:v8').setFlagsFromString('--expose-gc'); globalThis.gc = require('node:vm').runInNewContext('gc'); require('./main.cjs');`,
    );
    const ran = await node('flags.cjs');
    expect(ran).toMatchObject({ status: 0, stderr: '' });
    const { before, after } = JSON.parse(ran.stdout);
    expect(before.children).toBe('');
    const { outside, inside, maps, ...same } = before;
    expect(after).toMatchObject(same);
    // A page leaked by each would be 4,000 KB, a small object of 300 bytes 300 KB.
    expect(after.outside - outside).toBeLessThan(4_000);
    expect(after.inside - inside).toBeLessThan(300);
    expect(after.maps - maps).toBeLessThan(100);
  });
});

it('fifty at once are fifty daemons', async () => {
  const project = consumer();
  project.write(
    'main.cjs',
    `const { daemonize } = require('tdaemon');
    const one = (number) => daemonize({ command: ${JSON.stringify(HOLD)}, args: [__dirname, String(number)], pidfile: 'pid' + number });
    Promise.all(Array.from({ length: 50 }, (_, number) => one(number))).then((all) => console.log(JSON.stringify(all)));`,
  );
  const ran = await project.node('main.cjs');
  expect(ran).toMatchObject({ status: 0, stderr: '' });
  const all = JSON.parse(ran.stdout) as { pid: number }[];
  expect(new Set(all.map(({ pid }) => pid)).size).toBe(50);
  for (const [number, { pid }] of all.entries())
    expect((await held(pid)).arguments.map(String)).toEqual([HOLD, project.directory, String(number)]);
});

it('fifty at once with one pidfile are one daemon', async () => {
  const project = consumer();
  project.write(
    'main.cjs',
    `const { daemonize } = require('tdaemon');
    const one = () => daemonize({ command: ${JSON.stringify(HOLD)}, args: [__dirname], pidfile: 'pid' });
    Promise.allSettled(Array.from({ length: 50 }, one)).then((all) =>
      console.log(JSON.stringify(all.map(({ value, reason }) => ({ pid: value?.pid, reason: reason?.reason, other: reason?.pid })))));`,
  );
  const ran = await project.node('main.cjs');
  expect(ran).toMatchObject({ status: 0, stderr: '' });
  const all = JSON.parse(ran.stdout) as { pid?: number; reason?: string; other?: number }[];
  const [winner, ...more] = all.filter(({ pid }) => pid !== undefined);
  expect(more).toEqual([]);
  const refused = { reason: 'already-running', other: winner?.pid };
  expect(all.filter(({ pid }) => pid === undefined)).toEqual(Array.from({ length: 49 }, () => refused));
  expect(procfs.mentioning(project.directory)).toEqual([winner?.pid]);
});

it('a worker thread can start one, with its own environment, and the daemon outlives it', async () => {
  const project = consumer();
  project.write(
    'main.cjs',
    `const { Worker, isMainThread, parentPort } = require('node:worker_threads');
    const { daemonize } = require('tdaemon');
    if (isMainThread) {
      const worker = new Worker(__filename, { env: { OWN: 'of the worker', PATH: process.env.PATH } });
      worker.on('message', (message) => worker.terminate().then(() => console.log(JSON.stringify(message))));
      worker.on('error', (error) => { throw error; });
    } else {
      daemonize({ command: ${JSON.stringify(HOLD)}, args: [__dirname], pidfile: 'pid' })
        .then((daemon) => parentPort.postMessage({ pid: daemon.pid, running: daemon.isRunning() }));
    }`,
  );
  const ran = await project.node('main.cjs');
  expect(ran).toMatchObject({ status: 0, stderr: '' });
  const { pid, running } = JSON.parse(ran.stdout);
  expect(running).toBe(true);
  const { environment } = await held(pid);
  expect(procfs.isAlive(pid)).toBe(true);
  expect(Object.fromEntries(environment)).toEqual({ OWN: 'of the worker', PATH: process.env.PATH, PWD: '/' });
});
