/** Others who look at the pidfile at the worst moment, and one file that is asked to be two things. */
import fs from 'node:fs';
import { describe, expect, it } from 'vitest';
import { eventually } from '../helpers/eventually';
import * as pidfiles from '../helpers/pidfiles';
import { scratch } from '../helpers/scratch';
import { straceTdaemon } from '../helpers/strace';

describe('a reader who locks the pidfile of a start that fails', () => {
  it('cannot make it stay', async () => {
    const at = scratch();
    const other = scratch();
    const missing = at.file('missing');
    // The child stops as its execve fails, and goes on when the reader has its lock.
    const trace = other.file('strace');
    const ended = straceTdaemon(
      trace,
      ['-P', missing, '-e', 'trace=execve', '-e', 'inject=execve:signal=STOP:error=ENOENT'],
      ['-p', at.file('pid'), '--', missing],
    );
    const stopped = / stopped by SIGSTOP/;
    await eventually(
      'the stop',
      () => fs.existsSync(trace) && stopped.test(fs.readFileSync(trace, 'latin1')),
    );
    const pid = pidfiles.readPid(at.file('pid'));
    await pidfiles.lockElsewhere(at.file('pid'), 'read');
    process.kill(pid, 'SIGCONT');
    expect(await ended).toMatchObject({ status: 127 });
    expect(fs.readdirSync(at.directory)).toEqual([]);
  });
});

describe('one file for two purposes', () => {
  it.each(['--lock', '--log', '--stdout', '--stderr', '--stdin'])(
    'as pidfile and %s is a contradiction',
    async (option) => {
      const at = scratch();
      const ran = await pidfiles.start(at, ['-p', at.file('file'), option, at.file('file')]);
      expect(ran).toMatchObject({ status: 2, stdout: '' });
      pidfiles.expectNothingLeft(at);
    },
  );
});
