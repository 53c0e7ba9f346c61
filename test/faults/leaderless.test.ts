/** A command whose first thread ends at once: it runs on, and the kernel never shows its arguments again. */
import { expect, it } from 'vitest';
import { because, missing } from '../helpers/needs';
import { fixture } from '../helpers/paths';
import * as procfs from '../helpers/procfs';
import { scratch } from '../helpers/scratch';
import { straceDaemon } from '../helpers/strace_daemon';

const absent = missing('strace');

it.skipIf(absent)(`a start does not wait for what cannot be seen any more${because(absent)}`, async () => {
  // The session leader asks by setpgid(2) whether the command has been executed, and then looks at it.
  const late = ['-e', 'inject=setpgid:delay_enter=1000000'];
  const daemon = await straceDaemon(scratch(), late, [], [fixture('unendable'), 'leader']);
  expect(daemon).toMatchObject({ ok: true });
  expect(procfs.stat(daemon.pid)).toMatchObject({ name: 'unendable', state: 'Z' });
  await daemon.finish();
});
