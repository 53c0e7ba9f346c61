/** --foreground: the calling process itself becomes the command. */
import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process';
import fs from 'node:fs';
import { describe, expect, it } from 'vitest';
import { sleeperIn } from '../helpers/asleep';
import { eventually } from '../helpers/eventually';
import { TDAEMON } from '../helpers/paths';
import { isRoot, NOBODY } from '../helpers/privileges';
import * as procfs from '../helpers/procfs';
import { endLater, type Scratch, scratch } from '../helpers/scratch';
import { mark } from '../helpers/start';
import { tdaemon } from '../helpers/tdaemon';

async function becomesSleep(child: ChildProcess): Promise<number> {
  const pid = endLater(child.pid ?? 0);
  // Asleep: execve(2) has set up all that /proc shows.
  await eventually('the command', () => {
    const now = procfs.stat(pid);
    return now?.name === 'sleep' && now.state === 'S';
  });
  return pid;
}

async function inForeground(
  at: Scratch,
  options: readonly string[],
  spawning: SpawnOptions = {},
): Promise<number> {
  const args = ['--foreground', ...mark(at), ...options, '--', 'sleep', '1000'];
  return becomesSleep(spawn(TDAEMON, args, { stdio: ['pipe', 'pipe', 'pipe'], ...spawning }));
}

/** $$ is the shell's pid, which stays through all of exec. */
async function fromShell(at: Scratch, script: string): Promise<number> {
  const env = { ...process.env, TDAEMON, AT: at.directory };
  return becomesSleep(spawn('/bin/sh', ['-c', script], { stdio: 'ignore', env }));
}

function variables(pid: number): string[] {
  return procfs.environment(pid).map(String);
}

describe('--foreground', () => {
  it('keeps the pid, the parent, the session and 0, 1 and 2', async () => {
    const at = scratch();
    fs.writeFileSync(at.file('in'), '');
    const [input, output] = [fs.openSync(at.file('in'), 'r'), fs.openSync(at.file('out'), 'a')];
    const pid = await inForeground(at, [], { stdio: [input, output, output] });
    expect(procfs.stat(pid)).toMatchObject({ ppid: process.pid, session: procfs.stat(process.pid)?.session });
    const open = procfs.descriptors(pid);
    expect([...open]).toEqual([0, 1, 2].map((number) => [number, at.file(number === 0 ? 'in' : 'out')]));
  });

  it('does all else as for a daemon', async () => {
    const at = scratch();
    const pid = await inForeground(at, [
      '--limit',
      'nofile=300',
      '--umask',
      '027',
      '--nice',
      '3',
      '--no-new-privs',
    ]);
    expect(procfs.link(pid, 'cwd')).toBe('/');
    expect(procfs.status(pid, 'Umask')).toBe('0027');
    expect(procfs.status(pid, 'NoNewPrivs')).toBe('1');
    expect(procfs.stat(pid)?.nice).toBe(3);
    expect(procfs.limit(pid, 'Max open files')?.soft).toBe('300');
    expect(procfs.status(pid, 'Threads')).toBe('1');
    for (const set of ['SigBlk', 'SigIgn', 'SigCgt', 'SigPnd', 'ShdPnd'])
      expect(procfs.status(pid, set), set).toBe('0000000000000000');
  });

  it('writes and locks the pidfile', async () => {
    const at = scratch();
    const pid = await inForeground(at, ['--pidfile', at.file('pid')]);
    expect(fs.readFileSync(at.file('pid'), 'latin1')).toBe(`${pid}\n`);
    expect([...procfs.descriptors(pid).keys()]).toEqual([0, 1, 2, 255]);
    expect(procfs.locksOn(at.file('pid'))).toMatchObject([{ kind: 'POSIX', access: 'READ', pid }]);
  });

  it('is refused where the pidfile’s daemon runs, and leaves that alone', async () => {
    const at = scratch();
    const pid = await inForeground(at, ['--pidfile', at.file('pid')]);
    const second = await tdaemon(['--foreground', '--pidfile', at.file('pid'), '--', 'sleep', '1000']);
    expect(second).toMatchObject({ status: 1, stdout: '' });
    expect(procfs.locksOn(at.file('pid'))).toMatchObject([{ pid }]);
  });

  it.skipIf(!isRoot)('changes user (needs root)', async () => {
    const pid = await inForeground(scratch(), ['--user', 'nobody']);
    expect(procfs.status(pid, 'Uid')?.split(/\s+/).map(Number)).toEqual([NOBODY, NOBODY, NOBODY, NOBODY]);
    expect(procfs.status(pid, 'Groups')).toBe(String(NOBODY));
    expect(procfs.status(pid, 'CapEff')).toBe('0000000000000000');
  });

  it('ends as the command ends', async () => {
    expect(await tdaemon(['--foreground', '--', 'sh', '-c', 'echo said; exit 7'])).toEqual({
      status: 7,
      signal: null,
      stdout: 'said\n',
      stderr: '',
    });
    expect(await tdaemon(['--foreground', '--', 'sh', '-c', 'kill -USR1 $$'])).toMatchObject({
      signal: 'SIGUSR1',
    });
  });
});

describe('sockets and notification', () => {
  const PASSED =
    'export NOTIFY_SOCKET=/run/x WATCHDOG_USEC=5 WATCHDOG_PID=$$ LISTEN_FDS=2 LISTEN_FDNAMES=a:b';
  const OPEN = '3<"$AT/a" 4<"$AT/b" 5<"$AT/c"';

  function files(at: Scratch): void {
    for (const name of ['a', 'b', 'c']) at.write(name, '');
  }

  it('reach a command in the foreground that they are meant for', async () => {
    const at = scratch();
    files(at);
    const pid = await fromShell(
      at,
      `${PASSED} LISTEN_PID=$$; exec "$TDAEMON" --foreground -- sleep 1000 ${OPEN}`,
    );
    const open = procfs.descriptors(pid);
    expect([...open.keys()]).toEqual([0, 1, 2, 3, 4]);
    expect([open.get(3), open.get(4)]).toEqual([at.file('a'), at.file('b')]);
    const expected = [
      `LISTEN_PID=${pid}`,
      'LISTEN_FDS=2',
      'LISTEN_FDNAMES=a:b',
      'NOTIFY_SOCKET=/run/x',
      'WATCHDOG_USEC=5',
    ];
    expect(variables(pid)).toEqual(expect.arrayContaining([...expected, `WATCHDOG_PID=${pid}`]));
  });

  it('do not where LISTEN_PID is another’s', async () => {
    const at = scratch();
    files(at);
    const pid = await fromShell(
      at,
      `${PASSED} LISTEN_PID=1; exec "$TDAEMON" --foreground -- sleep 1000 ${OPEN}`,
    );
    expect([...procfs.descriptors(pid).keys()]).toEqual([0, 1, 2]);
    expect(variables(pid).filter((entry) => entry.startsWith('LISTEN_'))).toEqual([]);
    expect(variables(pid)).toContain('NOTIFY_SOCKET=/run/x');
  });

  it('reach no daemon', async () => {
    const at = scratch();
    files(at);
    const line = `"$TDAEMON" --env TDAEMON_TEST="$AT" --pidfile "$AT/pid" -- sleep 1000 ${OPEN}; exec sleep 1000`;
    await fromShell(at, `${PASSED} LISTEN_PID=$$; ${line}`);
    const pid = await sleeperIn(at.file('pid'));
    expect([...procfs.descriptors(pid).keys()]).toEqual([0, 1, 2, 255]);
    expect(variables(pid).filter((entry) => /^(LISTEN|NOTIFY|WATCHDOG)_/.test(entry))).toEqual([]);
  });
});

describe('a failure in the foreground', () => {
  interface Late {
    what: string;
    options: readonly string[];
    command: readonly string[];
    expected: Record<string, unknown>;
    root?: true;
  }

  const LATE: Late[] = [
    { what: 'exec', options: [], command: ['/no/such'], expected: { status: 127, stage: 'exec' } },
    {
      what: 'chdir',
      options: ['-c', '/no/such'],
      command: ['true'],
      expected: { status: 125, stage: 'chdir' },
    },
    {
      what: 'a log',
      options: ['-o', '/no/such'],
      command: ['true'],
      expected: { status: 125, stage: 'stdout' },
    },
    {
      what: 'exec after --user',
      options: ['--user', 'nobody'],
      command: ['/no/such'],
      expected: { status: 127, stage: 'exec' },
      root: true,
    },
    {
      what: 'chdir after --user',
      options: ['--user', 'nobody', '--chdir', '/no/such'],
      command: ['true'],
      expected: { status: 125, stage: 'chdir' },
      root: true,
    },
    {
      what: 'exec after --chroot and --user',
      options: ['--user', 'nobody', '--chroot', '/var/empty/..'],
      command: ['/no/such'],
      expected: { status: 127, stage: 'exec' },
      root: true,
    },
  ];

  describe.each(LATE.filter(({ root }) => isRoot || !root))('in $what', ({ options, command, expected }) => {
    it('is reported, and the pidfile is gone', async () => {
      const at = scratch();
      fs.mkdirSync(at.file('run'));
      const where = options.map((word) => (word === '/var/empty/..' ? at.file('run') : word));
      const args = ['--json', '--foreground', '--pidfile', at.file('run/pid'), ...where, '--', ...command];
      const ran = await tdaemon(args);
      expect(JSON.parse(ran.stdout)).toMatchObject({ ok: false, ...expected });
      expect(ran).toMatchObject({ status: expected.status, stderr: '' });
      expect(fs.readdirSync(at.file('run'))).toEqual([]);
    });
  });

  it('is told on the caller’s stderr, although the command’s was open by then', async () => {
    const at = scratch();
    const ran = await tdaemon(['--foreground', '--log', at.file('log'), '--', '/no/such']);
    expect(ran).toMatchObject({ status: 127, stdout: '' });
    expect(ran.stderr).toBe("tdaemon: cannot execute '/no/such': no such file (ENOENT)\n");
    expect(fs.readFileSync(at.file('log'), 'latin1')).toBe('');
  });
});
