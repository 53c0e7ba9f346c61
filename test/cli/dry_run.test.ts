/** What is accepted comes out of `--dry-run --json` as it went in; and a dry run changes nothing. */
import fs from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { planToJson } from '../../src/cli/dry_run';
import { START_OPTIONS } from '../../src/cli/option_table';
import { scan } from '../../src/cli/scan';
import { toOptions } from '../../src/cli/start_options';
import { makePlan } from '../../src/daemon/plan';
import { HOLD } from '../helpers/hold';
import { expectNothingLeft } from '../helpers/leftovers';
import { atEnd } from '../helpers/pidfiles';
import { type Scratch, scratch } from '../helpers/scratch';
import { anyStartRequest, expectPlan, FROM_FILE, words } from '../helpers/start_request';
import { tdaemon } from '../helpers/tdaemon';

const OPEN = [3, 7, 12];

function requests(at: Scratch) {
  const lines = Object.entries(FROM_FILE).map(([name, value]) => `${name}="${value}"\n`);
  at.write('environment', lines.join(''));
  at.write('certificates', '');
  return anyStartRequest(at.directory, OPEN);
}

describe('a dry run', () => {
  it('gives back what was asked for: by the functions', () => {
    const request = requests(scratch());
    fc.assert(
      fc.property(request, (wanted) => {
        const options = toOptions(scan(words(wanted), START_OPTIONS), { environment: [], descriptors: OPEN });
        const plan = makePlan(options, wanted.foreground);
        expectPlan(JSON.parse(JSON.stringify(planToJson(plan, options))), wanted);
      }),
      { numRuns: 500 },
    );
  });

  it('gives back what was asked for: by the command', async () => {
    const request = requests(scratch());
    const device = fs.openSync('/dev/null', 'r');
    atEnd(() => fs.closeSync(device));
    const others = Array.from({ length: 10 }, (_, at) => (OPEN.includes(at + 3) ? device : 'ignore'));
    await fc.assert(
      fc.asyncProperty(request, async (wanted) => {
        const ran = await tdaemon(words(wanted), { stdio: ['ignore', 'pipe', 'pipe', ...others] });
        expect(ran).toMatchObject({ status: 0, stderr: '' });
        const { plan, ...rest } = JSON.parse(ran.stdout);
        expect(rest).toEqual({ ok: true, status: 0, dryRun: true });
        expectPlan(plan, wanted);
      }),
      { numRuns: 25 },
    );
  });

  it('was asked for every option of a start', () => {
    const asked = new Set(fc.sample(requests(scratch()), 500).flatMap(words));
    const isAsked = ({ name, short }: (typeof START_OPTIONS)[number]) =>
      [...asked].some((word) => word.split('=')[0] === `--${name}` || word === `-${short}`);
    const missing = START_OPTIONS.filter((option) => !isAsked(option)).map(({ name }) => name);
    // These end a start before it is planned, contradict a dry run, or are another's plan (respawn.test.ts).
    expect(missing).toEqual(['respawn', 'restart-delay', 'quiet', 'help', 'version']);
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
