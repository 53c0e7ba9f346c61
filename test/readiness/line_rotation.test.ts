/** `--ready line:REGEX` while the log is rotated, truncated or removed, and while it never ends. */
import fs from 'node:fs';
import { describe, expect, it } from 'vitest';
import { eventually } from '../helpers/eventually';
import { fixture } from '../helpers/paths';
import { descriptors } from '../helpers/procfs';
import { awaitLine, awaitReady, begin, expectReady, expectStopped } from '../helpers/ready';
import { scratch } from '../helpers/scratch';

const REOPENING = `
import os, signal, time
def reopen(*_):
    log = os.open('log', os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    os.dup2(log, 1)
    os.close(log)
    os.write(1, b'match after\\n')
signal.signal(signal.SIGHUP, reopen)
os.write(1, b'before')
while True: time.sleep(1000)
`;

describe('a log that is rotated while we wait', () => {
  it('is followed into the file that the daemon opens on a signal', async () => {
    const at = scratch();
    const options = ['--log', at.file('log'), '--chdir', at.directory];
    const waiting = begin(at, 'line:^match', options, ['/usr/bin/python3', '-c', REOPENING]);
    await eventually(
      'the first line',
      () => fs.existsSync(at.file('log')) && fs.statSync(at.file('log')).size > 0,
    );
    fs.renameSync(at.file('log'), at.file('log.1'));
    process.kill(Number(fs.readFileSync(at.file('pid'), 'utf8')), 'SIGHUP');
    expectReady(at, await waiting.done, 'match after\n');
  });

  it.each([
    [
      'and made anew, while the daemon still writes to the old one',
      'mv log log.1; : >log; sleep 0.2; echo match',
    ],
    ['again and again', 'for i in 1 2 3 4 5 6; do mv log log.$i; echo $i >log; sleep 0.02; done; echo match'],
    ['by a daemon that does it itself', 'printf part; mv log log.1; exec >log; echo match'],
    ['within the first instant', 'mv log log.1; exec >>log 2>&1; echo match'],
    ['and gone, but not closed', 'rm log; sleep 0.1; echo match'],
    ['and gone, and made anew later', 'rm log; sleep 0.1; exec >>log; echo match'],
    ['by copying and truncating it', 'echo much of it; sleep 0.1; cp log log.1; : >log; echo match'],
    ['by truncating it in the midst of a line', 'printf "a longer beginning"; : >log; echo match'],
  ])('%s: the line is found', async (_, script) => {
    const at = scratch();
    expectReady(at, await awaitLine(at, '^match', script), 'match\n');
  });

  it('shows the last lines of both files when it fails', async () => {
    const at = scratch();
    const script =
      'while ! test -e go; do sleep 0.01; done; echo old; mv log log.1; exec >log; echo new; exit 3';
    const options = ['--log', at.file('log'), '--chdir', at.directory];
    const waiting = begin(at, 'line:^match', options, ['sh', '-c', script]);
    // Who ends before tdaemon has opened the first takes it along.
    await eventually('tdaemon follows', () =>
      [...descriptors(waiting.pid).values()].includes(at.file('log')),
    );
    at.write('go', '');
    const ran = await waiting.done;
    expectStopped(at, ran, 123, /\n {2}old\n {2}new\n$/);
  });
});

describe('a log that grows faster than it is read', () => {
  // A terabyte of nothing stands for a writer that never pauses: it takes no disk.
  const FLOOD = 'truncate -s 1T log';

  it('does not stop the clock', async () => {
    const at = scratch();
    expectStopped(
      at,
      await awaitLine(at, '^match', FLOOD, ['--ready-timeout', '500ms']),
      124,
      'not ready in 0.5 s',
    );
  });

  it('does not hide the end of the daemon', async () => {
    const at = scratch();
    expectStopped(at, await awaitLine(at, '^match', `${FLOOD}; exit 3`), 123, 'exit status 3');
  });

  it('does not shut out ^C', async () => {
    const at = scratch();
    const options = ['--log', at.file('log'), '--chdir', at.directory];
    const waiting = begin(at, 'line:^match', options, ['sh', '-c', `${FLOOD}; touch done; exec sleep 1000`]);
    await eventually('the flood', () => fs.existsSync(at.file('done')));
    process.kill(waiting.pid, 'SIGINT');
    expectStopped(at, await waiting.done, 130, 'interrupted');
  });
});

describe('a daemon that writes at full rate across the moment of readiness', () => {
  it('loses no line, and writes none twice', async () => {
    const at = scratch();
    const command = [fixture('number_lines'), '200000', '1000'];
    expectReady(at, await awaitReady(at, 'line:^ready', ['--stdout', at.file('log')], command), 'ready\n');
    const text = await eventually('the last line', () => {
      const found = fs.readFileSync(at.file('log'), 'latin1');
      return found.endsWith('\n199999\n') && found;
    });
    const numbers = text
      .split('\n')
      .slice(0, -1)
      .filter((line) => line !== 'ready');
    expect(numbers.findIndex((line, index) => line !== String(index))).toBe(-1);
    expect(numbers).toHaveLength(200_000);
  });
});
