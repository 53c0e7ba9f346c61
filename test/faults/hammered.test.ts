/**
 * Starts from a process whose other threads hammer its memory map: no lock of theirs may be waited for, and none of
 * their work may be taken for the daemon's end.
 */
import { describe, expect, it } from 'vitest';
import { ROOT } from '../helpers/paths';
import { scratch } from '../helpers/scratch';
import { run } from '../helpers/tdaemon';

/** Threads that map, touch and unmap; then starts, one after another. Prints what went wrong. */
const SCRIPT = `
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
  const threads = Array.from({ length: 6 }, () => new Worker(__filename));
  await Promise.all(threads.map((thread) => new Promise((resolve) => thread.once('online', resolve))));
  const wrong = [];
  for (let starts = 0; starts < 500; starts++)
    await daemonize({ command: '/bin/true' }).catch((error) => wrong.push(error.message));
  console.log(JSON.stringify(wrong));
  process.exit(0);
})();
`;

describe('a caller with busy threads', () => {
  it('starts 500 daemons, and each is known to have executed', async () => {
    const at = scratch();
    const ran = await run('node', ['--expose-gc', at.write('hammer.js', SCRIPT)], {
      env: { ...process.env, TDAEMON_ROOT: ROOT },
    });
    expect(ran).toMatchObject({ status: 0, stderr: '' });
    expect(JSON.parse(ran.stdout)).toEqual([]);
  });
});
