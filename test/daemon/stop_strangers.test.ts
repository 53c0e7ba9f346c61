/** A pidfile that does not mean a daemon (any more): nobody is signalled, and the line says why. */
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import { describe, expect, it } from 'vitest';
import {
  BOOT_ID,
  deadPid,
  expectNotRunning,
  expectRefused,
  expectUntouched,
  setIdentity,
  stranger,
  writePidfile,
} from '../helpers/daemons';
import { TDAEMON } from '../helpers/paths';
import * as procfs from '../helpers/procfs';
import { endLater, scratch } from '../helpers/scratch';
import { run, shell, tdaemon } from '../helpers/tdaemon';

const OTHER_BOOT = '00000000-0000-4000-8000-000000000000';

function startTime(pid: number): number {
  const found = procfs.stat(pid);
  if (!found) throw new Error(`no process ${pid}`);
  return found.startTime;
}

/** What each subcommand says of a pidfile: it signals nothing. */
const SIGNALLING = [
  ['stop', (pidfile: string) => ['stop', '-p', pidfile]],
  ['stop --group', (pidfile: string) => ['stop', '--group', '-p', pidfile]],
  ['reload', (pidfile: string) => ['reload', '-p', pidfile]],
  ['signal', (pidfile: string) => ['signal', '-p', pidfile, 'KILL']],
] as const;

describe.each(SIGNALLING)('%s', (command, words) => {
  const removesStale = command.startsWith('stop');

  it.each([
    ['another start time', (pid: number) => [BOOT_ID, startTime(pid) + 1] as const],
    ['an earlier start time', (pid: number) => [BOOT_ID, startTime(pid) - 1] as const],
    ['the same start time after another boot', (pid: number) => [OTHER_BOOT, startTime(pid)] as const],
  ])('spares a process with %s', async (_, identity) => {
    const at = scratch();
    const pid = stranger();
    const pidfile = writePidfile(at, pid);
    setIdentity(pidfile, ...identity(pid));
    expect((await tdaemon(['status', '-q', '-p', pidfile])).status).toBe(1);
    expectNotRunning(await tdaemon(words(pidfile)));
    expectUntouched(pid);
    expect(fs.existsSync(pidfile)).toBe(!removesStale);
  });

  it("spares a process that is younger than another tool's pidfile", async () => {
    const at = scratch();
    const pid = stranger();
    const pidfile = writePidfile(at, pid);
    const before = Date.now() / 1000 - 3600;
    fs.utimesSync(pidfile, before, before);
    expectNotRunning(await tdaemon(words(pidfile)));
    expectUntouched(pid);
  });

  it('spares a process whose thread has that number', async () => {
    const at = scratch();
    const child = spawn(process.execPath, ['-e', 'console.log(1); setInterval(() => {}, 1e6)'], {
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    const pid = endLater(child.pid as number);
    await new Promise((resolve) => child.stdout.once('data', resolve));
    const thread = fs
      .readdirSync(`/proc/${pid}/task`)
      .map(Number)
      .find((id) => id !== pid);
    const pidfile = writePidfile(at, thread as number);
    expectNotRunning(await tdaemon(words(pidfile)));
    expectUntouched(pid);
  });

  it('finds nobody behind the pid of an ended process', async () => {
    const at = scratch();
    const pidfile = writePidfile(at, deadPid());
    expectNotRunning(await tdaemon(words(pidfile)));
    expect(fs.existsSync(pidfile)).toBe(!removesStale);
  });

  it('finds nobody behind an empty pidfile', async () => {
    const pidfile = writePidfile(scratch(), '');
    expect((await tdaemon(['status', '-q', '-p', pidfile])).status).toBe(1);
    expectNotRunning(await tdaemon(words(pidfile)));
  });

  it('refuses process 1', async () => {
    expectRefused(await tdaemon(words(writePidfile(scratch(), 1))), 125, 'process 1');
  });

  it('refuses itself', async () => {
    const pidfile = scratch().file('pid');
    const line = words(pidfile).join(' ');
    expectRefused(await shell(`echo $$ > ${pidfile}; exec "$TDAEMON" ${line}`), 125, 'this very process');
  });

  it.each([
    ['a symbolic link', (from: string, to: string) => fs.symlinkSync(from, to)],
    ['a hard link', (from: string, to: string) => fs.linkSync(from, to)],
  ])('refuses %s to a pidfile', async (_, link) => {
    const at = scratch();
    const pid = stranger();
    const name = at.file('link');
    link(writePidfile(at, pid), name);
    expectRefused(await tdaemon(words(name)), 125, 'link');
    expectUntouched(pid);
  });

  it('refuses a FIFO, a directory and a device at once', async () => {
    const at = scratch();
    await run('mkfifo', [at.file('fifo')]);
    for (const name of [at.file('fifo'), at.directory, '/dev/null'])
      expectRefused(await tdaemon(words(name)), 125, 'pidfile');
  });
});

describe('a pidfile that holds no pid', () => {
  const NUMBERS = [
    '0\n',
    '-1\n',
    '-2\n',
    '4194305\n',
    '2147483648\n',
    '4294967297\n',
    '99999999999999999999\n',
  ];
  const WORDS = [
    'sleep\n',
    '12 34\n',
    '12\n34\n',
    '0x10\n',
    '1e3\n',
    '+5\n',
    '12.0\n',
    '\0\0\0\0',
    ' \n',
    '1;2\n',
  ];

  it.each([...NUMBERS, ...WORDS, '1'.repeat(1 << 20)])(
    'is refused and stays as it is: %.25j',
    async (content) => {
      const pidfile = writePidfile(scratch(), content);
      expectRefused(await tdaemon(['stop', '-p', pidfile]), 125, 'does not hold a pid', pidfile);
      expect((await tdaemon(['status', '-q', '-p', pidfile])).status).toBe(4);
      expect(fs.readFileSync(pidfile, 'latin1')).toBe(content);
    },
  );

  it.each(SIGNALLING)('is refused by %s', async (_, words) => {
    for (const content of ['0\n', '-1\n', 'all\n'])
      expectRefused(await tdaemon(words(writePidfile(scratch(), content))), 125, 'does not hold a pid');
  });
});

/** Runs a script as process 1 of a pid namespace, where the next pid can be chosen. */
function canReusePids(): boolean {
  return process.getuid?.() === 0 && fs.existsSync('/proc/sys/kernel/ns_last_pid');
}

describe.skipIf(!canReusePids())('a pid that is really reused (needs root: a pid namespace)', () => {
  const inNamespace = (script: string) =>
    run('unshare', ['--pid', '--fork', '--kill-child', '--mount-proc', 'sh', '-c', script], {
      env: { ...process.env, TDAEMON },
    });
  /** Ends the daemon behind the tool's back, and gives its pid to a stranger, who starts in a later clock tick. */
  const reuse = `
    pid=$(cat "$F"); tick=$(cut -d" " -f22 /proc/$pid/stat); kill -9 $pid
    while [ "$(cut -d" " -f3 /proc/$pid/stat 2>/dev/null || echo Z)" != Z ]; do :; done
    while [ -e /proc/$pid ]; do sleep 0.01; done
    while [ "$(cut -d" " -f22 /proc/self/stat)" = "$tick" ]; do :; done
    echo $((pid - 1)) > /proc/sys/kernel/ns_last_pid
    sleep 1000 & [ $! = $pid ] || { echo "not reused: $! instead of $pid"; exit 99; }
  `;

  it.each([
    ['stop', '"$TDAEMON" stop -p "$F"', 1],
    ['stop --group', '"$TDAEMON" stop -g -p "$F"', 1],
    ['signal KILL', '"$TDAEMON" signal -p "$F" KILL', 1],
    ['start-stop-daemon-like stop with KILL at once', '"$TDAEMON" stop --retry KILL/5 -p "$F"', 1],
    ['restart', '"$TDAEMON" restart -p "$F" -- sleep 1000', 0],
    ['start', '"$TDAEMON" -p "$F" -- sleep 1000', 0],
  ])('%s spares the stranger', async (_, line, status) => {
    const at = scratch();
    const ran = await inNamespace(`
      F=${at.file('pid')}
      "$TDAEMON" -p "$F" -- sleep 1000 || exit 98
      ${reuse}
      "$TDAEMON" status -q -p "$F"; echo "status $?"
      ${line} 2>/dev/null; echo "line $?"
      kill -0 $pid && case "$(cut -d" " -f3 /proc/$pid/stat)" in [RSD]) echo spared;; esac
    `);
    expect(ran).toMatchObject({ stdout: `status 1\nline ${status}\nspared\n`, stderr: '' });
  });
});
