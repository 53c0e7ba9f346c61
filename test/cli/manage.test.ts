/** What stop, restart, reload and signal take and say on the command line. */
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import { describe, expect, it } from 'vitest';
import {
  expectNotRunning,
  expectRefused,
  expectUntouched,
  SILENT,
  startDaemon,
  startStubborn,
} from '../helpers/daemons';
import { eventually } from '../helpers/eventually';
import { TDAEMON } from '../helpers/paths';
import * as procfs from '../helpers/procfs';
import { type Scratch, scratch } from '../helpers/scratch';
import { straceTdaemon } from '../helpers/strace';
import { tdaemon } from '../helpers/tdaemon';

describe('wrong usage', () => {
  it.each([
    [['stop'], 'pidfile'],
    [['stop', '-p'], '-p'],
    [['stop', '-p', ''], '--pidfile'],
    [['stop', '-p', 'x', 'TERM'], "'TERM'"],
    [['stop', '-p', 'x', '-p', 'y'], 'twice'],
    [['stop', '-p', 'x', '--retri', '5'], '--retry'],
    [['stop', '-p', 'x', '--retry', 'soon'], 'soon'],
    [['stop', '-p', 'x', '--retry', 'TERM/forever'], 'forever'],
    [['stop', '-p', 'x', '--retry', 'TERM/5', '--signal', 'HUP'], '--signal'],
    [['stop', '-p', 'x', '--retry', '5', '--timeout', '5'], '--timeout'],
    [['stop', '-p', 'x', '--timeout', 'soon'], 'soon'],
    [['stop', '-p', 'x', '--signal', 'NONSENSE'], 'NONSENSE'],
    [['stop', '-p', 'x', '--signal', '0'], "'0'"],
    [['stop', '-p', 'x', '--signal', '65'], "'65'"],
    [['stop', '-p', 'x', '--log', 'y'], '--log'],
    [['stop', '--name', ''], '--name'],
    [['reload', '-p', 'x', 'HUP'], "'HUP'"],
    [['reload', '-p', 'x', '--signal', ''], 'signal'],
    [['reload', '-p', 'x', '--retry', '5'], '--retry'],
    [['signal', '-p', 'x'], 'SIGNAL'],
    [['signal', '-p', 'x', 'NONSENSE'], 'NONSENSE'],
    [['signal', '-p', 'x', 'TERM', 'HUP'], "'HUP'"],
    [['signal', 'TERM'], 'pidfile'],
    [['restart'], 'COMMAND'],
    [['restart', '--', 'sleep', '1'], '--pidfile'],
    [['restart', '-p', 'x', '--foreground', '--', 'sleep', '1'], '--foreground'],
  ])('%j is 2, in one line', async (words, reason) => {
    const at = scratch();
    const ran = await tdaemon(words, { cwd: at.directory });
    expectRefused(ran, 2, reason);
    expect(fs.readdirSync(at.directory)).toEqual([]);
    const json = await tdaemon([words[0] as string, '--json', ...words.slice(1)], { cwd: at.directory });
    if (!reason.startsWith('-p')) expect(JSON.parse(json.stdout)).toMatchObject({ ok: false, status: 2 });
  });

  it('is seen before anything is looked at', async () => {
    const { pid, pidfile } = await startDaemon(scratch());
    expectRefused(await tdaemon(['stop', '-p', pidfile, '--retry', 'TERM/5/NONSENSE/5']), 2, 'NONSENSE');
    expectUntouched(pid);
  });
});

describe('a daemon that is not running', () => {
  it.each([[['stop']], [['reload']], [['signal', 'HUP']]])(
    '%j: 1 and its pidfile in the line',
    async ([command = '', ...words]) => {
      const pidfile = scratch().file('pid');
      const ran = await tdaemon([command, '-p', pidfile, ...words]);
      expectNotRunning(ran);
      expect(ran.stderr).toContain(pidfile);
      expect(await tdaemon([command, '-q', '-p', pidfile, ...words])).toEqual({ ...SILENT, status: 1 });
      const json = await tdaemon([command, '--json', '-p', pidfile, ...words]);
      expect(json).toMatchObject({ status: 1, stderr: '' });
      expect(JSON.parse(json.stdout)).toMatchObject({ ok: false, status: 1, code: 'ESRCH', path: pidfile });
    },
  );

  it('is success to stop --oknodo, which still removes a stale pidfile', async () => {
    const at = scratch();
    const { pid, pidfile } = await startDaemon(at);
    process.kill(pid, 'SIGKILL');
    await eventually('its end', () => !procfs.isAlive(pid));
    expect(await tdaemon(['stop', '--oknodo', '-p', pidfile])).toEqual(SILENT);
    expect(fs.existsSync(pidfile)).toBe(false);
    const json = await tdaemon(['stop', '--oknodo', '--json', '-p', pidfile]);
    expect(JSON.parse(json.stdout)).toEqual({ ok: true, status: 0, pids: [] });
  });
});

/** It writes down the signals that it gets. */
async function startRecorder(at: Scratch) {
  const traps = ['HUP', 'USR1', 'USR2', 'INT', 'WINCH'].map((name) => `trap 'echo ${name} >> "$0"' ${name}`);
  const line = `${traps.join('; ')}; : > "$0"; while :; do sleep 0.02; done`;
  const started = await startDaemon(at, ['sh', '-c', line, at.file('got')]);
  await eventually('the traps', () => fs.existsSync(at.file('got')));
  return { ...started, got: () => fs.readFileSync(at.file('got'), 'utf8') };
}

describe('reload and signal', () => {
  it.each([
    [['reload'], 'HUP'],
    [['reload', '--signal', 'USR1'], 'USR1'],
    [['reload', '-s', '12'], 'USR2'],
    [['signal', 'USR1'], 'USR1'],
    [['signal', 'SIGUSR2'], 'USR2'],
    [['signal', 'sigint'], 'INT'],
    [['signal', '28'], 'WINCH'],
  ])('%j sends %s, once, and leaves the pidfile', async ([command = '', ...words], name) => {
    const at = scratch();
    const { pid, pidfile, got } = await startRecorder(at);
    expect(await tdaemon([command, '-p', pidfile, ...words])).toEqual(SILENT);
    await eventually('it got one', () => got() !== '');
    expect(got()).toBe(`${name}\n`);
    expectUntouched(pid);
    expect(fs.existsSync(pidfile)).toBe(true);
  });

  it('say with -v and --json whom they signalled', async () => {
    const { pid, pidfile } = await startRecorder(scratch());
    const { stderr } = await tdaemon(['reload', '-v', '-p', pidfile]);
    expect(stderr).toBe(`tdaemon: sent SIGHUP to process ${pid}\n`);
    const { stdout } = await tdaemon(['signal', '--json', '-p', pidfile, 'USR1']);
    expect(JSON.parse(stdout)).toEqual({ ok: true, status: 0, pids: [pid], signal: 'SIGUSR1' });
  });
});

/** Runs tdaemon on a terminal of its own, and tells what came until now. */
function onTerminal(args: readonly string[]) {
  const line = [TDAEMON, ...args].map((word) => `'${word}'`).join(' ');
  const child = spawn('script', ['-qec', line, '/dev/null'], { stdio: ['pipe', 'pipe', 'ignore'] });
  const seen = { text: '' };
  child.stdout.setEncoding('utf8').on('data', (text: string) => (seen.text += text));
  const end = new Promise<number | null>((resolve) => child.on('close', resolve));
  return { seen, end };
}

/** Carriage return, erase to the end of the line. */
const EMPTIED = '\r\u001b[K';

describe('while it waits', () => {
  it('a terminal sees after a second for whom, in a line that vanishes', async () => {
    const { pid, pidfile } = await startStubborn(scratch());
    const { seen, end } = onTerminal(['stop', '-p', pidfile, '--retry', 'TERM/1h']);
    await eventually('two seconds', () => /waiting for process \d+ to end, 2 s/.test(seen.text));
    process.kill(pid, 'SIGKILL');
    expect(await end).toBe(0);
    expect(seen.text).toContain(`tdaemon: waiting for process ${pid} to end, 1 s`);
    // The last thing that the terminal is told is to empty the line, on which nothing was ever ended.
    expect(seen.text).toSatisfy((text: string) => text.endsWith(EMPTIED));
    expect(seen.text).not.toContain('\n');
  });

  it('the line has vanished before the failure is told', async () => {
    const { pidfile } = await startStubborn(scratch());
    const { seen, end } = onTerminal(['stop', '-p', pidfile, '--retry', 'TERM/1.5']);
    expect(await end).toBe(124);
    const [before = '', after] = seen.text.split(`${EMPTIED}tdaemon: still running`);
    expect(before).toMatch(/waiting for process \d+ to end, 1 s$/);
    expect(after).toMatch(/^[^\n]*\n$/);
  });

  it('a terminal sees nothing of what does not take a second', async () => {
    const { pidfile } = await startDaemon(scratch());
    const { seen, end } = onTerminal(['stop', '-p', pidfile]);
    expect(await end).toBe(0);
    expect(seen.text).not.toMatch(/waiting.*waiting/);
  });

  it('a pipe sees nothing, however long it takes', async () => {
    const { pidfile } = await startStubborn(scratch());
    expect(await tdaemon(['stop', '-p', pidfile, '--retry', 'TERM/2.5/KILL/30'])).toEqual(SILENT);
  });

  it('it sleeps until the kernel says that the daemon has ended: no polling', async () => {
    const at = scratch();
    const line = `trap 'sleep 1.5; exit 0' TERM; : > "$0"; while :; do sleep 0.02; done`;
    const { pid, pidfile } = await startDaemon(at, ['sh', '-c', line, at.file('ready')]);
    await eventually('the trap', () => fs.existsSync(at.file('ready')));
    const { calls, ...ran } = await straceTdaemon(at.file('log'), [], ['stop', '-p', pidfile]);
    expect(ran).toEqual(SILENT);
    const sent = calls.findIndex(({ name }) => name === 'pidfd_send_signal');
    const [, pidfd] = /^(\d+), SIGTERM/.exec(calls[sent]?.text ?? '') ?? [];
    expect(pidfd).toBeDefined();
    const after = calls.slice(sent + 1);
    const named = (...names: string[]) => after.filter(({ name }) => names.includes(name));
    expect(named('pidfd_send_signal', 'kill', 'tgkill', 'nanosleep', 'clock_nanosleep')).toEqual([]);
    // Whoever polls looks at the process again and again, by whatever means.
    const looks = after.filter(({ name, text }) => name === 'poll' || text.includes(`/proc/${pid}/`));
    expect(looks.length).toBeLessThan(12);
  });
});

describe('the pid is opened first and judged afterwards', () => {
  it.each([[['stop']], [['reload']], [['signal', 'USR1']]])('%j', async ([command = '', ...words]) => {
    const at = scratch();
    const { pid, pidfile } = await startDaemon(at);
    const { calls } = await straceTdaemon(at.file('log'), [], [command, '-p', pidfile, ...words]);
    const sent = calls.findIndex(({ name }) => name === 'pidfd_send_signal');
    const pidfd = calls[sent]?.text.split(',')[0];
    const opened = calls
      .slice(0, sent)
      .map(
        ({ name, text, result }) => name === 'pidfd_open' && text.startsWith(`${pid},`) && result === pidfd,
      )
      .lastIndexOf(true);
    expect(opened).toBeGreaterThan(0);
    const between = calls.slice(opened, sent);
    // Held without a gap, and looked at while it was held.
    expect(between.some(({ name, text }) => name === 'close' && text === pidfd)).toBe(false);
    expect(between.some(({ text }) => text.includes(`/proc/${pid}/stat`))).toBe(true);
    expect(between.some(({ name, text }) => name === 'openat' && text.includes('"pid"'))).toBe(true);
    expect(calls.some(({ name }) => name === 'kill')).toBe(false);
  });
});
