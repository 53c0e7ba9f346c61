/** How a daemon is ended: the schedule, what it waits for, and what is left. */
import fs from 'node:fs';
import { describe, expect, it } from 'vitest';
import { expectNotRunning, expectRefused, SILENT, startDaemon, startStubborn } from '../helpers/daemons';
import { eventually } from '../helpers/eventually';
import { IS_FALLBACK } from '../helpers/needs';
import { deny } from '../helpers/nothing_left';
import { TDAEMON } from '../helpers/paths';
import * as procfs from '../helpers/procfs';
import { type Scratch, scratch } from '../helpers/scratch';
import { parseCalls } from '../helpers/strace';
import { run, tdaemon } from '../helpers/tdaemon';
import { holdBack, startLeaderless, startUninterruptible } from '../helpers/unendable';

function expectGone(pid: number, pidfile: string): void {
  expect(procfs.isAlive(pid)).toBe(false);
  expect(fs.existsSync(pidfile)).toBe(false);
}

/** The signals that a stop sends, in their order. */
async function signalsOf(at: Scratch, args: readonly string[]) {
  const log = at.file('strace.log');
  const ran = await run('strace', [
    '-f',
    '-qq',
    '-e',
    `trace=${IS_FALLBACK ? 'kill' : 'pidfd_send_signal'}`,
    '-o',
    log,
    TDAEMON,
    ...args,
  ]);
  const calls = parseCalls(fs.readFileSync(log, 'latin1'));
  // By kill(2) it asks with signal 0 whether the process is there.
  const sent = calls.map(({ text }) => /SIG\w+|\b\d+, NULL/.exec(text)?.[0]);
  return { ran, signals: IS_FALLBACK ? sent.filter((each) => each !== undefined) : sent };
}

/** On TERM it writes its last words, and takes its time. */
function lastWords(at: Scratch): string[] {
  const line = `trap 'sleep 0.5; echo bye > "$0"; exit 0' TERM; : > "$0.ready"; while :; do sleep 0.02; done`;
  return ['sh', '-c', line, at.file('words')];
}

describe('stop', () => {
  it('ends a daemon, removes its pidfile, and says nothing', async () => {
    const { pid, pidfile } = await startDaemon(scratch());
    expect(await tdaemon(['stop', '-p', pidfile])).toEqual(SILENT);
    expectGone(pid, pidfile);
  });

  it('ends one after the other, and finds nothing the second time', async () => {
    const { pidfile } = await startDaemon(scratch());
    expect((await tdaemon(['stop', '-p', pidfile])).status).toBe(0);
    expectNotRunning(await tdaemon(['stop', '-p', pidfile]));
    expect(await tdaemon(['stop', '--oknodo', '-p', pidfile])).toEqual(SILENT);
  });

  it('waits for one that needs a while, and does not kill it', async () => {
    const at = scratch();
    const { pid, pidfile } = await startDaemon(at, lastWords(at));
    await eventually('the trap', () => fs.existsSync(at.file('words.ready')));
    const { ran, signals } = await signalsOf(at, ['stop', '-p', pidfile]);
    expect(ran).toEqual(SILENT);
    expect(signals).toEqual(['SIGTERM']);
    expect(fs.readFileSync(at.file('words'), 'utf8')).toBe('bye\n');
    expectGone(pid, pidfile);
  });

  it.each([
    [
      ['--retry', '1'],
      ['SIGTERM', 'SIGKILL'],
    ],
    [
      ['--retry', '100ms'],
      ['SIGTERM', 'SIGKILL'],
    ],
    [
      ['--retry', '0'],
      ['SIGTERM', 'SIGKILL'],
    ],
    [['--retry', '30', '--signal', 'USR1'], ['SIGUSR1']],
    [
      ['--retry', 'TERM/0/INT/30/KILL/5'],
      ['SIGTERM', 'SIGINT'],
    ],
    [['--retry=-15/0/-1/30/9/5'], ['SIGTERM', 'SIGHUP']],
    [
      ['--retry', 'SIGTERM/50ms/forever/TERM/50ms/KILL/5s'],
      ['SIGTERM', 'SIGTERM', 'SIGKILL'],
    ],
    [
      ['--timeout', '0.2'],
      ['SIGTERM', 'SIGKILL'],
    ],
    [['--timeout', '30s', '-s', 'QUIT'], ['SIGQUIT']],
    [['--signal', 'KILL'], ['SIGKILL']],
    [['--signal', '34'], [expect.anything()]],
  ])('%j ends one that ignores TERM, by %j', async (how, expected) => {
    const at = scratch();
    const { pid, pidfile } = await startStubborn(at);
    const { ran, signals } = await signalsOf(at, ['stop', '-p', pidfile, ...how]);
    expect(signals).toEqual(expected);
    // After KILL/0 nobody waits: whether it has ended by then is the kernel's affair.
    if (how[1] === '0') await eventually('the end', () => !procfs.isAlive(pid));
    else {
      expect(ran).toEqual(SILENT);
      expectGone(pid, pidfile);
    }
  });

  it('kills one that ignores TERM after ten seconds, by default', async () => {
    const at = scratch();
    const { pid, pidfile } = await startStubborn(at);
    const log = at.file('strace.log');
    const stracing = ['-f', '-qq', '-ttt', '-e', 'trace=pidfd_send_signal', '-o', log];
    expect(await run('strace', [...stracing, TDAEMON, 'stop', '-p', pidfile])).toEqual(SILENT);
    const calls = [
      ...fs.readFileSync(log, 'latin1').matchAll(/^\d+\s+([\d.]+) pidfd_send_signal\(\d+, (\w+)/gm),
    ];
    expect(calls.map(([, , signal]) => signal)).toEqual(['SIGTERM', 'SIGKILL']);
    // The schedule's promise is that it is not killed earlier; how much later, the load decides.
    const [term, kill] = calls.map(([, seconds]) => Number(seconds));
    expect((kill ?? 0) - (term ?? 0)).toBeGreaterThan(9.99);
    expectGone(pid, pidfile);
  });

  it('repeats what follows "forever" until the end', async () => {
    const at = scratch();
    // It counts, and gives in the third time.
    const line = `n=0; trap 'n=$((n+1)); echo $n >> "$0"; [ $n = 3 ] && exit 0' TERM; : > "$0.ready"; while :; do sleep 0.02; done`;
    const { pid, pidfile } = await startDaemon(at, ['sh', '-c', line, at.file('count')]);
    await eventually('the trap', () => fs.existsSync(at.file('count.ready')));
    expect(await tdaemon(['stop', '-p', pidfile, '--retry', 'forever/TERM/400ms'])).toEqual(SILENT);
    expect(fs.readFileSync(at.file('count'), 'utf8')).toBe('1\n2\n3\n');
    expectGone(pid, pidfile);
  });

  it('ends a stopped process by KILL', async () => {
    const { pid, pidfile } = await startDaemon(scratch());
    process.kill(pid, 'SIGSTOP');
    await eventually('it has stopped', () => procfs.stat(pid)?.state === 'T');
    expect(await tdaemon(['stop', '-p', pidfile, '--retry', 'TERM/0.1/KILL/5'])).toEqual(SILENT);
    expectGone(pid, pidfile);
  });

  it('says 124 of one that is still there after the schedule, and leaves its pidfile', async () => {
    const { pid, pidfile } = await startStubborn(scratch());
    expectRefused(
      await tdaemon(['stop', '-p', pidfile, '--retry', 'TERM/0.1']),
      124,
      'still running',
      String(pid),
    );
    expect((await tdaemon(['status', '-q', '-p', pidfile])).status).toBe(0);
  });

  it('says 124 of one that not even KILL ends, and does not hang', async () => {
    const at = scratch();
    const { pid, pidfile } = await startDaemon(at);
    const held = await holdBack(pid);
    expectRefused(
      await tdaemon(['stop', '-p', pidfile, '--retry', 'TERM/0.1/KILL/0.2']),
      124,
      'still running',
    );
    expect((await tdaemon(['status', '-q', '-p', pidfile])).status).toBe(0);
    held.letGo();
    await eventually('its end', () => !procfs.isAlive(pid));
    expectNotRunning(await tdaemon(['stop', '-p', pidfile]));
    expect(fs.existsSync(pidfile)).toBe(false);
  });

  it('says 124 of an uninterruptible sleep that TERM does not reach; KILL ends this one', async () => {
    const { pid, pidfile } = await startUninterruptible(scratch());
    expectRefused(await tdaemon(['stop', '-p', pidfile, '--retry', 'TERM/0.2']), 124, 'still running');
    expect(procfs.stat(pid)?.state).toBe('D');
    expect(await tdaemon(['stop', '-p', pidfile, '--retry', 'TERM/0/KILL/30'])).toEqual(SILENT);
    expectGone(pid, pidfile);
  });

  it('ends a process whose first thread has ended', async () => {
    const { pidfile } = await startLeaderless(scratch());
    expect((await tdaemon(['status', '-q', '-p', pidfile])).status).toBe(0);
    expect(await tdaemon(['stop', '-p', pidfile, '--retry', 'TERM/20/KILL/5'])).toEqual(SILENT);
    expect(fs.existsSync(pidfile)).toBe(false);
  });

  it('leaves the pidfile of a daemon that was started while the old one ended', async () => {
    const at = scratch();
    const { pidfile } = await startDaemon(at, lastWords(at));
    await eventually('the trap', () => fs.existsSync(at.file('words.ready')));
    const stopping = tdaemon(['stop', '-p', pidfile]);
    await eventually('the old one ends', () => !fs.existsSync(pidfile) || fs.existsSync(at.file('words')));
    fs.rmSync(pidfile, { force: true });
    const next = await startDaemon(at);
    expect(await stopping).toMatchObject({ status: 0, stderr: '' });
    expect(procfs.isAlive(next.pid)).toBe(true);
    expect((await tdaemon(['status', '-q', '-p', next.pidfile])).status).toBe(0);
  });

  it('takes a daemon that removes its own pidfile for stopped', async () => {
    const at = scratch();
    const line = `trap 'rm "$0"; exit 0' TERM; : > "$0.ready"; while :; do sleep 0.02; done`;
    const { pidfile } = await startDaemon(at, ['sh', '-c', line, at.file('pid')]);
    await eventually('the trap', () => fs.existsSync(`${pidfile}.ready`));
    expect(await tdaemon(['stop', '-p', pidfile])).toEqual(SILENT);
  });

  it('tells in JSON what it stopped', async () => {
    const { pid, pidfile } = await startDaemon(scratch());
    const ran = await tdaemon(['stop', '--json', '-p', pidfile]);
    expect(JSON.parse(ran.stdout)).toEqual({ ok: true, status: 0, pids: [pid] });
    const again = await tdaemon(['stop', '--json', '-p', pidfile]);
    expect(again).toMatchObject({ status: 1, stderr: '' });
    expect(JSON.parse(again.stdout)).toMatchObject({ ok: false, status: 1, code: 'ESRCH', path: pidfile });
  });
});

describe('where the kernel has no pidfds, or a sandbox forbids them', () => {
  it.each(['pidfd_open/ENOSYS', 'pidfd_open/EPERM', 'pidfd_send_signal/ENOSYS'])(
    '(%s) stop ends a daemon all the same',
    async (rule) => {
      const at = scratch();
      const { pid, pidfile } = await startStubborn(at);
      const [program, ...words] = [
        ...deny(rule),
        TDAEMON,
        'stop',
        '-p',
        pidfile,
        '--retry',
        'TERM/0.1/KILL/5',
      ];
      expect(await run(program as string, words)).toEqual(SILENT);
      expectGone(pid, pidfile);
    },
  );
});
