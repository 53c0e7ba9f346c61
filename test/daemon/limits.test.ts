/** --limit: what the kernel has of it. */
import { describe, expect, it } from 'vitest';
import { expectCleanFailure } from '../helpers/nothing_left';
import { mayRaiseLimits } from '../helpers/privileges';
import * as procfs from '../helpers/procfs';
import { scratch } from '../helpers/scratch';
import { start } from '../helpers/start';
import { shell, tdaemon } from '../helpers/tdaemon';

const MEBIBYTE = 1024 * 1024;

interface Wanted {
  option: string;
  name: string;
  soft?: string;
  /** Absent: the caller's stays. */
  hard?: string;
}

const WANTED: Wanted[] = [
  { option: 'nofile=600', name: 'Max open files', soft: '600' },
  { option: 'nofile=600:700', name: 'Max open files', soft: '600', hard: '700' },
  { option: 'nproc=5000:6000', name: 'Max processes', soft: '5000', hard: '6000' },
  { option: 'core=0:0', name: 'Max core file size', soft: '0', hard: '0' },
  { option: 'core=unlimited', name: 'Max core file size', soft: 'unlimited' },
  { option: 'stack=4MB', name: 'Max stack size', soft: String(4 * MEBIBYTE) },
  { option: 'as=8GB', name: 'Max address space', soft: String(8192 * MEBIBYTE) },
  {
    option: 'data=1GB:2GB',
    name: 'Max data size',
    soft: String(1024 * MEBIBYTE),
    hard: String(2048 * MEBIBYTE),
  },
  { option: 'memlock=64KB', name: 'Max locked memory', soft: '65536' },
  { option: 'fsize=50MB:unlimited', name: 'Max file size', soft: String(50 * MEBIBYTE), hard: 'unlimited' },
  { option: 'cpu=3600', name: 'Max cpu time', soft: '3600' },
  { option: 'rss=100MB', name: 'Max resident set', soft: String(100 * MEBIBYTE) },
  { option: 'locks=10', name: 'Max file locks', soft: '10' },
  { option: 'sigpending=100', name: 'Max pending signals', soft: '100' },
  { option: 'msgqueue=4096', name: 'Max msgqueue size', soft: '4096' },
  { option: 'rttime=1000000', name: 'Max realtime timeout', soft: '1000000' },
];

describe('--limit', () => {
  it.each(WANTED)('$option', async ({ option, name, soft, hard }) => {
    const own = procfs.limit(process.pid, name);
    const pid = await start(scratch(), ['--limit', option]);
    expect(procfs.limit(pid, name)).toEqual({ soft, hard: hard ?? own?.hard });
  });

  it('may be given for several', async () => {
    const pid = await start(scratch(), [
      '--limit',
      'nofile=300',
      '--limit',
      'core=1MB:1MB',
      '--limit=cpu=77',
    ]);
    expect(procfs.limit(pid, 'Max open files')?.soft).toBe('300');
    expect(procfs.limit(pid, 'Max core file size')).toEqual({ soft: '1048576', hard: '1048576' });
    expect(procfs.limit(pid, 'Max cpu time')?.soft).toBe('77');
  });

  it('wins over the limit of open files that the caller had', async () => {
    const at = scratch();
    const ran = await shell(
      'ulimit -Sn 200; "$TDAEMON" --env TDAEMON_TEST="$AT" --pidfile "$AT/pid" --limit nofile=400 -- sleep 1000; cat "$AT/pid"',
      { env: { AT: at.directory } },
    );
    expect(procfs.limit(Number(ran.stdout), 'Max open files')?.soft).toBe('400');
  });

  it.each(['fsize=0:0', 'nofile=4:4', 'nofile=4'])(
    '%s harms neither the pidfile nor the log',
    async (limit) => {
      const at = scratch();
      const pid = await start(at, ['--limit', limit, '--pidfile', at.file('pid'), '--log', at.file('log')]);
      const open = procfs.descriptors(pid);
      expect([...open.keys()]).toEqual([0, 1, 2, 255]);
      expect(procfs.locksOn(at.file('pid'))).toMatchObject([{ access: 'READ', pid }]);
    },
  );

  it.skipIf(mayRaiseLimits)('cannot raise a hard limit without CAP_SYS_RESOURCE: 125', async () => {
    const hard = Number(procfs.limit(process.pid, 'Max open files')?.hard);
    for (const limit of [`nofile=100:${hard + 1}`, `nofile=${hard + 1}`]) {
      const failure = await expectCleanFailure(scratch(), {
        options: ['--limit', 'core=0', '--limit', limit],
      });
      expect(failure, limit).toMatchObject({ status: 125, stage: 'limit', code: 'EPERM' });
      expect(failure.message).toContain('limit nofile');
    }
  });

  it.skipIf(!mayRaiseLimits)('raises a hard limit with CAP_SYS_RESOURCE', async () => {
    const at = scratch();
    const ran = await shell(
      'ulimit -n 500; "$TDAEMON" --env TDAEMON_TEST="$AT" --pidfile "$AT/pid" --limit nofile=600 -- sleep 1000; cat "$AT/pid"',
      { env: { AT: at.directory } },
    );
    expect(procfs.limit(Number(ran.stdout), 'Max open files')).toEqual({ soft: '600', hard: '600' });
  });

  it.each([
    'nofile=64KB',
    'nofile=10:5',
    'nofile=',
    'nofile',
    'nofile=-1',
    'core=1.5GB',
    'nosuch=1',
    'cpu=1h',
  ])('%s is wrong usage', async (option) => {
    const ran = await tdaemon(['--limit', option, '--', 'sleep', '1000']);
    expect(ran).toMatchObject({ status: 2, stdout: '' });
    expect(ran.stderr).toMatch(/^tdaemon: [^\n]*limit[^\n]*\n$/);
  });
});
