/** A kernel that says that it changed the ids, and did not: the command does not run. */
import { describe, expect, it } from 'vitest';
import { expectCleanFailure, strace } from '../helpers/nothing_left';
import { isRoot } from '../helpers/privileges';
import { scratch } from '../helpers/scratch';

describe.skipIf(!isRoot)('a kernel that lies (needs root)', () => {
  it.each([
    ['setresuid', 'setuid'],
    ['setresgid', 'setuid'],
  ])('about %s is caught: the ids were not changed, and the command does not run', async (name, stage) => {
    const at = scratch();
    const under = strace(at, '-e', `inject=${name}:retval=0`);
    expect(await expectCleanFailure(at, { under, options: ['--user', 'nobody'] })).toMatchObject({
      status: 125,
      stage,
      code: 'EPERM',
      message: 'cannot change to uid 65534: the kernel did not change the ids (EPERM)',
    });
  });

  it('about setresuid, and then about what it has set, is caught: the former id comes back', async () => {
    const at = scratch();
    // The second call is the one that tries to come back.
    const under = strace(at, '-e', 'inject=setresuid:retval=0:when=2');
    expect(await expectCleanFailure(at, { under, options: ['--user', 'nobody'] })).toMatchObject({
      status: 125,
      stage: 'setuid',
      message: 'cannot change to uid 65534: the former ids could be taken back (EPERM)',
    });
  });
});
