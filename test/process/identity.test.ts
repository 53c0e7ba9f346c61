/** Which process a pid means, against what /proc says of real processes. */

import { spawn } from 'node:child_process';
import fs from 'node:fs';
import { describe, expect, it } from 'vitest';
import { bootId, isAlive, isSameProcess, startedBefore } from '../../src/process/identity';
import { readStat } from '../../src/process/live_process';
import { eventually } from '../helpers/eventually';
import { fixture } from '../helpers/paths';
import * as pidfiles from '../helpers/pidfiles';
import * as procfs from '../helpers/procfs';
import { endLater, scratch } from '../helpers/scratch';

const now = () => Date.now() / 1000;

describe('bootId', () => {
  it('is the kernel’s', () => {
    expect(bootId()).toBe(fs.readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim());
  });
});

const startTime = (pid: number) => readStat(pid)?.startTime;

describe('the start time', () => {
  it('is field 22 of /proc/PID/stat', () => {
    const pid = pidfiles.stranger();
    expect(startTime(pid)).toBe(procfs.stat(pid)?.startTime);
    expect(startTime(process.pid)).toBeGreaterThan(0);
  });

  it('is not misled by a program whose name looks like the rest of the line', async () => {
    const at = scratch();
    const program = at.file('a) R 1 1 (b');
    fs.copyFileSync(fixture('file_lock'), program);
    fs.chmodSync(program, 0o755);
    at.write('locked', '');
    const child = spawn(program, ['posix', 'read', at.file('locked')], { stdio: 'ignore' });
    const pid = endLater(child.pid as number);
    await eventually('exec', () => procfs.stat(pid)?.name === 'a) R 1 1 (b');
    const text = fs.readFileSync(`/proc/${pid}/stat`, 'latin1');
    expect(String(startTime(pid))).toBe(text.slice(text.lastIndexOf(')') + 2).split(' ')[19]);
    expect(isSameProcess(pid, pidfiles.identityOf(pid))).toBe(true);
  });

  it('is unknown for a process that has ended', () => {
    expect(startTime(pidfiles.deadPid())).toBeUndefined();
  });
});

describe('isAlive', () => {
  it('knows living processes from zombies and from the dead', async () => {
    expect(isAlive(pidfiles.stranger())).toBe(true);
    expect(isAlive(1)).toBe(true);
    expect(isAlive(await pidfiles.zombiePid())).toBe(false);
    expect(isAlive(pidfiles.deadPid())).toBe(false);
  });
});

describe('isSameProcess', () => {
  it('takes boot and start time, both', () => {
    const pid = pidfiles.stranger();
    const identity = pidfiles.identityOf(pid);
    const ticks = identity.split(' ')[1];
    expect(isSameProcess(pid, identity)).toBe(true);
    for (const other of [
      '',
      `${identity} `,
      `${identity}0`,
      `${bootId()} ${Number(ticks) - 1}`,
      `${bootId()} ${Number(ticks) + 1}`,
      `00000000-0000-4000-8000-000000000000 ${ticks}`,
      `undefined ${ticks}`,
    ])
      expect(isSameProcess(pid, other)).toBe(false);
  });

  it('counts a zombie as dead', async () => {
    const pid = await pidfiles.zombiePid();
    expect(isSameProcess(pid, pidfiles.identityOf(pid))).toBe(false);
  });

  it('knows no dead process, no thread, and no pid beyond all', () => {
    const thread = fs
      .readdirSync('/proc/self/task')
      .map(Number)
      .find((id) => id !== process.pid) as number;
    expect(isSameProcess(thread, pidfiles.identityOf(thread))).toBe(false);
    for (const pid of [pidfiles.deadPid(), 4_194_304])
      expect(isSameProcess(pid, `${bootId()} 1`)).toBe(false);
  });
});

describe('startedBefore', () => {
  it('goes by the time of the file, give or take two seconds', () => {
    const pid = pidfiles.stranger();
    expect(startedBefore(pid, now())).toBe(true);
    expect(startedBefore(pid, now() + 3600)).toBe(true);
    expect(startedBefore(pid, now() - 1)).toBe(true);
    expect(startedBefore(pid, now() - 3600)).toBe(false);
    expect(startedBefore(pid, 0)).toBe(false);
  });

  it('holds for a process as old as the system', () => {
    expect(startedBefore(1, now())).toBe(true);
    expect(startedBefore(1, 0)).toBe(false);
  });

  it('never holds for what has ended', async () => {
    expect(startedBefore(pidfiles.deadPid(), now())).toBe(false);
    expect(startedBefore(await pidfiles.zombiePid(), now())).toBe(false);
  });

  it('leaves no descriptor open', () => {
    const pid = pidfiles.stranger();
    const open = [...procfs.descriptors('self').keys()];
    for (let turn = 0; turn < 100; turn++) {
      startedBefore(pid, now());
      isSameProcess(pid, '');
    }
    expect([...procfs.descriptors('self').keys()]).toEqual(open);
  });
});
