/** Faults of the two forks and of the two children. */
import { describe, expect, it } from 'vitest';
import { deny, expectCleanFailure, strace } from '../helpers/nothing_left';
import { TDAEMON } from '../helpers/paths';
import { isRoot } from '../helpers/privileges';
import { type Scratch, scratch } from '../helpers/scratch';

const TOO_MANY =
  'cannot fork: resource temporarily unavailable; perhaps too many processes (ulimit -u) (EAGAIN)';

/** With the ids unchanged the children borrow the caller's memory, otherwise they are copies: two ways to fail. */
const WAYS: { way: string; options: string[] }[] = [
  { way: 'vfork', options: [] },
  ...(isRoot ? [{ way: 'fork (--user)', options: ['--user', 'nobody'] }] : []),
];

/** A command of the test's own: strace -P singles out its execve. */
function command(at: Scratch): string {
  return at.write('command', '#!/bin/sh\nexec sleep 1000\n');
}

describe.each(WAYS)('$way', ({ options }) => {
  it('first fork fails: 125', async () => {
    const at = scratch();
    // The wrapper's sh has the first clone of this process.
    const under = strace(at, '-e', 'inject=clone:error=EAGAIN:when=2');
    expect(await expectCleanFailure(at, { under, options })).toMatchObject({
      status: 125,
      stage: 'fork',
      code: 'EAGAIN',
      message: TOO_MANY,
    });
  });

  it('second fork fails: 125', async () => {
    const at = scratch();
    // Each process's first clone fails. That of Node's own is made to be a fork of no importance.
    const first = at.write('first.js', "require('node:child_process').spawnSync('true');");
    const under = strace(at, '-e', 'inject=clone:error=EAGAIN:when=1');
    const program = ['node', '-r', first, TDAEMON];
    expect(await expectCleanFailure(at, { under, program, options })).toMatchObject({
      status: 125,
      stage: 'second-fork',
      code: 'EAGAIN',
      message: TOO_MANY,
    });
  });

  it('the daemon is killed just before exec: 125', async () => {
    const at = scratch();
    const file = command(at);
    const under = strace(at, '-P', file, '-e', 'inject=execve:signal=KILL');
    expect(await expectCleanFailure(at, { under, options, command: [file] })).toMatchObject({
      status: 125,
      stage: 'killed',
      message: 'the daemon was killed before it could execute (signal 9)',
    });
  });

  it('the session leader is killed before it has heard of the exec: 125, and the daemon is ended', async () => {
    const at = scratch();
    const under = strace(at, '-e', 'inject=setpgid:signal=KILL');
    expect(await expectCleanFailure(at, { under, options, left: 'zombie' })).toMatchObject({
      status: 125,
      stage: 'leader-killed',
    });
  });

  it('and so it is where a sandbox forbids the signal by pidfd: no hang', async () => {
    const at = scratch();
    const under = [...deny('pidfd_send_signal/ENOSYS'), ...strace(at, '-e', 'inject=setpgid:signal=KILL')];
    expect(await expectCleanFailure(at, { under, options, left: 'zombie' })).toMatchObject({
      status: 125,
      stage: 'leader-killed',
    });
  });

  it('and so it is where there are no pidfds at all', async () => {
    const at = scratch();
    const under = [...deny('pidfd_open/ENOSYS'), ...strace(at, '-e', 'inject=setpgid:signal=KILL')];
    expect(await expectCleanFailure(at, { under, options, left: 'zombie' })).toMatchObject({
      status: 125,
      stage: 'leader-killed',
    });
  });

  it('the session leader is killed before the second fork: 125', async () => {
    const at = scratch();
    const under = strace(at, '-e', 'inject=setsid:signal=KILL');
    expect(await expectCleanFailure(at, { under, options })).toMatchObject({
      status: 125,
      stage: 'leader-killed',
    });
  });

  it('setsid fails: 125', async () => {
    const at = scratch();
    const under = strace(at, '-e', 'inject=setsid:error=EPERM');
    expect(await expectCleanFailure(at, { under, options })).toMatchObject({
      status: 125,
      stage: 'setsid',
      code: 'EPERM',
    });
  });

  it('there is no channel: 125', async () => {
    const at = scratch();
    const under = strace(at, '-e', 'inject=socketpair:error=EMFILE:when=1');
    expect(await expectCleanFailure(at, { under, options })).toMatchObject({
      status: 125,
      stage: 'channel',
      code: 'EMFILE',
    });
  });
});
