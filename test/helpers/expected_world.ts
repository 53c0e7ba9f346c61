/** SpawnPlans that can be executed, and whether a process is what its plan says: by proc(5). */
import assert from 'node:assert/strict';
import fs from 'node:fs';
import fc from 'fast-check';
import type { LimitPlan, SpawnPlan, StdioPlan } from '../../src/native';
import { anyText } from './any_text';
import * as procfs from './procfs';
import { isRoot, TARGET } from './users';

const withoutNul = fc
  .uint8Array({ maxLength: 20 })
  .map((all) => Buffer.from(all.filter((byte) => byte !== 0)));
const text = anyText({ maxLength: 20 }).filter((any) => !any.includes('\0'));
const bytes = fc.oneof(text, withoutNul);
const rarely = <Value>(arbitrary: fc.Arbitrary<Value>) => fc.option(arbitrary, { nil: undefined });
/** `exactOptionalPropertyTypes`: what is not to be is not there. */
const optional = <Value>(name: string, arbitrary: fc.Arbitrary<Value>) =>
  rarely(arbitrary).map((value) => (value === undefined ? {} : { [name]: value }));

/** The numbers of getrlimit(2) on Linux, and the names in proc_pid_limits(5). */
const LIMITS = new Map([
  [4, 'Max core file size'],
  [7, 'Max open files'],
  [1, 'Max file size'],
]);
const amount = fc.oneof(fc.integer({ min: 64, max: 1000 }), fc.constant(0));
const limits = fc
  .uniqueArray(fc.constantFrom(...LIMITS.keys()))
  .chain((resources) =>
    fc.tuple(
      ...resources.map((resource) =>
        amount.map((soft): LimitPlan => ({ resource, soft: resource === 7 ? 64 + soft : soft, hard: 1100 })),
      ),
    ),
  );

const stdio = (directory: string): fc.Arbitrary<StdioPlan[]> => {
  const file = (name: string) =>
    fc.boolean().map((truncate): StdioPlan => ({ kind: 'file', path: `${directory}/${name}`, truncate }));
  const nothing = fc.constant<StdioPlan>({ kind: 'null' });
  const same = fc.constant<StdioPlan>({ kind: 'same', as: 1 });
  return fc.tuple(nothing, fc.oneof(nothing, file('out')), fc.oneof(nothing, same, file('errors')));
};

/**
 * @param directory that nothing is in but a directory `place`
 * @param program what is executed; its arguments are any
 * @param open descriptors above 20 that may be kept and passed on
 */
export function rightPlan(
  directory: string,
  program: string,
  open: readonly number[],
): fc.Arbitrary<SpawnPlan> {
  const ids = { uid: TARGET.uid, gid: TARGET.gid };
  const required = fc.record({
    candidates: fc.constantFrom<string[]>(
      [program],
      [`${directory}/missing`, program],
      [`${program}/x`, program],
    ),
    argv: fc.array(bytes, { minLength: 1, maxLength: 5 }),
    env: fc.array(bytes, { maxLength: 5 }),
    highDescriptor: fc.integer({ min: 60, max: 300 }),
    stdio: stdio(directory),
    limits,
    chdir: fc.constantFrom('/', `${directory}/place`),
    keep: fc.subarray([...open]),
    noNewPrivs: fc.boolean(),
    foreground: fc.constant(false),
  });
  return fc
    .tuple(
      required,
      optional('nice', fc.integer({ min: 0, max: 10 })),
      optional('sched', fc.constantFrom({ policy: 0, priority: 0 }, { policy: 3, priority: 0 })),
      optional('oomScoreAdj', fc.integer({ min: 0, max: 1000 })),
      optional('umask', fc.integer({ min: 0, max: 0o777 })),
      optional('lock', fc.constant(`${directory}/lock`)),
      optional('pidfile', fc.constant(`${directory}/pid`)),
      optional('passes', fc.uniqueArray(fc.integer({ min: 3, max: 20 }), { maxLength: 3 })),
      optional('ids', fc.subarray([5, 61_001, 61_002, 2 ** 32 - 2])),
    )
    .map(([plan, nice, sched, oom, umask, lock, pidfile, passes, groups]) => ({
      ...plan,
      ...nice,
      ...sched,
      ...oom,
      ...umask,
      ...lock,
      ...pidfile,
      ...(passes.passes &&
        open[0] !== undefined && { passes: passes.passes.map((to) => ({ from: open[0] as number, to })) }),
      ...(isRoot && groups.ids && { ids: { ...ids, groups: groups.ids } }),
    }));
}

function target(plan: SpawnPlan, number: number): string {
  const output = plan.stdio[number] as StdioPlan;
  if (output.kind === 'same') return target(plan, output.as);
  return output.kind === 'file' ? output.path : '/dev/null';
}

const words = (list: SpawnPlan['argv']) => list.map((word) => Buffer.from(word as string).toString('latin1'));
const shown = (list: Buffer[]) => list.map((word) => word.toString('latin1'));

function expectDescriptors(pid: number, plan: SpawnPlan): void {
  const found = procfs.descriptors(pid);
  for (const number of [0, 1, 2]) assert.equal(found.get(number), target(plan, number));
  const given = [0, 1, 2, ...plan.keep, ...(plan.passes ?? []).map(({ to }) => to)];
  const others = [...found.keys()].filter((number) => !given.includes(number));
  // By inode: a file that was made without a name is "(deleted)" to readlink, although it has one by now.
  const inode = (file: string) => fs.statSync(file).ino;
  const held = [plan.lock, plan.pidfile].filter((file) => file !== undefined);
  assert.deepEqual(
    others.map((number) => inode(`/proc/${pid}/fd/${number}`)).sort((one, other) => one - other),
    held.map(inode).sort((one, other) => one - other),
  );
  for (const number of given) assert.ok(found.has(number), `${number} is closed`);
}

/** Of what the plan does not say nothing is asked. */
export function expectWorld(pid: number, plan: SpawnPlan): void {
  const now = procfs.stat(pid);
  assert.deepEqual(shown(procfs.commandLine(pid)), words(plan.argv));
  assert.deepEqual(shown(procfs.environment(pid)), words(plan.env));
  assert.equal(procfs.link(pid, 'exe'), plan.candidates.at(-1));
  assert.equal(procfs.link(pid, 'cwd'), plan.chdir);
  assert.equal(procfs.status(pid, 'NoNewPrivs'), plan.noNewPrivs ? '1' : '0');
  expectDescriptors(pid, plan);
  if (plan.nice !== undefined) assert.equal(now?.nice, plan.nice);
  if (plan.sched) assert.equal(now?.policy, plan.sched.policy);
  if (plan.oomScoreAdj !== undefined) assert.equal(procfs.oomScoreAdj(pid), plan.oomScoreAdj);
  if (plan.umask !== undefined)
    assert.equal(Number.parseInt(procfs.status(pid, 'Umask') ?? '', 8), plan.umask);
  if (plan.pidfile !== undefined) assert.equal(fs.readFileSync(plan.pidfile, 'latin1'), `${pid}\n`);
  for (const { resource, soft, hard } of plan.limits)
    assert.deepEqual(procfs.limit(pid, LIMITS.get(resource) ?? ''), {
      soft: String(soft),
      hard: String(hard),
    });
  if (!plan.ids) return;
  const { uid, gid, groups } = plan.ids;
  assert.equal(procfs.status(pid, 'Uid'), Array(4).fill(uid).join('\t'));
  assert.equal(procfs.status(pid, 'Gid'), Array(4).fill(gid).join('\t'));
  const sorted = [...groups].sort((a, b) => a - b);
  assert.equal(procfs.status(pid, 'Groups'), sorted.join(' '));
}
