/** A daemon can be looked at as soon as its start has returned: the kernel shows its arguments and environment. */
import fs from 'node:fs';
import { expect, it } from 'vitest';
import { daemonize } from '../../src';
import { scratch } from '../helpers/scratch';

const STARTS = 300;

it(`${STARTS} starts, each looked at in the same moment`, async () => {
  const at = scratch();
  const hidden: number[] = [];
  for (let start = 0; start < STARTS; start++) {
    const { pid } = await daemonize({ command: 'sleep', args: ['1000'], env: { SCRATCH: at.directory } });
    // Read once and directly: the helpers wait for it.
    if (fs.readFileSync(`/proc/${pid}/cmdline`, 'latin1') !== 'sleep\x001000\0') hidden.push(pid);
    process.kill(pid, 'SIGKILL');
  }
  expect(hidden).toEqual([]);
});
