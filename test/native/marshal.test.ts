/** Random plans for the add-on, from a process of their own: what is wrong is a TypeError that names it, never a crash. */
import fs from 'node:fs';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { bundle } from '../helpers/beside_addon';
import { mentioning } from '../helpers/procfs';
import { scratch } from '../helpers/scratch';
import { run } from '../helpers/tdaemon';

/** Of each of the three functions. */
const RUNS = 3000;

it('takes right plans, and refuses all others by the name of what is wrong', async () => {
  const at = scratch();
  const program = bundle(at, 'marshal/refused.ts');
  fs.mkdirSync(at.file('run'));
  const [seed = 0] = fc.sample(fc.integer(), 1);
  const ran = await run(process.execPath, [program, at.file('run'), String(seed), String(RUNS)]);
  const tried = fs.readFileSync(at.file('run/tried'), 'utf8');
  expect(ran, `seed ${seed}, the last: ${tried}`).toEqual({
    status: 0,
    signal: null,
    stdout: '',
    stderr: '',
  });
  expect(mentioning(at.directory)).toEqual([]);
});
