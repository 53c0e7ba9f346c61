/** `--ready fd:N`: the convention of s6. (s6's own s6-notifyoncheck works under s6-supervise only.) */
import fs from 'node:fs';
import { describe, expect, it } from 'vitest';
import { eventually } from '../helpers/eventually';
import { fixture, TDAEMON } from '../helpers/paths';
import * as procfs from '../helpers/procfs';
import { awaitReady, expectReady, expectStopped, expectUsageError } from '../helpers/ready';
import { type Scratch, scratch } from '../helpers/scratch';
import { mark } from '../helpers/start';
import { run } from '../helpers/tdaemon';

const PIECES = fixture('write_pieces');

/** What it has open, but for the lock of its pidfile, once it has closed the one that it told by. */
async function openIn(at: Scratch, pid: number, ...closed: number[]): Promise<Map<number, string>> {
  await eventually('its close', () => !closed.some((descriptor) => procfs.descriptors(pid).has(descriptor)));
  const { ino } = fs.statSync(at.file('pid'));
  const isLock = (descriptor: number) => fs.statSync(`/proc/${pid}/fd/${descriptor}`).ino === ino;
  return new Map([...procfs.descriptors(pid)].filter(([descriptor]) => !isLock(descriptor)));
}

describe.each(['3', '5', '254'])('a newline on descriptor %s', (number) => {
  it.each([
    ['alone', ['\n']],
    ['after other bytes', ['a', 'bc', 'd\n']],
    ['among other bytes', ['x\ny']],
  ])('%s means ready, and nothing else is open in the daemon', async (_, pieces) => {
    const at = scratch();
    const pid = expectReady(at, await awaitReady(at, `fd:${number}`, [], [PIECES, number, ...pieces]));
    expect([...(await openIn(at, pid, Number(number))).keys()]).toEqual([0, 1, 2]);
  });

  it('works with everything else that takes a descriptor', async () => {
    const at = scratch();
    const options = ['--lock', at.file('lock'), '--log', at.file('log')];
    const pid = expectReady(at, await awaitReady(at, `fd:${number}`, options, [PIECES, number, '\n']));
    const open = [...(await openIn(at, pid, Number(number))).values()];
    expect(open.toSorted()).toEqual(
      ['/dev/null', at.file('lock'), at.file('log'), at.file('log')].toSorted(),
    );
    expect(procfs.locksOn(at.file('pid'))).toMatchObject([{ kind: 'POSIX', access: 'READ', pid }]);
    expect(procfs.locksOn(at.file('lock'))).toHaveLength(1);
  });

  it.each([
    ['at once', []],
    ['after other bytes', ['abc', 'd']],
  ])('that never comes, because it is closed %s, is a failure', async (_, pieces) => {
    const at = scratch();
    const ran = await awaitReady(at, `fd:${number}`, [], [PIECES, number, ...pieces]);
    expectStopped(at, ran, 123, `descriptor ${number} was closed without a newline`);
  });

  it('that never comes, because the daemon ends, is its end', async () => {
    const at = scratch();
    expectStopped(at, await awaitReady(at, `fd:${number}`, [], ['sh', '-c', 'exit 3']), 123, 'exit status 3');
  });

  it('that never comes is too late in the end', async () => {
    const at = scratch();
    const command = [PIECES, number, 'abc', '-'];
    const ran = await awaitReady(at, `fd:${number}`, ['--ready-timeout', '300ms'], command);
    expectStopped(at, ran, 124, 'no newline yet');
  });
});

describe.each(['1', '2'])('descriptor %s', (number) => {
  it.each([
    ['a log', ['--log']],
    ['no log', []],
  ])('with %s is told by a newline', async (_, option) => {
    const at = scratch();
    const log = option.flatMap((name) => [name, at.file('log')]);
    expectReady(at, await awaitReady(at, `fd:${number}`, log, [PIECES, number, 'a', 'b\n']));
  });

  it('in a log may go on being written to', async () => {
    const at = scratch();
    const script = `echo first >&${number}; sleep 0.1; for i in 1 2 3; do echo $i >&${number}; done; exec sleep 1000`;
    expectReady(at, await awaitReady(at, `fd:${number}`, ['--log', at.file('log')], ['sh', '-c', script]));
    await eventually('all lines', () => fs.readFileSync(at.file('log'), 'utf8') === 'first\n1\n2\n3\n');
  });
});

describe('several descriptors', () => {
  it('are all waited for', async () => {
    const at = scratch();
    const script = 'echo >&4; echo >&3; echo >&9; exec 3>&- 4>&- 9>&-; exec sleep 1000';
    const pid = expectReady(at, await awaitReady(at, ['fd:3', 'fd:9', 'fd:4'], [], ['sh', '-c', script]));
    expect([...(await openIn(at, pid, 3, 4, 9)).keys()]).toEqual([0, 1, 2]);
  });

  it.each([['fd:0'], ['fd:255'], ['fd:-1'], ['fd:x'], ['fd:'], ['fd'], ['fd:3', 'fd:3']])(
    '%s %s: refused before anything starts',
    async (...specs) => {
      await expectUsageError(specs, []);
    },
  );
});

describe('a caller with odd descriptors', () => {
  const words = (at: Scratch) => `"$0" --pidfile "$1/pid" ${mark(at).join(' ')}`;
  const byShell = (at: Scratch, script: string) => run('bash', ['-c', script, TDAEMON, at.directory, PIECES]);

  it.each([
    ['many open', 'for i in $(seq 3 60); do eval "exec $i>/dev/null"; done', ''],
    ['0 to 2 closed', '', '<&- >&- 2>&-'],
    ['few permitted', 'ulimit -n 64', ''],
  ])('%s: the daemon gets its own, and no other', async (_, before, after) => {
    for (const number of [3, 5, 40]) {
      const at = scratch();
      const ran = await byShell(
        at,
        `${before}\n${words(at)} --ready fd:${number} -- "$2" ${number} a $'\\n' ${after}`,
      );
      expect(ran).toMatchObject({ status: 0, stdout: '', stderr: '' });
      const pid = Number(fs.readFileSync(at.file('pid'), 'utf8'));
      expect([...(await openIn(at, pid, number)).keys()]).toEqual([0, 1, 2]);
    }
  });

  it('that keeps this very one: refused', async () => {
    const at = scratch();
    const ran = await byShell(at, `${words(at)} --keep-fd 7 --ready fd:7 -- "$2" 7 7>/dev/null`);
    expect(ran).toMatchObject({
      status: 2,
      stdout: '',
      stderr: expect.stringContaining('descriptor 7 is to be kept'),
    });
    expect(fs.readdirSync(at.directory)).toEqual([]);
  });

  it('too few permitted for the number: an error, and nothing is left', async () => {
    const at = scratch();
    const ran = await byShell(at, `ulimit -n 64; ${words(at)} --ready fd:254 -- "$2" 254 a`);
    expectStopped(at, ran, 125, '254');
  });
});
