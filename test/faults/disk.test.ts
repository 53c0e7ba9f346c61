/** Full disks, removed directories and pipes that nobody reads. */
import fs from 'node:fs';
import { describe, expect, it } from 'vitest';
import { because, notRoot } from '../helpers/needs';
import { expectCleanFailure, strace } from '../helpers/nothing_left';
import * as procfs from '../helpers/procfs';
import { scratch } from '../helpers/scratch';
import { fill, mayMount, smallDisk } from '../helpers/small_disk';
import { start } from '../helpers/start';
import { run } from '../helpers/tdaemon';

describe.skipIf(!mayMount)('a full disk (needs the right to mount)', () => {
  it('for the pidfile: 125, no daemon, no file', async () => {
    const at = scratch();
    const disk = smallDisk(at, 'size=16k');
    const filler = fill(disk);
    const pidfile = `${disk}/pid`;
    const failure = await expectCleanFailure(at, { pidfile });
    expect(failure).toMatchObject({
      status: 125,
      stage: 'pidfile',
      code: 'ENOSPC',
      path: pidfile,
      message: `cannot create pidfile '${pidfile}': no space left on device (ENOSPC)`,
    });
    expect(fs.readdirSync(disk)).toEqual([filler]);
  });

  it('for the pidfile, where there are no unnamed files: the named one is gone too', async () => {
    const at = scratch();
    const disk = smallDisk(at, 'size=16k');
    const filler = fill(disk);
    const under = strace(at, '-P', disk, '-e', 'inject=openat:error=EOPNOTSUPP:when=1');
    const failure = await expectCleanFailure(at, { under, pidfile: `${disk}/pid` });
    expect(failure).toMatchObject({ status: 125, stage: 'pidfile', code: 'ENOSPC' });
    expect(fs.readdirSync(disk)).toEqual([filler]);
  });

  it('without a free inode for the log: 125', async () => {
    const at = scratch();
    const disk = smallDisk(at, 'nr_inodes=2');
    fs.writeFileSync(`${disk}/filler`, '');
    const failure = await expectCleanFailure(at, { options: ['--log', `${disk}/log`] });
    expect(failure).toMatchObject({ status: 125, stage: 'stdout', code: 'ENOSPC', path: `${disk}/log` });
  });

  it('for what a daemon writes is the daemon’s affair: it runs', async () => {
    const at = scratch();
    const disk = smallDisk(at, 'size=16k');
    fill(disk);
    const pid = await start(at, ['--log', `${disk}/log`], ['/bin/sh', '-c', 'echo lost; exec sleep 1000']);
    expect(procfs.isAlive(pid)).toBe(true);
    expect(procfs.descriptors(pid).get(1)).toBe(`${disk}/log`);
  });
});

describe('a quota that is used up', () => {
  it('when the pidfile gets its name: 125, no file', async () => {
    const at = scratch();
    const failure = await expectCleanFailure(at, { under: strace(at, '-e', 'inject=linkat:error=EDQUOT') });
    expect(failure).toMatchObject({ status: 125, stage: 'pidfile', code: 'EDQUOT' });
    expect(failure.message).toContain('disk quota exceeded (EDQUOT)');
  });

  // Root opens the directory piece by piece: the fault, which goes by the path, meets the log alone.
  it.skipIf(notRoot())(`when the log is created: 125${because(notRoot())}`, async () => {
    const at = scratch();
    const log = at.file('log');
    // The first opening finds that the file is not there.
    const under = strace(at, '-P', at.directory, '-e', 'inject=openat:error=EDQUOT:when=2');
    const failure = await expectCleanFailure(at, { under, options: ['--log', log] });
    expect(failure).toMatchObject({ status: 125, stage: 'stdout', code: 'EDQUOT', path: log });
    expect(fs.existsSync(log)).toBe(false);
  });
});

describe('a log', () => {
  it('that is a FIFO without a reader: 125 at once, no hang', async () => {
    const at = scratch();
    await run('mkfifo', [at.file('fifo')]);
    for (const [option, stage] of [
      ['--log', 'stdout'],
      ['--stderr', 'stderr'],
    ] as const) {
      const failure = await expectCleanFailure(at, { options: [option, at.file('fifo')] });
      expect(failure).toMatchObject({ status: 125, stage, code: 'ENXIO', path: at.file('fifo') });
      expect(failure.message).toBe(
        `cannot open '${at.file('fifo')}' for ${stage}: nobody reads from it (ENXIO)`,
      );
    }
  });

  it('whose directory has been removed: 125', async () => {
    const at = scratch();
    fs.mkdirSync(at.file('gone'));
    const script = `rmdir "$1/gone" && shift && exec "$@"`;
    const failure = await expectCleanFailure(at, {
      under: ['/bin/sh', '-c', script, 'sh', at.directory],
      spawning: { cwd: at.file('gone') },
      options: ['--log', at.file('gone/log')],
    });
    expect(failure).toMatchObject({
      status: 125,
      stage: 'stdout',
      code: 'ENOENT',
      path: at.file('gone/log'),
    });
  });

  it('relative to a directory that has been removed: 125', async () => {
    const at = scratch();
    fs.mkdirSync(at.file('gone'));
    const script = `rmdir "$1/gone" && shift && exec "$@"`;
    const failure = await expectCleanFailure(at, {
      under: ['/bin/sh', '-c', script, 'sh', at.directory],
      spawning: { cwd: at.file('gone') },
      options: ['--log', 'log'],
    });
    expect(failure).toMatchObject({ status: 125, code: 'ENOENT' });
  });
});
