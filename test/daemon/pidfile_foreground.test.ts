/** --foreground: the process that was started becomes the daemon, and its pidfile keeps the same rules. */
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import { describe, expect, it } from 'vitest';
import { eventually } from '../helpers/eventually';
import { TDAEMON } from '../helpers/paths';
import * as pidfiles from '../helpers/pidfiles';
import * as procfs from '../helpers/procfs';
import { endLater, type Scratch, scratch } from '../helpers/scratch';

/** Resolves with the pid once the process has become the command. */
async function startInForeground(at: Scratch, ...options: string[]): Promise<number> {
  const child = spawn(TDAEMON, ['--foreground', '-p', at.file('pid'), ...options, '--', 'sleep', '1000'], {
    stdio: 'ignore',
  });
  const pid = endLater(child.pid as number);
  await eventually('exec', () => procfs.stat(pid)?.name === 'sleep' || child.exitCode !== null);
  expect(child.exitCode).toBeNull();
  return pid;
}

describe('a pidfile with --foreground', () => {
  it('names the process itself, which holds the lock after exec', async () => {
    const at = scratch();
    const pid = await startInForeground(at);
    expect(pidfiles.readPid(at.file('pid'))).toBe(pid);
    expect(procfs.locksOn(at.file('pid'))).toMatchObject([{ kind: 'POSIX', access: 'READ', pid }]);
    expect(pidfiles.getAttribute(at.file('pid'))).toBe(pidfiles.identityOf(pid));
    expect(await pidfiles.start(at, ['-p', at.file('pid')])).toMatchObject({ status: 1 });
    expect(await pidfiles.start(at, ['-p', at.file('pid'), '--foreground'])).toMatchObject({ status: 1 });
  });

  it('takes over a stale one', async () => {
    const at = scratch();
    at.write('pid', `${pidfiles.deadPid()}\n`);
    const pid = await startInForeground(at);
    expect(pidfiles.readPid(at.file('pid'))).toBe(pid);
    expect(fs.readdirSync(at.directory)).toEqual(['pid']);
  });

  it('is gone when the command cannot be executed', async () => {
    const at = scratch();
    const ran = await pidfiles.start(at, ['--foreground', '-p', at.file('pid')], ['/no/such/command']);
    expect(ran).toMatchObject({ status: 127 });
    pidfiles.expectNothingLeft(at);
  });

  it('is gone when a later step fails', async () => {
    const at = scratch();
    const ran = await pidfiles.start(at, [
      '--foreground',
      '-p',
      at.file('pid'),
      '--chdir',
      at.file('missing'),
    ]);
    pidfiles.expectRefused(ran, 'ENOENT');
    pidfiles.expectNothingLeft(at);
  });

  it('takes over a stale one while it holds a lock file, which its own first try has locked', async () => {
    const at = scratch();
    at.write('pid', `${pidfiles.deadPid()}\n`);
    const pid = await startInForeground(at, '--lock', at.file('lock'));
    expect(pidfiles.readPid(at.file('pid'))).toBe(pid);
  });
});
