/** --nice, --ionice, --sched, --oom-score-adj, --no-new-privs: what the kernel and other programs say of them. */
import fs from 'node:fs';
import { describe, expect, it } from 'vitest';
import { eventually } from '../helpers/eventually';
import { expectCleanFailure } from '../helpers/nothing_left';
import { TDAEMON } from '../helpers/paths';
import { isRoot, mayRaiseLimits, NOBODY } from '../helpers/privileges';
import * as procfs from '../helpers/procfs';
import { scratch } from '../helpers/scratch';
import { failedStart, start } from '../helpers/start';
import { run, tdaemon } from '../helpers/tdaemon';

const unprivileged = {
  uid: NOBODY,
  gid: NOBODY,
  cwd: '/',
  env: { ...process.env, PATH: '/usr/bin:/bin', HOME: '/' },
};

describe('--nice', () => {
  it.each(['0', '5', '19'])('%s', async (nice) => {
    const pid = await start(scratch(), ['--nice', nice]);
    expect(procfs.stat(pid)?.nice).toBe(Number(nice));
  });

  it('is absolute, not added to the caller’s', async () => {
    const at = scratch();
    const ran = await run('nice', [
      '-n',
      '4',
      TDAEMON,
      '--json',
      '--env',
      `TDAEMON_TEST=${at.directory}`,
      '--nice',
      '7',
      '--',
      'sleep',
      '1000',
    ]);
    expect(procfs.stat(JSON.parse(ran.stdout).pid)?.nice).toBe(7);
  });

  it.skipIf(!isRoot)('-5 (needs root)', async () => {
    const pid = await start(scratch(), ['--nice', '-5']);
    expect(procfs.stat(pid)?.nice).toBe(-5);
  });

  it.skipIf(!isRoot)('cannot be lowered by others: 125 (needs root to become another)', async () => {
    const failure = await failedStart(scratch(), ['--nice', '-5'], undefined, unprivileged);
    expect(failure).toMatchObject({ status: 125, stage: 'nice', code: 'EACCES' });
    expect(failure.message).toContain('cannot set nice -5');
  });
});

describe('--ionice', () => {
  it.each([
    ['best-effort:7', 'best-effort: prio 7'],
    ['best-effort', 'best-effort: prio 4'],
    ['2:0', 'best-effort: prio 0'],
    ['idle', 'idle'],
    ['none', 'none: prio 0'],
  ])('%s is what ionice(1) calls %s', async (option, words) => {
    const pid = await start(scratch(), ['--ionice', option]);
    expect((await run('ionice', ['-p', String(pid)])).stdout.trim()).toBe(words);
  });

  it.skipIf(!isRoot)('realtime:3 (needs root)', async () => {
    const pid = await start(scratch(), ['--ionice', 'realtime:3']);
    expect((await run('ionice', ['-p', String(pid)])).stdout.trim()).toBe('realtime: prio 3');
  });

  it.skipIf(!isRoot)('realtime is not for others: 125 (needs root to become another)', async () => {
    const failure = await failedStart(scratch(), ['--ionice', 'realtime'], undefined, unprivileged);
    expect(failure).toMatchObject({ status: 125, stage: 'ionice', code: 'EPERM' });
  });
});

describe('--sched', () => {
  const REAL_TIME: [string, string, string][] = [
    ['fifo:10', 'SCHED_FIFO', '10'],
    ['rr:99', 'SCHED_RR', '99'],
    ['rr', 'SCHED_RR', '1'],
  ];
  const ORDINARY: [string, string, string][] = [
    ['other', 'SCHED_OTHER', '0'],
    ['batch', 'SCHED_BATCH', '0'],
    ['idle', 'SCHED_IDLE', '0'],
  ];

  async function policy(option: string): Promise<string> {
    const pid = await start(scratch(), ['--sched', option]);
    return (await run('chrt', ['-p', String(pid)])).stdout;
  }

  it.each(ORDINARY)('%s is what chrt(1) calls %s', async (option, name, priority) => {
    const words = await policy(option);
    expect(words).toMatch(new RegExp(`policy: ${name}$`, 'm'));
    expect(words).toMatch(new RegExp(`priority: ${priority}$`, 'm'));
  });

  it.skipIf(!isRoot).each(REAL_TIME)(
    '%s is what chrt(1) calls %s (needs root)',
    async (option, name, priority) => {
      const words = await policy(option);
      expect(words).toMatch(new RegExp(`policy: ${name}$`, 'm'));
      expect(words).toMatch(new RegExp(`priority: ${priority}$`, 'm'));
    },
  );

  it.skipIf(!isRoot)('fifo is not for others: 125 (needs root to become another)', async () => {
    const failure = await failedStart(scratch(), ['--sched', 'fifo:1'], undefined, unprivileged);
    expect(failure).toMatchObject({ status: 125, stage: 'sched', code: 'EPERM' });
  });
});

describe('--oom-score-adj', () => {
  it.each(['500', '1000', '+10'])('%s', async (score) => {
    const pid = await start(scratch(), ['--oom-score-adj', score]);
    expect(procfs.oomScoreAdj(pid)).toBe(Number(score));
  });

  it.skipIf(mayRaiseLimits)('cannot be lowered without CAP_SYS_RESOURCE: 125', async () => {
    const failure = await expectCleanFailure(scratch(), { options: ['--oom-score-adj', '-500'] });
    expect(failure).toMatchObject({ status: 125, stage: 'oom-score-adj', code: 'EACCES' });
    expect(failure.message).toContain('oom_score_adj -500');
  });

  it.skipIf(!mayRaiseLimits)('-500 with CAP_SYS_RESOURCE', async () => {
    const pid = await start(scratch(), ['--oom-score-adj', '-500']);
    expect(procfs.oomScoreAdj(pid)).toBe(-500);
  });
});

describe('--no-new-privs', () => {
  it('is off', async () => {
    expect(procfs.status(await start(scratch()), 'NoNewPrivs')).toBe(
      procfs.status(process.pid, 'NoNewPrivs'),
    );
  });

  it('is set', async () => {
    const pid = await start(scratch(), ['--no-new-privs']);
    expect(procfs.status(pid, 'NoNewPrivs')).toBe('1');
  });

  it.skipIf(!isRoot)('takes a set-user-ID program its power (needs root)', async () => {
    const at = scratch();
    fs.copyFileSync('/usr/bin/id', at.file('id'));
    fs.chmodSync(at.file('id'), 0o4755);
    const ids = async (options: string[], name: string) => {
      const out = at.file(name);
      const ran = await tdaemon(['--user', 'nobody', ...options, '--stdout', out, '--', at.file('id'), '-u']);
      expect(ran).toMatchObject({ status: 0, stderr: '' });
      return out;
    };
    const plain = await ids([], 'plain');
    const reduced = await ids(['--no-new-privs'], 'reduced');
    await eventually('root’s id', () => fs.readFileSync(plain, 'latin1') === '0\n');
    await eventually('nobody’s id', () => fs.readFileSync(reduced, 'latin1') === `${NOBODY}\n`);
  });
});
