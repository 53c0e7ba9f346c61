/** File systems that are full, or that lack what the pidfile would like to use. */
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import { describe, expect, it } from 'vitest';
import { eventually } from '../helpers/eventually';
import * as pidfiles from '../helpers/pidfiles';
import * as procfs from '../helpers/procfs';
import { type Scratch, scratch } from '../helpers/scratch';
import { type Call, straceTdaemon } from '../helpers/strace';
import { type Ran, shell } from '../helpers/tdaemon';
import { isRoot } from '../helpers/users';

interface Fault {
  /** strace -P: the calls on one path only. */
  path?: string;
  inject: readonly string[];
}

/**
 * strace follows the daemon to its end, and only then returns: look while it runs, then end it.
 * Faults hit calls on the pidfile's directory as the daemon's child makes them.
 */
async function startUnderStrace(
  at: Scratch,
  { path, inject }: Fault,
  look?: (pid: number) => void | Promise<void>,
): Promise<Ran & { calls: Call[] }> {
  const other = scratch();
  const faults = inject.flatMap((fault) => ['-e', `inject=${fault}`]);
  const ended = straceTdaemon(
    other.file('strace'),
    [...(path === undefined ? [] : ['-P', path]), '-e', `trace=${TRACED}`, ...faults],
    ['-p', at.file('pid'), '--env', `TEST_DIRECTORY=${at.directory}`, '--', 'sleep', '1000'],
  );
  if (!look) return ended;
  let over = false;
  const end = () => {
    over = true;
  };
  ended.then(end, end);
  const pid = await eventually('the daemon', () => over || runningDaemon(at.file('pid')));
  if (typeof pid === 'number') {
    await look(pid);
    await pidfiles.kill(pid);
  }
  return ended;
}

const TRACED = 'openat,linkat,renameat2,fsetxattr';

function runningDaemon(pidfile: string): number | undefined {
  try {
    const pid = Number(fs.readFileSync(pidfile, 'latin1'));
    return String(procfs.commandLine(pid)[0]) === 'sleep' ? pid : undefined;
  } catch {
    return undefined;
  }
}

function injected(calls: readonly Call[]): string[] {
  return calls.filter(({ result }) => result.includes('(INJECTED)')).map(({ name }) => name);
}

/** The first call on the directory is the one that opens an unnamed file in it. */
const NO_UNNAMED_FILES = 'openat:error=EOPNOTSUPP:when=1';

async function expectWhole(at: Scratch, pid: number): Promise<void> {
  expect(fs.readFileSync(at.file('pid'), 'latin1')).toBe(`${pid}\n`);
  expect(fs.readdirSync(at.directory)).toEqual(['pid']);
  expect(fs.statSync(at.file('pid'))).toMatchObject({ nlink: 1 });
  expect(fs.statSync(at.file('pid')).mode & 0o7777).toBe(0o644);
  expect(procfs.locksOn(at.file('pid'))).toMatchObject([{ kind: 'POSIX', access: 'READ', pid }]);
  expect(await pidfiles.start(at, ['-p', at.file('pid')])).toMatchObject({ status: 1 });
}

// Root opens the directory piece by piece: the fault, which goes by the path, meets the unnamed file alone.
describe.skipIf(!isRoot)('a file system without O_TMPFILE (needs root)', () => {
  it.each(['EOPNOTSUPP', 'EISDIR', 'ENOENT', 'EINVAL', 'ENOSYS'])(
    '(%s) gets a named file, renamed into place',
    async (error) => {
      const at = scratch();
      const fault = { path: at.directory, inject: [`openat:error=${error}:when=1`] };
      const ran = await startUnderStrace(at, fault, async (pid) => {
        await expectWhole(at, pid);
        expect(pidfiles.getAttribute(at.file('pid'))).toBe(pidfiles.identityOf(pid));
      });
      expect(ran).toMatchObject({ status: 0, stderr: '' });
      expect(ran.calls.find(({ result }) => result.includes('(INJECTED)'))?.text).toContain('O_TMPFILE');
    },
  );

  it('and without RENAME_NOREPLACE gets a link', async () => {
    const at = scratch();
    const fault = { path: at.directory, inject: [NO_UNNAMED_FILES, 'renameat2:error=EINVAL'] };
    const ran = await startUnderStrace(at, fault, (pid) => expectWhole(at, pid));
    expect(ran).toMatchObject({ status: 0, stderr: '' });
    expect(injected(ran.calls)).toEqual(['openat', 'renameat2']);
  });

  it.each(['EIO', 'ENOSPC'])('leaves no temporary file when the renaming fails with %s', async (code) => {
    const at = scratch();
    const fault = { path: at.directory, inject: [NO_UNNAMED_FILES, `renameat2:error=${code}`] };
    const { calls, ...ran } = await startUnderStrace(at, fault);
    pidfiles.expectRefused(ran, code);
    expect(injected(calls)).toEqual(['openat', 'renameat2']);
    pidfiles.expectNothingLeft(at);
  });

  // ENOENT, because the fault also hits the caller's first look at the existing file, which then looks again.
  const EVERYBODY_ONCE = 'openat:error=ENOENT:when=1';

  it('does not replace the pidfile of a live daemon', async () => {
    const at = scratch();
    const pid = await pidfiles.startWith(at, at.file('pid'));
    const ran = await startUnderStrace(at, { path: at.directory, inject: [EVERYBODY_ONCE] });
    expect(ran).toMatchObject({ status: 1 });
    expect(ran.calls.map(({ name }) => name)).toContain('renameat2');
    await expectWhole(at, pid);
  });

  it('takes over a stale pidfile too', async () => {
    const at = scratch();
    at.write('pid', `${pidfiles.deadPid()}\n`);
    const fault = { path: at.directory, inject: [EVERYBODY_ONCE] };
    const ran = await startUnderStrace(at, fault, (pid) => expectWhole(at, pid));
    expect(ran).toMatchObject({ status: 0, stderr: '' });
    expect(ran.calls.map(({ name }) => name)).toContain('renameat2');
  });
});

describe('a file system without extended attributes', () => {
  it('gets a pidfile that is judged by its time', async () => {
    const at = scratch();
    const fault = { inject: ['fsetxattr:error=EOPNOTSUPP'] };
    const ran = await startUnderStrace(at, fault, async (pid) => {
      await expectWhole(at, pid);
      for (const name of ['user.tdaemon', 'trusted.tdaemon'])
        expect(() => pidfiles.getAttribute(at.file('pid'), name)).toThrow();
    });
    expect(ran).toMatchObject({ status: 0, stderr: '' });
    expect(injected(ran.calls)).toContain('fsetxattr');
    // The daemon has been killed: stale.
    await pidfiles.startWith(at, at.file('pid'));
  });

  it.skipIf(!isRoot)('of the user kind gets a trusted one (needs root: CAP_SYS_ADMIN)', async () => {
    const at = scratch();
    const fault = { inject: ['fsetxattr:error=EOPNOTSUPP:when=1'] };
    await startUnderStrace(at, fault, async (pid) => {
      expect(pidfiles.getAttribute(at.file('pid'), 'trusted.tdaemon')).toBe(pidfiles.identityOf(pid));
      await expectWhole(at, pid);
    });
    // Its daemon is dead and its pid another's: only the attribute can tell.
    const stranger = pidfiles.stranger();
    fs.writeFileSync(at.file('pid'), `${stranger}\n`);
    await pidfiles.startWith(at, at.file('pid'));
    expect(procfs.isAlive(stranger)).toBe(true);
  });
});

describe('a step of publishing that fails', () => {
  it.each(['ENOSPC', 'EDQUOT', 'EIO'])('with %s leaves no file and no daemon', async (code) => {
    const at = scratch();
    const other = scratch();
    // fchmod comes right after the write and nothing else in a start calls it; a real ENOSPC is below.
    const ran = await straceTdaemon(
      other.file('strace'),
      ['-e', 'trace=fchmod', '-e', `inject=fchmod:error=${code}`],
      ['-p', at.file('pid'), '--', 'sleep', '1000'],
    );
    pidfiles.expectRefused(ran, 'cannot create pidfile', code);
    pidfiles.expectNothingLeft(at);
  });
});

/** Mounting takes CAP_SYS_ADMIN, which root has not everywhere. */
const canMount = spawnSync('unshare', ['-m', 'true']).status === 0;

describe.skipIf(!canMount)('a real file system that is full (needs mounts in a namespace of its own)', () => {
  const FULL = {
    space: ['size=16k', 'dd if=/dev/zero of=filler bs=1k 2>/dev/null'],
    inodes: ['nr_inodes=4', 'for name in a b c d; do mkdir $name; done'],
  } as const;

  it.each(['space', 'inodes'] as const)('of %s: ENOSPC, no daemon, no file', async (what) => {
    const at = scratch();
    const [options, fill] = FULL[what];
    const script = `
      mount -t tmpfs -o ${options},mode=755 none "$TEST_DIRECTORY" || exit 99
      cd "$TEST_DIRECTORY" || exit 99
      { ${fill}; } 2>/dev/null
      ls -a > /dev/shm/before.$$
      "$TDAEMON" -p "$TEST_DIRECTORY/pid" -- sleep 1000
      status=$?
      ls -a | cmp - /dev/shm/before.$$ || status=98
      rm /dev/shm/before.$$
      exit $status`;
    const ran = await shell(`unshare -m sh -c '${script.replaceAll("'", "'\\''")}'`, {
      env: { TEST_DIRECTORY: at.directory },
    });
    pidfiles.expectRefused(ran, 'cannot create pidfile', 'ENOSPC');
    pidfiles.expectNothingLeft(at);
  });
});
