/** What a detached daemon is: asked of the kernel. */
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import { describe, expect, it } from 'vitest';
import { asleep } from '../helpers/asleep';
import { eventually } from '../helpers/eventually';
import { fixture, TDAEMON } from '../helpers/paths';
import * as procfs from '../helpers/procfs';
import { endLater, scratch } from '../helpers/scratch';
import { mark, start } from '../helpers/start';
import { tdaemon } from '../helpers/tdaemon';

const SIGNAL_SETS = ['SigBlk', 'SigIgn', 'SigCgt', 'SigPnd', 'ShdPnd'];

/** This process and all above it: who may adopt a daemon. */
function ancestors(): number[] {
  const found: number[] = [];
  for (let pid = process.pid; pid > 0; pid = procfs.stat(pid)?.ppid ?? 0) found.push(pid);
  return found;
}

describe('a daemon started with defaults', () => {
  it('says nothing and has its pid in the pidfile', async () => {
    const at = scratch();
    const pidfile = at.file('pid');
    const ran = await tdaemon([...mark(at), '--pidfile', pidfile, '--', 'sleep', '1000']);
    expect(ran).toEqual({ status: 0, signal: null, stdout: '', stderr: '' });
    const content = fs.readFileSync(pidfile, 'latin1');
    expect(content).toMatch(/^\d+\n$/);
    const pid = await asleep(Number(content));
    // Already the command: nothing of Node is left in it.
    expect(procfs.stat(pid)).toMatchObject({ name: 'sleep' });
    expect(procfs.commandLine(pid).map(String)).toEqual(['sleep', '1000']);
    expect(procfs.locksOn(pidfile)).toMatchObject([{ kind: 'POSIX', access: 'READ', pid }]);
  });

  it('has a session and group that it does not lead, and no terminal', async () => {
    const pid = await start(scratch());
    const stat = procfs.stat(pid);
    expect(stat?.tty).toBe(0);
    expect(stat?.session).toBe(stat?.group);
    expect(stat?.session).not.toBe(pid);
    expect(stat?.session).not.toBe(procfs.stat(process.pid)?.session);
    // The leader has ended, and with it whatever could acquire a terminal for the session.
    await eventually('the end of the session leader', () => !procfs.isAlive(stat?.session ?? 0));
  });

  it('gets no controlling terminal by opening one', async () => {
    const at = scratch();
    const pid = await start(at, [], [fixture('open_terminal'), at.file('answer')]);
    const answer = await eventually(
      'the answer',
      () => fs.existsSync(at.file('answer')) && fs.readFileSync(at.file('answer'), 'utf8'),
    );
    expect(answer).toBe('none');
    expect(procfs.stat(pid)?.tty).toBe(0);
    expect([...procfs.descriptors(pid).values()].some((file) => file.startsWith('/dev/pts/'))).toBe(true);
  });

  it('would get one as a session leader: the test above can fail', async () => {
    const at = scratch();
    const leader = spawn(fixture('open_terminal'), [at.file('answer')], { detached: true, stdio: 'ignore' });
    endLater(leader.pid ?? 0);
    const answer = await eventually(
      'the answer',
      () => fs.existsSync(at.file('answer')) && fs.readFileSync(at.file('answer'), 'utf8'),
    );
    expect(answer).toBe('terminal');
    expect(procfs.stat(leader.pid ?? 0)?.tty).not.toBe(0);
  });

  it('is the child of init, or of a subreaper above the caller', async () => {
    const pid = await start(scratch());
    expect(ancestors()).toContain(procfs.stat(pid)?.ppid);
  });

  it('is the child of the subreaper below which it was started', async () => {
    const at = scratch();
    const args = [at.file('left'), TDAEMON, '--json', ...mark(at), '--', 'sleep', '1000'];
    const subreaper = spawn(fixture('subreaper'), args, { stdio: ['pipe', 'pipe', 'inherit'] });
    const text: string = await new Promise((resolve) =>
      subreaper.stdout.setEncoding('utf8').once('data', resolve),
    );
    await eventually('the end of tdaemon', () => fs.existsSync(at.file('left')));
    expect(procfs.stat(JSON.parse(text).pid)?.ppid).toBe(subreaper.pid);
    subreaper.stdin.end();
  });

  it('is in / with umask 022 and the null device on 0, 1 and 2', async () => {
    const at = scratch();
    const pid = await start(at, [], undefined, { cwd: at.directory });
    expect(procfs.link(pid, 'cwd')).toBe('/');
    expect(procfs.status(pid, 'Umask')).toBe('0022');
    expect([...procfs.descriptors(pid)]).toEqual([0, 1, 2].map((number) => [number, '/dev/null']));
    for (const number of [0, 1, 2])
      expect(procfs.descriptorFlags(pid, number) & 0o3, `access of ${number}`).toBe(fs.constants.O_RDWR);
  });

  it('holds the lock of its pidfile on a high number, read-only, and nothing else', async () => {
    const at = scratch();
    const pid = await start(at, ['--pidfile', at.file('pid')]);
    const open = procfs.descriptors(pid);
    const kept = [...open.keys()].filter((descriptor) => descriptor > 2);
    expect(kept).toHaveLength(1);
    const [lock = 0] = kept;
    expect(lock).toBeGreaterThanOrEqual(255);
    expect(fs.statSync(`/proc/${pid}/fd/${lock}`).ino).toBe(fs.statSync(at.file('pid')).ino);
    expect(procfs.descriptorFlags(pid, lock) & 0o3).toBe(fs.constants.O_RDONLY);
  });

  it('has default dispositions and an empty mask', async () => {
    const pid = await start(scratch());
    for (const set of SIGNAL_SETS) expect(procfs.status(pid, set), set).toBe('0000000000000000');
  });
});
