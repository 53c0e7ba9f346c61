/** A pidfile that names a thread of the kernel: it ignores signals, and no daemon it is. */
import { describe, it } from 'vitest';
import { expectRefused, writePidfile } from '../helpers/daemons';
import * as procfs from '../helpers/procfs';
import { scratch } from '../helpers/scratch';
import { tdaemon } from '../helpers/tdaemon';

const KTHREADD = 2;

function kernelThread(): number | undefined {
  return procfs.stat(KTHREADD)?.name === 'kthreadd' ? procfs.childrenOf(KTHREADD)[0] : undefined;
}

describe.skipIf(kernelThread() === undefined)('kernel threads (needs to see one: not in a container)', () => {
  it.each([
    ['stop', ['stop', '--retry', 'TERM/0']],
    ['stop --group', ['stop', '--group', '--retry', 'TERM/0']],
    ['reload', ['reload']],
    ['signal', ['signal', 'USR1']],
  ])('%s refuses them', async (_, [command = '', ...words]) => {
    const pidfile = writePidfile(scratch(), kernelThread() as number);
    expectRefused(await tdaemon([command, '-p', pidfile, ...words]), 125, 'kernel');
  });
});
