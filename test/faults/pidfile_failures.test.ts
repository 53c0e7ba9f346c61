/** A start that fails after the pidfile was published takes it back: no daemon, no pidfile, no temporary file. */
import fs from 'node:fs';
import { describe, expect, it } from 'vitest';
import * as pidfiles from '../helpers/pidfiles';
import { type Scratch, scratch } from '../helpers/scratch';
import { straceTdaemon } from '../helpers/strace';
import { shell, tdaemon } from '../helpers/tdaemon';
import { isRoot, TARGET } from '../helpers/users';

interface Failing {
  what: string;
  options?: (at: Scratch) => string[];
  command?: (at: Scratch) => string[];
  files?: string[];
  status: number;
  says: string;
  /** Skipped otherwise: only root can change to another user or root directory. */
  needsRoot?: true;
}

const FAILURES: Failing[] = [
  { what: 'a missing command', command: () => ['./missing-command'], status: 127, says: 'ENOENT' },
  {
    what: 'a command not in PATH',
    command: () => ['no-such-command-anywhere'],
    status: 127,
    says: 'not found',
  },
  {
    what: 'a command without permission',
    command: (at) => [at.write('plain', 'text')],
    files: ['plain'],
    status: 126,
    says: 'EACCES',
  },
  {
    what: 'a missing interpreter',
    command: (at) => [at.write('script', '#!/no/such/interpreter\n')],
    files: ['script'],
    status: 126,
    says: 'interpreter',
  },
  {
    what: 'a log in a missing directory',
    options: (at) => ['--log', at.file('missing/log')],
    status: 125,
    says: 'ENOENT',
  },
  {
    what: 'a log that is a directory',
    options: (at) => ['--stderr', at.directory],
    status: 125,
    says: 'directory',
  },
  {
    what: 'a standard input that is missing',
    options: (at) => ['--stdin', at.file('missing')],
    status: 125,
    says: 'ENOENT',
  },
  {
    what: 'a working directory that is missing',
    options: (at) => ['--chdir', at.file('missing')],
    status: 125,
    says: 'ENOENT',
  },
  {
    what: 'an unknown user',
    options: () => ['--user', 'no-such-user-here'],
    status: 125,
    says: 'unknown user',
  },
  {
    what: 'a working directory that is closed to the new user',
    options: (at) => {
      fs.mkdirSync(at.file('closed'), { mode: 0o700 });
      return ['--user', TARGET.option, '--chdir', at.file('closed')];
    },
    files: ['closed'],
    status: 125,
    says: 'EACCES',
    needsRoot: true,
  },
  {
    what: 'a command that is closed to the new user',
    options: () => ['--user', TARGET.option],
    command: (at) => {
      const script = at.write('script', '#!/bin/sh\n');
      fs.chmodSync(script, 0o700);
      return [script];
    },
    files: ['script'],
    status: 126,
    says: 'EACCES',
    needsRoot: true,
  },
  {
    what: 'a root directory that is missing',
    options: (at) => ['--chroot', at.file('missing')],
    status: 125,
    says: 'ENOENT',
    needsRoot: true,
  },
];

describe.each(FAILURES)('$what', (failing) => {
  it.skipIf(failing.needsRoot && !isRoot)('leaves no pidfile', async () => {
    const at = scratch();
    const { options = () => [], command = () => ['sleep', '1000'] } = failing;
    const ran = await pidfiles.start(at, ['-p', at.file('pid'), ...options(at)], command(at));
    expect(ran).toMatchObject({ status: failing.status, stdout: '' });
    expect(ran.stderr).toContain(failing.says);
    pidfiles.expectNothingLeft(at, failing.files);
  });

  it.skipIf(failing.needsRoot && !isRoot)('leaves none where a stale one was taken over', async () => {
    const at = scratch();
    const { options = () => [], command = () => ['sleep', '1000'] } = failing;
    at.write('pid', `${pidfiles.deadPid()}\n`);
    const ran = await pidfiles.start(at, ['-p', at.file('pid'), ...options(at)], command(at));
    expect(ran).toMatchObject({ status: failing.status });
    // What fails before the first look at the pidfile may leave the stale one: nothing runs by it.
    const left = fs.readdirSync(at.directory).filter((name) => !failing.files?.includes(name));
    expect(left.filter((name) => name !== 'pid')).toEqual([]);
    expect(await pidfiles.startWith(at, at.file('pid'))).toBeGreaterThan(0);
  });

  it.skipIf(failing.needsRoot && !isRoot)('does not touch the pidfile of a live daemon', async () => {
    const at = scratch();
    const { options = () => [], command = () => ['sleep', '1000'] } = failing;
    await pidfiles.startWith(at, at.file('pid'));
    const before = pidfiles.fingerprint(at.file('pid'));
    const ran = await pidfiles.start(at, ['-p', at.file('pid'), ...options(at)], command(at));
    expect(ran.status).not.toBe(0);
    expect(pidfiles.fingerprint(at.file('pid'))).toEqual(before);
  });
});

describe('limits', () => {
  it('a limit that no user may have leaves no pidfile', async () => {
    const at = scratch();
    // Above fs.nr_open, which not even CAP_SYS_RESOURCE overrides (getrlimit(2)).
    const ran = await pidfiles.start(at, ['-p', at.file('pid'), '--limit', 'nofile=9999999999']);
    pidfiles.expectRefused(ran, 'nofile', 'EPERM');
    pidfiles.expectNothingLeft(at);
  });

  it('a file size limit of nothing kills before a pidfile can be: none is left', async () => {
    const at = scratch();
    const ran = await shell('ulimit -f 0; exec "$TDAEMON" -p "$PIDFILE" -- sleep 1000', {
      env: { PIDFILE: at.file('pid'), TEST_DIRECTORY: at.directory },
    });
    expect(ran.status).toBe(125);
    pidfiles.expectNothingLeft(at);
  });

  it('a file size limit for the daemon alone does not hinder its pidfile', async () => {
    const at = scratch();
    await pidfiles.startWith(at, at.file('pid'), '--limit', 'fsize=0');
  });

  it('few open files for the daemon do not hinder its pidfile', async () => {
    const at = scratch();
    await pidfiles.startWith(at, at.file('pid'), '--limit', 'nofile=16:16');
  });
});

describe('a signal', () => {
  it.each(['execve', 'chdir'])('SIGKILL to the daemon at its %s leaves no pidfile', async (call) => {
    const at = scratch();
    // A path of its own singles out the daemon: nothing else executes or enters this one.
    const own = call === 'execve' ? at.write('program', '#!/bin/sh\nexec sleep 1000\n') : at.directory;
    const ran = await straceTdaemon(
      at.file('strace'),
      ['-P', own, '-e', `inject=${call}:signal=KILL:error=EIO:when=1`],
      [
        '-p',
        at.file('pid'),
        ...(call === 'chdir' ? ['--chdir', own] : []),
        '--',
        call === 'execve' ? own : 'sleep',
        '1000',
      ],
    );
    pidfiles.expectRefused(ran, 'killed');
    fs.rmSync(at.file('strace'));
    pidfiles.expectNothingLeft(at, call === 'execve' ? ['program'] : []);
  });
});

describe('the dry run', () => {
  it('makes no pidfile', async () => {
    const at = scratch();
    expect(await tdaemon(['--dry-run', '-p', at.file('pid'), '--', 'sleep', '1'])).toMatchObject({
      status: 0,
    });
    pidfiles.expectNothingLeft(at);
  });
});
