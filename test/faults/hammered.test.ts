/**
 * Starts from a process whose other threads hammer its memory map: no lock of theirs may be waited for, and none of
 * their work may be taken for the daemon's end.
 */
import fs from 'node:fs';
import { describe, expect, it } from 'vitest';
import { DAEMON, isOurs, LEADER } from '../helpers/allowed_calls';
import { TIMEOUT } from '../helpers/chaos';
import { ROOT } from '../helpers/paths';
import { scratch } from '../helpers/scratch';
import { parseCalls } from '../helpers/strace';
import { run } from '../helpers/tdaemon';

/** Threads that map, touch and unmap; then starts, one after another. Prints what went wrong. */
const SCRIPT = `
const [THREADS, STARTS] = process.argv.slice(2).map(Number);
const { Worker, isMainThread } = require('node:worker_threads');
if (!isMainThread) {
  for (;;) {
    new Uint8Array(new ArrayBuffer(64 << 20)).fill(1, 0, 1 << 24);
    new SharedArrayBuffer(32 << 20);
    globalThis.gc();
  }
}
const { daemonize } = require(process.env.TDAEMON_ROOT + '/dist/index.js');
(async () => {
  const threads = Array.from({ length: THREADS }, () => new Worker(__filename));
  await Promise.all(threads.map((thread) => new Promise((resolve) => thread.once('online', resolve))));
  const wrong = [];
  for (let starts = 0; starts < STARTS; starts++)
    await daemonize({ command: '/bin/true' }).catch((error) => wrong.push(error.message));
  console.log(JSON.stringify(wrong));
  process.exit(0);
})();
`;

const ENV = { ...process.env, TDAEMON_ROOT: ROOT };

describe('a caller with busy threads', TIMEOUT, () => {
  it('starts 500 daemons, and each is known to have executed', async () => {
    const at = scratch();
    const ran = await run('node', ['--expose-gc', at.write('hammer.js', SCRIPT), '6', '500'], { env: ENV });
    expect(ran).toMatchObject({ status: 0, stderr: '' });
    expect(JSON.parse(ran.stdout)).toEqual([]);
  });

  it('has children that call nothing but what is allowed, whatever the threads do meanwhile', async () => {
    const at = scratch();
    const log = at.file('strace.log');
    const hammer = ['node', '--expose-gc', at.write('hammer.js', SCRIPT), '3', '20'];
    const ran = await run('strace', ['-f', '-qq', '-o', log, ...hammer], { env: ENV });
    expect(ran).toMatchObject({ status: 0 });
    expect(JSON.parse(ran.stdout)).toEqual([]);
    const calls = parseCalls(fs.readFileSync(log, 'latin1'));
    const forks = calls.filter(isOurs).map(({ pid, result }) => ({ parent: pid, child: Number(result) }));
    const leaders = forks.filter(({ child }) => forks.some(({ parent }) => parent === child));
    expect(forks).toHaveLength(40);
    expect(leaders).toHaveLength(20);
    for (const { parent, child } of forks) {
      const isLeader = leaders.some((leader) => leader.child === child);
      const made = calls.filter(({ pid }) => pid === child);
      const executed = made.findIndex(({ name, result }) => name === 'execve' && result === '0');
      const names = (isLeader ? made : made.slice(0, executed + 1)).map(({ name }) => name);
      expect(names.length, `calls of ${child}, a child of ${parent}`).toBeGreaterThan(3);
      expect(names.filter((name) => !(isLeader ? LEADER : DAEMON).has(name))).toEqual([]);
    }
  });
});
