/** --lock: an flock(2) that other programs see, and that ends with the daemon. */
import fs from 'node:fs';
import { describe, expect, it } from 'vitest';
import { eventually } from '../helpers/eventually';
import { expectCleanFailure } from '../helpers/nothing_left';
import { TDAEMON } from '../helpers/paths';
import { isRoot } from '../helpers/privileges';
import * as procfs from '../helpers/procfs';
import { scratch } from '../helpers/scratch';
import { mark, start } from '../helpers/start';
import { run, tdaemon } from '../helpers/tdaemon';

/** What flock(1) says: whether somebody else could take the lock. */
async function isFree(file: string): Promise<boolean> {
  return (await run('flock', ['--nonblock', '--conflict-exit-code', '9', file, 'true'])).status === 0;
}

describe('--lock', () => {
  it('excludes flock(1) while the daemon lives, and not longer', async () => {
    const at = scratch();
    const pid = await start(at, ['--lock', at.file('lock')]);
    expect(await isFree(at.file('lock'))).toBe(false);
    process.kill(pid, 'SIGKILL');
    await eventually('the end of the daemon', () => !procfs.isAlive(pid));
    expect(await isFree(at.file('lock'))).toBe(true);
    expect(fs.existsSync(at.file('lock'))).toBe(true);
  });

  it('is held on one descriptor, high and read-only', async () => {
    const at = scratch();
    const pid = await start(at, ['--lock', at.file('lock')]);
    const open = procfs.descriptors(pid);
    expect([...open.keys()]).toEqual([0, 1, 2, 255]);
    expect(open.get(255)).toBe(at.file('lock'));
    expect(procfs.descriptorFlags(pid, 255) & 0o3).toBe(fs.constants.O_RDONLY);
    expect(procfs.locksOn(at.file('lock'))).toMatchObject([{ kind: 'FLOCK', access: 'WRITE' }]);
  });

  it('goes with a pidfile', async () => {
    const at = scratch();
    const pid = await start(at, ['--lock', at.file('lock'), '--pidfile', at.file('pid')]);
    expect([...procfs.descriptors(pid).keys()]).toEqual([0, 1, 2, 255, 256]);
    expect(await isFree(at.file('lock'))).toBe(false);
    expect(procfs.locksOn(at.file('pid'))).toMatchObject([{ kind: 'POSIX', access: 'READ', pid }]);
  });

  it('makes a second start exit 1, and nothing is left of it', async () => {
    const at = scratch();
    const options = ['--lock', at.file('lock')];
    await start(at, options);
    const message = `tdaemon: already running: another process holds the lock '${at.file('lock')}'\n`;
    const second = await tdaemon([...mark(at), ...options, '--', 'sleep', '1000']);
    expect(second).toEqual({ status: 1, signal: null, stdout: '', stderr: message });
    const other = scratch();
    expect(await expectCleanFailure(other, { options })).toMatchObject({ status: 1, stage: 'lock' });
  });

  it('held already makes --oknodo succeed', async () => {
    const at = scratch();
    const options = ['--lock', at.file('lock'), '--oknodo'];
    await start(at, options);
    expect(await tdaemon([...mark(at), ...options, '--', 'sleep', '1000'])).toMatchObject({
      status: 0,
      stderr: '',
    });
    expect(procfs.mentioning(at.directory)).toHaveLength(1);
  });

  it('held by flock(1) is respected', async () => {
    const at = scratch();
    const { directory } = at;
    const script = `exec 8>${directory}/lock; flock 8; "$0" --json ${mark(at).join(' ')} --lock ${directory}/lock -- sleep 1000`;
    const ran = await run('/bin/sh', ['-c', script, TDAEMON]);
    expect(ran.status).toBe(1);
  });

  it('is released when the command cannot be executed', async () => {
    const at = scratch();
    const failure = await expectCleanFailure(at, {
      options: ['--lock', at.file('lock')],
      command: [at.file('no')],
    });
    expect(failure).toMatchObject({ status: 127 });
    expect(await isFree(at.file('lock'))).toBe(true);
  });

  it('in a missing directory: 125', async () => {
    const at = scratch();
    const failure = await expectCleanFailure(at, { options: ['--lock', at.file('no/lock')] });
    expect(failure).toMatchObject({ status: 125, stage: 'lock', code: 'ENOENT', path: at.file('no/lock') });
  });

  it.skipIf(!isRoot)('stays root’s with --user, and is held by the daemon (needs root)', async () => {
    const at = scratch();
    const pid = await start(at, ['--lock', at.file('lock'), '--user', 'nobody']);
    expect(fs.statSync(at.file('lock'))).toMatchObject({ uid: 0, gid: 0 });
    expect(procfs.descriptors(pid).get(255)).toBe(at.file('lock'));
    expect(await isFree(at.file('lock'))).toBe(false);
  });
});
