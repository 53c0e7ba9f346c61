/** What is accepted comes out of `--dry-run --json` as it went in; and a dry run changes nothing. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { planToJson } from '../../src/cli/dry_run';
import { START_OPTIONS } from '../../src/cli/option_table';
import { scan } from '../../src/cli/scan';
import { toOptions } from '../../src/cli/start_options';
import { makePlan } from '../../src/daemon/plan';
import { HOLD } from '../helpers/hold';
import { expectNothingLeft } from '../helpers/leftovers';
import { scratch } from '../helpers/scratch';
import { tdaemon } from '../helpers/tdaemon';

const text = fc.string({ unit: 'binary' }).filter((word) => !word.includes('\0'));
const path = text.map((word) => `/${word}`);
const optional = <Value>(arbitrary: fc.Arbitrary<Value>) => fc.option(arbitrary, { nil: undefined });

const anyRequest = fc.record({
  command: fc.array(text, { minLength: 1, maxLength: 4 }).filter(([first]) => first !== ''),
  pidfile: optional(path),
  lock: optional(path),
  chdir: optional(path),
  log: optional(path.filter((file) => !file.startsWith('/dev/') && !file.startsWith('/proc/'))),
  umask: optional(fc.integer({ min: 0, max: 0o777 })),
  nice: optional(fc.integer({ min: -20, max: 19 })),
  oom: optional(fc.integer({ min: -1000, max: 1000 })),
  core: optional(fc.nat()),
  argv0: optional(text),
  env: fc.dictionary(
    text.filter((name) => name !== '' && !name.includes('=')),
    text,
    { maxKeys: 3 },
  ),
  truncate: fc.boolean(),
  noNewPrivs: fc.boolean(),
});
/** One file cannot be two of these. */
function isPossible({ pidfile, lock, log }: Record<'pidfile' | 'lock' | 'log', string | undefined>): boolean {
  const given = [pidfile, lock, log].filter((file) => file !== undefined);
  return new Set(given).size === given.length;
}
const request = anyRequest.filter(isPossible);
type Request = typeof request extends fc.Arbitrary<infer Value> ? Value : never;

function words(wanted: Request): string[] {
  const value = (name: string, given: unknown) => (given === undefined ? [] : [`--${name}=${given}`]);
  return [
    ...value('pidfile', wanted.pidfile),
    ...value('lock', wanted.lock),
    ...value('chdir', wanted.chdir),
    ...value('log', wanted.log),
    ...value('umask', wanted.umask?.toString(8)),
    ...value('nice', wanted.nice),
    ...value('oom-score-adj', wanted.oom),
    ...value('argv0', wanted.argv0),
    ...(wanted.core === undefined ? [] : ['--limit', `core=${wanted.core}:unlimited`]),
    ...Object.entries(wanted.env).flatMap(([name, given]) => ['-E', `${name}=${given}`]),
    ...(wanted.truncate ? ['--truncate'] : []),
    ...(wanted.noNewPrivs ? ['--no-new-privs'] : []),
    '--clear-env',
    '--dry-run',
    '--json',
    '--',
    ...wanted.command,
  ];
}

function expectPlan(plan: Record<string, unknown>, wanted: Request): void {
  const { command, argv0, env } = wanted;
  const file = { kind: 'file', path: wanted.log, truncate: wanted.truncate };
  const directory = wanted.chdir ?? '/';
  expect(plan).toMatchObject({
    command: [argv0 ?? command[0], ...command.slice(1)],
    chdir: directory,
    umask: (wanted.umask ?? 0o022).toString(8).padStart(3, '0'),
    stdin: { kind: 'null' },
    stdout: wanted.log === undefined ? { kind: 'null' } : file,
    stderr: wanted.log === undefined ? { kind: 'null' } : { kind: 'same', as: 1 },
    noNewPrivs: wanted.noNewPrivs,
    env: Object.entries({ PWD: directory, ...env })
      .map(([name, given]) => `${name}=${given}`)
      .sort(),
  });
  expect(plan.pidfile).toBe(wanted.pidfile);
  expect(plan.lock).toBe(wanted.lock);
  expect(plan.nice === wanted.nice || (plan.nice === 0 && wanted.nice === 0)).toBe(true);
  expect(plan.oomScoreAdj).toBe(wanted.oom);
  const { core } = plan.limits as Record<string, unknown>;
  expect(core).toEqual(wanted.core === undefined ? undefined : { soft: wanted.core, hard: 'unlimited' });
}

describe('a dry run', () => {
  it('gives back what was asked for: by the functions', () => {
    fc.assert(
      fc.property(request, (wanted) => {
        const options = toOptions(scan(words(wanted), START_OPTIONS), { environment: [] });
        expectPlan(JSON.parse(JSON.stringify(planToJson(makePlan(options), options))), wanted);
      }),
      { numRuns: 500 },
    );
  });

  it('gives back what was asked for: by the command', async () => {
    await fc.assert(
      fc.asyncProperty(request, async (wanted) => {
        const ran = await tdaemon(words(wanted));
        expect(ran).toMatchObject({ status: 0, stderr: '' });
        const { plan, ...rest } = JSON.parse(ran.stdout);
        expect(rest).toEqual({ ok: true, status: 0, dryRun: true });
        expectPlan(plan, wanted);
      }),
      { numRuns: 25 },
    );
  });

  it('changes nothing', async () => {
    const at = scratch();
    const files = ['-p', 'pid', '--lock', 'lock', '--stdout', 'out', '--stderr', 'err', '--truncate'];
    const ran = await tdaemon(['--dry-run', ...files, '--', HOLD, at.directory], { cwd: at.directory });
    expect(ran).toMatchObject({ status: 0, stderr: '' });
    for (const name of ['pid', 'lock', 'out', 'err']) expect(ran.stdout).toContain(`${at.file(name)}`);
    expectNothingLeft(at);
  });

  it('refuses what start refuses before the fork', async () => {
    expect(await tdaemon(['--dry-run', '--user', 'no-such-user', 'true'])).toMatchObject({
      status: 125,
      stdout: '',
      stderr: "tdaemon: unknown user 'no-such-user'\n",
    });
  });
});
