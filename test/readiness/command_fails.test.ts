/** --ready cmd:COMMAND: the command fails, or does not end; it is never left behind. */
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import { describe, expect, it } from 'vitest';
import { eventually } from '../helpers/eventually';
import { TDAEMON } from '../helpers/paths';
import { isRoot, NOBODY } from '../helpers/privileges';
import * as procfs from '../helpers/procfs';
import { scratch } from '../helpers/scratch';
import { mark, SLEEPER } from '../helpers/start';
import { expectNotReady, failReady } from '../helpers/start_ready';
import { run } from '../helpers/tdaemon';
import { makeDirectory } from '../helpers/users';

const LATER = ['--ready-timeout', '3s'];

describe('cmd: is not ready', () => {
  it.each([
    ['false', 'exit status 1'],
    ['exit 77', 'exit status 77'],
    ['no-such-program', 'exit status 127'],
    ['kill -s KILL $$', 'ended by SIGKILL'],
  ])('while it fails: %s', (command, state) =>
    expectNotReady(scratch(), `cmd:${command}`, SLEEPER, state, LATER),
  );

  it.each(['sleep 1000', 'sleep 1000 & wait', 'trap "" TERM HUP INT; sleep 1000; sleep 1000'])(
    'while it has not ended; it is ended with all that it has started: %s',
    (command) => expectNotReady(scratch(), `cmd:${command}`, SLEEPER, 'it has not ended', LATER),
  );

  it('when the daemon dies, which ends the command too', async () => {
    const at = scratch();
    const command = `echo >${at.file('runs')}; sleep 1000`;
    const script = `until test -s ${at.file('runs')}; do sleep 0.01; done; exit 3`;
    const ran = await failReady(at, `cmd:${command}`, ['sh', '-c', script], []);
    expect(ran).toMatchObject({
      status: 123,
      stderr: "tdaemon: 'sh' ended before it was ready: exit status 3\n",
    });
  });

  it.each(['SIGINT', 'SIGTERM'] as const)('on %s, which ends both', async (signal) => {
    const at = scratch();
    const runs = at.file('runs');
    const args = [...mark(at), '-p', at.file('pid'), '--ready', `cmd:echo >${runs}; sleep 1000 & wait`];
    const child = spawn(TDAEMON, [...args, '--', ...SLEEPER], { stdio: ['ignore', 'pipe', 'pipe'] });
    const ended = new Promise((resolve) => child.on('close', (status) => resolve(status)));
    await eventually('the command', () => fs.existsSync(runs) && fs.statSync(runs).size > 0);
    child.kill(signal);
    expect(await ended).toBe(130);
    expect(procfs.mentioning(at.directory)).toEqual([]);
    expect(fs.existsSync(at.file('pid'))).toBe(false);
  });

  it.skipIf(!isRoot)(
    'of another user, which may not be ended, and does not keep tdaemon (needs root)',
    async () => {
      const at = scratch();
      // As sudo(8) does: with all ids another's, the caller may not signal it.
      fs.copyFileSync('/usr/bin/setpriv', at.file('become-root'));
      fs.chmodSync(at.file('become-root'), 0o4755);
      const spec = `cmd:exec ${at.file('become-root')} --reuid 0 sleep 1000`;
      const directory = makeDirectory(at.file('theirs'), { uid: NOBODY, gid: NOBODY });
      const given = ['-p', `${directory}/pid`, ...mark(at), '--ready', spec, '--ready-timeout', '1s'];
      const ran = await run(TDAEMON, [...given, '--', ...SLEEPER], { uid: NOBODY, gid: NOBODY, cwd: '/' });
      expect(ran.status).toBe(124);
      expect(ran.stderr).toContain('it has not ended');
    },
  );
});
