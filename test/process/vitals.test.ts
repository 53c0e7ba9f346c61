/** What a process takes, beside what ps and prlimit of util-linux say of it. */
import { execFileSync, spawn } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { vitalsOf } from '../../src/process/vitals';
import { asleep } from '../helpers/asleep';
import { deadPid, stranger } from '../helpers/daemons';
import { eventually } from '../helpers/eventually';
import { endLater } from '../helpers/scratch';

const output = (command: string, ...args: string[]) =>
  execFileSync(command, args, { encoding: 'utf8' }).trim();

describe('the vitals of a process', () => {
  it('are what ps, prlimit and /proc say', async () => {
    const pid = await asleep(stranger());
    execFileSync('prlimit', ['--pid', String(pid), '--nofile=300:400']);
    const { residentBytes, threads, openFiles, openFilesLimit } = vitalsOf(pid);
    const [rss, count] = output('ps', '-o', 'rss=,nlwp=', '-p', String(pid)).split(/\s+/).map(Number);
    expect({ residentBytes, threads }).toEqual({ residentBytes: (rss ?? 0) * 1024, threads: count });
    expect(openFiles).toBe(Number(output('sh', '-c', `ls /proc/${pid}/fd | wc -l`)));
    expect(openFilesLimit).toEqual({ soft: 300, hard: 400 });
  });

  it('count the time on the processor', async () => {
    const { pid = 0 } = spawn('sh', ['-c', 'while :; do :; done'], { stdio: 'ignore' });
    endLater(pid);
    await eventually('half a second of work', () => (vitalsOf(pid).cpuSeconds ?? 0) > 0.5);
  });

  it('are unknown of a process that is gone', () => {
    expect(vitalsOf(deadPid())).toEqual({
      cpuSeconds: undefined,
      residentBytes: undefined,
      threads: undefined,
      openFiles: undefined,
      openFilesLimit: undefined,
    });
  });
});
