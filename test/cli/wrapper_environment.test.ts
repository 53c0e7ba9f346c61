/** The shell of bin/tdaemon has variables of its own: the caller's of the same name reach the daemon all the same. */
import { expect, it } from 'vitest';
import { HOLD, heldBy } from '../helpers/hold';
import { TDAEMON } from '../helpers/paths';
import { scratch } from '../helpers/scratch';
import { run } from '../helpers/tdaemon';

const PATH = process.env.PATH ?? '';

it.each([
  ['IFS'],
  ['PPID'],
  ['OPTIND'],
  ['OPTARG'],
  ['PS1'],
  ['PS4'],
  ['ENV'],
  ['SHLVL'],
  ['_'],
  ['HOME'],
  ['LINENO'],
])('%s is the caller’s', async (name) => {
  const at = scratch();
  const env = { PATH, SCRATCH: at.directory, [name]: '7' };
  const ran = await run(TDAEMON, ['-p', at.file('pid'), HOLD], { env });
  const { environment } = await heldBy(at.file('pid'), ran);
  expect(Object.fromEntries(environment)).toEqual({ ...env, PWD: '/' });
});

it('a large variable whose name the shell cannot hold arrives', async () => {
  const at = scratch();
  const env = { PATH, SCRATCH: at.directory, 'a.b': 'x'.repeat(60_000) };
  const ran = await run(TDAEMON, ['-p', at.file('pid'), HOLD], { env });
  const { environment } = await heldBy(at.file('pid'), ran);
  expect(environment.get('a.b')?.length).toBe(60_000);
});
