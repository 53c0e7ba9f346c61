/** Whoever does not want to wait any longer: the daemon goes too, and the terminal is as it was. */
import fs from 'node:fs';
import { describe, expect, it } from 'vitest';
import { eventually } from '../helpers/eventually';
import { fixture, TDAEMON } from '../helpers/paths';
import { childrenOf, mentioning, stat } from '../helpers/procfs';
import { type Scratch, scratch } from '../helpers/scratch';
import { mark } from '../helpers/start';
import { begin } from '../helpers/tdaemon';

const waiting = (at: Scratch, ...options: string[]) => [
  ...mark(at),
  '-p',
  at.file('pid'),
  ...options,
  '--ready',
  'cmd:false',
  '--ready-timeout',
  '1h',
  '--',
  'sleep',
  '1000',
];

const run = (program: string, words: readonly string[], detached = false) =>
  begin(program, words, { stdio: 'pipe', detached });

describe('interrupted while waiting: 130, and nothing is left', () => {
  it.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)('by %s', async (signal) => {
    const at = scratch();
    const { child, output, ended } = run(TDAEMON, waiting(at));
    await eventually('it waits', () => fs.existsSync(at.file('pid')));
    child.kill(signal);
    expect((await ended).status).toBe(130);
    expect(output.stderr).toBe("tdaemon: interrupted while waiting for 'sleep'; it was stopped\n");
    expect(fs.existsSync(at.file('pid'))).toBe(false);
    expect(mentioning(at.directory)).toEqual([]);
  });

  it('by ^C on a terminal, where a line has said what is waited for', async () => {
    const at = scratch();
    const { child, output, ended } = run(fixture('terminal'), [TDAEMON, ...waiting(at)]);
    await eventually('the line', () => /waiting for cmd:false, [1-9]\d* s/.test(output.stdout));
    child.stdin?.write('\x03');
    expect((await ended).status).toBe(130);
    // The line is wiped away before the message comes.
    expect(output.stdout.replace('^C', '')).toContain(' s\r\u001b[Ktdaemon: interrupted');
    expect(fs.existsSync(at.file('pid'))).toBe(false);
    expect(mentioning(at.directory)).toEqual([]);
  });

  it('shows no line in a pipe, nor with -q on a terminal', async () => {
    const at = scratch();
    const { child, output, ended } = run(fixture('terminal'), [TDAEMON, ...waiting(at, '-q')]);
    const second = scratch();
    const loud = run(fixture('terminal'), [TDAEMON, ...waiting(second)]);
    await eventually('the other shows it', () => loud.output.stdout.includes('waiting for'));
    child.stdin?.write('\x03');
    loud.child.stdin?.write('\x03');
    expect((await ended).status).toBe(130);
    expect((await loud.ended).status).toBe(130);
    expect(output.stdout.replace('^C', '')).toBe('');
  });

  it('by ^C just when the readiness command is being started, which is still of the same group', async () => {
    const at = scratch();
    const slowly = ['-f', '-qq', '-o', at.file('log'), '-e', 'inject=setsid:delay_enter=1s'];
    const words = [...slowly, TDAEMON, ...waiting(at)];
    const { child, output, ended } = run('strace', words, true);
    const group = child.pid as number;
    await eventually('the daemon is there', () => fs.existsSync(at.file('pid')));
    const [caller] = childrenOf(group) as [number];
    const being = () => childrenOf(caller).some((pid) => stat(pid)?.group === group);
    await eventually('the command is being started', being);
    process.kill(-group, 'SIGINT');
    expect((await ended).status).toBe(130);
    expect(output.stderr).toBe("tdaemon: interrupted while waiting for 'sleep'; it was stopped\n");
    expect(mentioning(at.directory)).toEqual([]);
  });
});
