/** spawnChild's record and cgroup: what the child does before anything else, and what it says when it cannot. */
import fs from 'node:fs';
import os from 'node:os';
import { expect, it } from 'vitest';
import { native, type SpawnPlan } from '../../src/native';
import { eventually } from '../helpers/eventually';
import * as procfs from '../helpers/procfs';
import { endLater, scratch } from '../helpers/scratch';

function plan(given: Partial<SpawnPlan>): SpawnPlan {
  return {
    candidates: ['/bin/sleep'],
    argv: ['sleep', '1000'],
    env: [],
    highDescriptor: 255,
    stdio: [{ kind: 'null' }, { kind: 'null' }, { kind: 'null' }],
    limits: [],
    chdir: '/',
    keep: [],
    noNewPrivs: false,
    foreground: false,
    ...given,
  };
}

it('the record names the child, before it executes and for good', async () => {
  const at = scratch();
  const record = fs.openSync(at.file('record'), 'w');
  const started = native.spawnChild(plan({ record }));
  fs.closeSync(record);
  if (!started.ok) throw new Error(started.stage);
  endLater(started.pid);
  expect(fs.readFileSync(at.file('record'), 'utf8')).toBe(`${started.pid} ${started.startTime}\n`);
  expect(started.startTime).toBe(procfs.stat(started.pid)?.startTime);
  expect([...procfs.descriptors(started.pid).keys()]).toEqual([0, 1, 2]);
  process.kill(started.pid, 'SIGKILL');
  await eventually('it is reaped', () => native.reap(started.pid));
});

it('a record that cannot be written: nothing is executed', () => {
  const record = fs.openSync('/dev/full', 'w');
  const failure = native.spawnChild(plan({ record }));
  fs.closeSync(record);
  expect(failure).toMatchObject({ ok: false, stage: 'record', errno: os.constants.errno.ENOSPC });
  expect(procfs.childrenOf(process.pid).filter((pid) => procfs.stat(pid)?.name === 'sleep')).toEqual([]);
});

it('a cgroup that is none: nothing is executed', () => {
  const at = scratch();
  const cgroup = fs.openSync(at.directory, 'r');
  const failure = native.spawnChild(plan({ cgroup }));
  fs.closeSync(cgroup);
  expect(failure).toMatchObject({ ok: false, stage: 'cgroup', errno: os.constants.errno.ENOENT });
  expect(procfs.childrenOf(process.pid).filter((pid) => procfs.stat(pid)?.name === 'sleep')).toEqual([]);
});
