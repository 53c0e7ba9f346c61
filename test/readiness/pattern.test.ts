/** A regular expression that backtracks for ever, on a line that may be anybody's. */
import { describe, expect, it } from 'vitest';
import { awaitLine, expectReady, expectStopped } from '../helpers/ready';
import { scratch } from '../helpers/scratch';

const SLOW = '^(a+)+$';

describe('a slow regular expression', () => {
  it.each([
    ['one line', `echo ${'a'.repeat(60)}!`],
    ['a long line', `printf %s! ${'a'.repeat(100_000)}`],
    ['thousands of lines, each a little', `yes ${'a'.repeat(22)}! | head -n 2500`],
    ['a line without an end', `printf %s ${'a'.repeat(60)}!`],
  ])('for %s is an error that names it, and the daemon is stopped', async (_, script) => {
    const at = scratch();
    const ran = await awaitLine(at, SLOW, script, ['--ready-timeout', '1h']);
    expectStopped(at, ran, 125, `the regular expression '${SLOW}' takes longer than 1 s`);
  });

  it('does no harm where it need not be slow', async () => {
    const at = scratch();
    expectReady(at, await awaitLine(at, SLOW, 'echo b; echo aaaa'), 'aaaa\n');
  });

  it('is named in one line, whatever it contains', async () => {
    const at = scratch();
    const ran = await awaitLine(at, `${SLOW}|\n\u001b`, `echo ${'a'.repeat(60)}!`);
    expect(ran.stderr.split('\n')[0]).toMatch('\\n\\x1b');
  });
});
