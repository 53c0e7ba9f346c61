/** Node looks for options of its own among a script's arguments too (--env-file, in Node 20): tdaemon's must be safe from it. */
import { describe, expect, it } from 'vitest';
import { HOLD, heldBy } from '../helpers/hold';
import { scratch } from '../helpers/scratch';
import { tdaemon } from '../helpers/tdaemon';

describe('--env-file', () => {
  it('as a word of its own is tdaemon’s', async () => {
    const at = scratch();
    const file = at.write('env', `A='b "c"'\nS=${at.directory}\n`);
    const { environment } = await heldBy(
      at.file('pid'),
      await tdaemon(['-p', at.file('pid'), '--clear-env', '--env-file', file, HOLD]),
    );
    expect(Object.fromEntries(environment)).toEqual({ PWD: '/', A: 'b "c"', S: at.directory });
  });

  it('that is missing is 125, in our own words', async () => {
    const message = "cannot read environment file '/no/such': no such file or directory (ENOENT)";
    for (const words of [['--env-file', '/no/such'], ['--env-file=/no/such']])
      expect(await tdaemon([...words, '--dry-run', 'true'])).toEqual({
        status: 125,
        signal: null,
        stdout: '',
        stderr: `tdaemon: ${message}\n`,
      });
  });

  it('runs no code in tdaemon, whatever NODE_OPTIONS it has for the daemon', async () => {
    const at = scratch();
    const trap = at.write('trap.js', 'require("fs").writeSync(2, "trapped")');
    const file = at.write('env', `NODE_OPTIONS=--require=${trap}\n`);
    for (const words of [['--env-file', file], [`--env-file=${file}`]])
      expect(await tdaemon([...words, '--dry-run', 'true'])).toMatchObject({ status: 0, stderr: '' });
  });

  it.each([[['--env-file', '/no/such']], [['--env-file=/no/such']]])(
    'of the command is the command’s: %j',
    async (words) => {
      const at = scratch();
      const ran = await tdaemon(['-p', at.file('pid'), HOLD, at.directory, ...words]);
      const { arguments: found } = await heldBy(at.file('pid'), ran);
      expect(found.map(String)).toEqual([HOLD, at.directory, ...words]);
    },
  );
});
