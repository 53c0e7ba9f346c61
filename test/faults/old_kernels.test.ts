/** What an old kernel, a strict sandbox or an odd file system lacks: the fallbacks work. */
import fs from 'node:fs';
import { describe, expect, it } from 'vitest';
import { asleep } from '../helpers/asleep';
import { isRoot } from '../helpers/privileges';
import * as procfs from '../helpers/procfs';
import { scratch } from '../helpers/scratch';
import { mark, SLEEPER } from '../helpers/start';
import { straceDaemon } from '../helpers/strace_daemon';
import { tdaemon } from '../helpers/tdaemon';

const MISSING: { what: string; faults: string[] }[] = [
  { what: 'close_range (ENOSYS)', faults: ['close_range:error=ENOSYS'] },
  { what: 'close_range (EPERM)', faults: ['close_range:error=EPERM'] },
  { what: 'pidfd_open (ENOSYS)', faults: ['pidfd_open:error=ENOSYS'] },
  { what: 'pidfd_open (EPERM)', faults: ['pidfd_open:error=EPERM'] },
  {
    what: 'all pidfds',
    faults: ['pidfd_open:error=ENOSYS', 'pidfd_send_signal:error=ENOSYS', 'pidfd_getfd:error=ENOSYS'],
  },
  { what: 'extended attributes', faults: ['fsetxattr:error=EOPNOTSUPP'] },
  {
    what: 'all of it',
    faults: [
      'close_range:error=ENOSYS',
      'pidfd_open:error=ENOSYS',
      'fsetxattr:error=EPERM',
      'renameat2:error=ENOSYS',
    ],
  },
];

const WAYS = [
  { way: 'as the caller', options: [] as string[] },
  ...(isRoot ? [{ way: 'with --user', options: ['--user', 'nobody'] }] : []),
];

describe.each(WAYS)('$way, without', ({ options }) => {
  it.each(MISSING)('$what', async ({ faults }) => {
    const at = scratch();
    const inject = faults.flatMap((fault) => ['-e', `inject=${fault}`]);
    const daemon = await straceDaemon(at, inject, [...options, '--pidfile', at.file('pid')]);
    expect(daemon).toMatchObject({ ok: true, status: 0 });
    const pid = await asleep(daemon.pid);
    expect(fs.readFileSync(at.file('pid'), 'latin1')).toBe(`${pid}\n`);
    expect(procfs.locksOn(at.file('pid'))).toMatchObject([{ access: 'READ', pid }]);
    expect([...procfs.descriptors(pid).keys()]).toEqual([0, 1, 2, 255]);
    expect(procfs.stat(pid)?.tty).toBe(0);
    const second = await tdaemon([...mark(at), '--pidfile', at.file('pid'), '--', ...SLEEPER]);
    expect(second).toMatchObject({ status: 1 });
    await daemon.finish();
  });
});

// Root opens the directory piece by piece: the fault, which goes by the path, meets the unnamed file alone.
describe.skipIf(!isRoot)('without unnamed files (O_TMPFILE; needs root)', () => {
  it.each(['EOPNOTSUPP', 'EISDIR', 'EINVAL'])(
    '%s: a named one becomes the pidfile, and none is left',
    async (error) => {
      const at = scratch();
      fs.mkdirSync(at.file('run'));
      const inject = ['-P', at.file('run'), '-e', `inject=openat:error=${error}:when=1`];
      const daemon = await straceDaemon(at, inject, ['--pidfile', at.file('run/pid')]);
      const { pid } = daemon;
      expect(fs.readFileSync(at.file('run/pid'), 'latin1')).toBe(`${pid}\n`);
      expect(fs.readdirSync(at.file('run'))).toEqual(['pid']);
      expect(procfs.locksOn(at.file('run/pid'))).toMatchObject([{ access: 'READ', pid }]);
      expect(procfs.descriptorFlags(pid, 255) & 0o3).toBe(fs.constants.O_RDONLY);
      await daemon.finish();
    },
  );

  it.each(['ENOSYS', 'EINVAL'])('nor renameat2 (%s): it is linked', async (error) => {
    const at = scratch();
    fs.mkdirSync(at.file('run'));
    const faults = ['-e', 'inject=openat:error=EOPNOTSUPP:when=1', '-e', `inject=renameat2:error=${error}`];
    const daemon = await straceDaemon(
      at,
      ['-P', at.file('run'), ...faults],
      ['--pidfile', at.file('run/pid')],
    );
    expect(fs.readFileSync(at.file('run/pid'), 'latin1')).toBe(`${daemon.pid}\n`);
    expect(fs.readdirSync(at.file('run'))).toEqual(['pid']);
    expect(fs.statSync(at.file('run/pid')).nlink).toBe(1);
    await daemon.finish();
  });
});
