/** The state of the caller that a daemon must not get, and the state that it must. */
import fs from 'node:fs';
import { describe, expect, it } from 'vitest';
import { asleep } from '../helpers/asleep';
import * as procfs from '../helpers/procfs';
import { type Scratch, scratch } from '../helpers/scratch';
import { told } from '../helpers/start';
import { shell } from '../helpers/tdaemon';

/** Runs a shell's line in which $START begins a start, and gives back the daemon's pid. */
async function startFrom(at: Scratch, script: string, environment: NodeJS.ProcessEnv = {}): Promise<number> {
  const ran = await shell(script.replace('START', '"$TDAEMON" --json --env TDAEMON_TEST="$AT"'), {
    env: { ...environment, AT: at.directory },
  });
  expect(ran, ran.stdout + ran.stderr).toMatchObject({ status: 0, stderr: '' });
  return asleep(told(ran).pid);
}

const LIMITS = [
  'Max cpu time',
  'Max file size',
  'Max data size',
  'Max stack size',
  'Max core file size',
  'Max resident set',
  'Max processes',
  'Max locked memory',
  'Max address space',
  'Max file locks',
  'Max pending signals',
  'Max msgqueue size',
  'Max nice priority',
  'Max realtime priority',
  'Max realtime timeout',
];

describe("the caller's limits", () => {
  it.each(['512', '1024', '100'])(
    'pass a soft limit of %s open files on, although Node raises its own',
    async (soft) => {
      const at = scratch();
      const pid = await startFrom(at, `ulimit -Sn ${soft}; START -- sleep 1000`);
      const hard = procfs.limit(process.pid, 'Max open files')?.hard;
      expect(procfs.limit(pid, 'Max open files')).toEqual({ soft, hard });
    },
  );

  it('pass a hard limit on', async () => {
    const pid = await startFrom(scratch(), 'ulimit -Sn 300; ulimit -Hn 400; START -- sleep 1000');
    expect(procfs.limit(pid, 'Max open files')).toEqual({ soft: '300', hard: '400' });
  });

  it('pass all others on', async () => {
    const script = 'ulimit -Sc 0; ulimit -Ss 4096; ulimit -St 90000; ulimit -Ht 100000; START -- sleep 1000';
    const pid = await startFrom(scratch(), script);
    const changed: Record<string, unknown> = {
      'Max core file size': { soft: '0' },
      'Max stack size': { soft: '4194304' },
      'Max cpu time': { soft: '90000', hard: '100000' },
    };
    for (const name of LIMITS) {
      const own = procfs.limit(process.pid, name);
      expect(procfs.limit(pid, name), name).toMatchObject(changed[name] ?? own ?? {});
    }
  });

  it('tell nothing of the notes of the wrapper', async () => {
    const pid = await startFrom(
      scratch(),
      'NODE_OPTIONS=--no-warnings; export NODE_OPTIONS; START -- sleep 1000',
    );
    const names = procfs.environment(pid).map((entry) => String(entry).split('=')[0]);
    expect(names.filter((name) => name?.startsWith('TDAEMON_CALLER'))).toEqual([]);
    expect(procfs.environment(pid).map(String)).toContain('NODE_OPTIONS=--no-warnings');
  });
});

describe("the caller's descriptors", () => {
  it('are closed, on whatever numbers', async () => {
    const at = scratch();
    // dash knows single digits only.
    const open = [3, 4, 5, 10, 19, 63, 250, 251, 254, 255, 256, 500, 511];
    const script = `import os, sys
for number in [${open}]:
    os.dup2(os.open('/etc/passwd', os.O_RDONLY), number, inheritable=True)
for number in range(3, 40):
    if number % 2 and number not in [${open}]:
        try: os.close(number)
        except OSError: pass
os.execv('/bin/sh', ['sh', '-c', sys.argv[1]])`;
    at.write('many.py', script);
    const pid = await startFrom(
      at,
      `python3 "$AT/many.py" 'START -- sleep 1000'`.replace(
        'START',
        '"$TDAEMON" --json --env TDAEMON_TEST="$AT"',
      ),
    );
    expect([...procfs.descriptors(pid).keys()]).toEqual([0, 1, 2]);
  });

  it('are closed from 251, where a shell keeps its own', async () => {
    const at = scratch();
    const script = `exec 9<"$AT"; START --pidfile "$AT/pid" -- sleep 1000`;
    const pid = await startFrom(at, script);
    expect([...procfs.descriptors(pid).keys()]).toEqual([0, 1, 2, 255]);
  });

  it('are no place for the lock, should they be kept there', async () => {
    const at = scratch();
    at.write('input', 'x');
    const python = `import os
os.dup2(os.open('${at.file('input')}', os.O_RDONLY), 255, inheritable=True)
os.execv('/bin/sh', ['sh', '-c', os.environ['LINE']])`;
    at.write('high.py', python);
    const pid = await startFrom(at, `python3 "$AT/high.py"`, {
      LINE: `"$TDAEMON" --json --env TDAEMON_TEST="$AT" --pidfile "$AT/pid" --keep-fd 255 -- sleep 1000`,
    });
    const open = procfs.descriptors(pid);
    expect([...open.keys()]).toEqual([0, 1, 2, 255, 256]);
    expect(open.get(255)).toBe(at.file('input'));
    expect(fs.statSync(`/proc/${pid}/fd/256`).ino).toBe(fs.statSync(at.file('pid')).ino);
  });
});

describe("the caller's signals", () => {
  it('are neither ignored nor blocked in the daemon', async () => {
    const at = scratch();
    const script = `import os, signal
for number in range(1, 65):
    try: signal.signal(number, signal.SIG_IGN)
    except (OSError, ValueError): pass
signal.pthread_sigmask(signal.SIG_BLOCK, [n for n in range(1, 65) if n not in (32, 33)])
os.execv(os.environ['TDAEMON'], ['tdaemon', '--json', '--env', 'TDAEMON_TEST=' + os.environ['AT'], '--', 'sleep', '1000'])`;
    at.write('deaf.py', script);
    const pid = await startFrom(at, `python3 "$AT/deaf.py"`);
    for (const set of ['SigBlk', 'SigIgn', 'SigCgt', 'SigPnd', 'ShdPnd'])
      expect(procfs.status(pid, set), set).toBe('0000000000000000');
  });

  it('are not touched by an ignored SIGCHLD, as some init scripts have', async () => {
    const pid = await startFrom(scratch(), `trap '' CHLD HUP PIPE TERM; START -- sleep 1000`);
    expect(procfs.status(pid, 'SigIgn')).toBe('0000000000000000');
  });
});

describe("the caller's umask and directory", () => {
  it('are not the daemon’s', async () => {
    const at = scratch();
    const pid = await startFrom(at, 'umask 0; cd "$AT"; START -- sleep 1000');
    expect(procfs.status(pid, 'Umask')).toBe('0022');
    expect(procfs.link(pid, 'cwd')).toBe('/');
    expect(procfs.environment(pid).map(String)).toContain('PWD=/');
  });
});
