/** The second fork fails for real: the user may have no more processes (RLIMIT_NPROC). */
import fs from 'node:fs';
import { describe, expect, it } from 'vitest';
import { lonelyUser } from '../helpers/daemons';
import { eventually } from '../helpers/eventually';
import { because, missing, notRoot } from '../helpers/needs';
import { emptyDirectory, expectCleanFailure, strace } from '../helpers/nothing_left';
import * as procfs from '../helpers/procfs';
import { scratch } from '../helpers/scratch';
import { run } from '../helpers/tdaemon';

describe.skipIf(notRoot() ?? missing('prlimit'))(
  `a user who may have no more processes${because(notRoot(), missing('prlimit'))}`,
  () => {
    it('has no second fork: 125', async () => {
      const at = scratch();
      const user = lonelyUser();
      for (const directory of [at.directory, emptyDirectory(at)]) fs.chownSync(directory, user, user);
      // The session leader stops when it has its session, and goes on with the new limit.
      const failed = expectCleanFailure(at, {
        under: strace(at, '-e', 'trace=setsid', '-e', 'inject=setsid:signal=STOP'),
        spawning: { uid: user, gid: user },
      });
      const leader = await eventually('the session leader', () =>
        procfs.mentioning(at.directory).find((pid) => {
          const stat = procfs.stat(pid);
          return stat?.name === 'node' && stat.session === pid && /[tT]/.test(stat.state);
        }),
      );
      const limited = await run('prlimit', ['--pid', String(leader), '--nproc=1:1'], {
        uid: user,
        gid: user,
      });
      expect(limited).toMatchObject({ status: 0, stderr: '' });
      process.kill(leader, 'SIGCONT');
      expect(await failed).toMatchObject({
        status: 125,
        stage: 'second-fork',
        code: 'EAGAIN',
        message: expect.stringContaining('perhaps too many processes (ulimit -u)'),
      });
    });
  },
);
