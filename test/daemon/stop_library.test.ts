/** stop() inside a program that has other things to do. */
import fs from 'node:fs';
import { expect, it } from 'vitest';
import { stop } from '../../src/daemon/stop';
import { startStubborn } from '../helpers/daemons';
import { eventually } from '../helpers/eventually';
import * as procfs from '../helpers/procfs';
import { scratch } from '../helpers/scratch';

it('many waits for an end leave the file system calls of the program alone', async () => {
  const at = scratch();
  const names = ['1', '2', '3', '4', '5'];
  const daemons = await Promise.all(names.map((name) => startStubborn(at, [], name)));
  const ends = daemons.map(({ pidfile }) => stop({ pidfile, retry: 'TERM/15/KILL/20' }));
  // Four threads of libuv do these calls: were each occupied by a wait, nothing could be read before it ends.
  await fs.promises.readFile(daemons[0]?.pidfile ?? '');
  for (const { pid } of daemons) expect(procfs.isAlive(pid)).toBe(true);
  for (const { pid } of daemons) process.kill(pid, 'SIGKILL');
  expect(await Promise.all(ends)).toEqual(daemons.map(({ pid }) => ({ outcome: 'stopped', pids: [pid] })));
});

it('tells once a wait begins for whom it is, and for how long', async () => {
  const { pid, pidfile } = await startStubborn(scratch());
  const told: [number, number][] = [];
  const onWait = (...wait: [number, number]) => told.push(wait);
  await stop({ pidfile, retry: 'TERM/100ms/KILL/20', onWait });
  expect(told).toEqual([
    [pid, 100],
    [pid, 20_000],
  ]);
});

it('leaves no descriptor open', async () => {
  const at = scratch();
  const before = procfs.descriptors('self').size;
  for (const name of ['1', '2', '3']) {
    const { pid, pidfile } = await startStubborn(at, [], name);
    await expect(stop({ pidfile, retry: 'TERM/1ms' })).rejects.toMatchObject({
      reason: 'still-running',
      pid,
    });
    await stop({ pidfile, retry: 'KILL/20' });
    await expect(stop({ pidfile })).resolves.toEqual({ outcome: 'not-running' });
  }
  await eventually('as many descriptors as before', () => procfs.descriptors('self').size <= before);
});
