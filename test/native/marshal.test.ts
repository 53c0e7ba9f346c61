/** Random plans for the add-on, from processes of their own: a crash is a failure that is seen, not the end of the tests. */
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { asleep } from '../helpers/asleep';
import { bundle } from '../helpers/beside_addon';
import { size, TIMEOUT } from '../helpers/chaos';
import { eventually } from '../helpers/eventually';
import { expectWorld, rightPlan } from '../helpers/expected_world';
import { HOLD } from '../helpers/hold';
import { link, mentioning } from '../helpers/procfs';
import { endLater, type Scratch, scratch } from '../helpers/scratch';
import { run } from '../helpers/tdaemon';

function anySeed(): number {
  return fc.sample(fc.integer(), 1)[0] as number;
}

function makeDirectory(at: Scratch, name = 'run'): string {
  fs.mkdirSync(at.file(`${name}/place`), { recursive: true });
  return at.file(name);
}

it('what is wrong is a TypeError that names it', TIMEOUT, async () => {
  const at = scratch();
  const seed = anySeed();
  const program = bundle(at, 'marshal/refused.ts');
  const words = [makeDirectory(at), String(seed), String(size(500, 20_000))];
  const ran = await run(process.execPath, [program, ...words]);
  const tried = fs.readFileSync(at.file('run/tried'), 'utf8');
  expect(ran, `seed ${seed}, the last: ${tried}`).toEqual({
    status: 0,
    signal: null,
    stdout: '',
    stderr: '',
  });
  expect(mentioning(at.directory)).toEqual([]);
});

it('what is right is done, as a daemon and as a child', TIMEOUT, async () => {
  const at = scratch();
  const seed = anySeed();
  const program = bundle(at, 'marshal/obeyed.ts');
  const words = [HOLD, makeDirectory(at), String(seed), String(size(30, 2000))];
  const ran = await run(process.execPath, [program, ...words]);
  expect(ran, `seed ${seed}`).toEqual({ status: 0, signal: null, stdout: '', stderr: '' });
  expect(mentioning(at.directory)).toEqual([]);
});

it('what is right is done in the calling process', TIMEOUT, async () => {
  const at = scratch();
  const program = bundle(at, 'marshal/in_place.ts');
  for (let runs = 0; runs < size(5, 200); runs++) {
    const seed = anySeed();
    const directory = makeDirectory(at, `run${runs}`);
    const [plan] = fc.sample(rightPlan(directory, HOLD, []), { seed, numRuns: 1 });
    if (!plan) throw new Error('no plan');
    const child = spawn(process.execPath, [program, HOLD, directory, String(seed)], { stdio: 'inherit' });
    const pid = endLater(child.pid as number);
    await eventually(`seed ${seed}: the program`, () => child.exitCode === null && link(pid, 'exe') === HOLD);
    expectWorld(await asleep(pid), plan);
  }
});
