/** tdaemon is killed at any moment: a complete daemon with its pidfile is there, or nothing is. */
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import { describe, expect, it } from 'vitest';
import { asleep } from '../helpers/asleep';
import { size, TIMEOUT, tell } from '../helpers/chaos';
import { fixture, TDAEMON } from '../helpers/paths';
import * as pidfiles from '../helpers/pidfiles';
import { isRoot } from '../helpers/privileges';
import * as procfs from '../helpers/procfs';
import { type Scratch, scratch } from '../helpers/scratch';
import { run } from '../helpers/tdaemon';

const ROUNDS = size(160, 1000);

const SLEEP = fs.realpathSync(execFileSync('sh', ['-c', 'command -v sleep'], { encoding: 'utf8' }).trim());

interface Way {
  what: string;
  options: string[];
  /** There before the start. */
  stale?: string;
}

const WAYS: Way[] = [
  { what: 'a plain start', options: [] },
  { what: 'a start over a stale pidfile', options: [], stale: `${pidfiles.deadPid()}\n` },
  ...(isRoot ? [{ what: 'a start of another user', options: ['--user', 'nobody'] }] : []),
];

interface Kill {
  inTime: boolean;
  daemons: number[];
}

/** After the start, over all its time; or after the first fork, for the one or two milliseconds that matter most. */
async function killAt(at: Scratch, moment: string, options: readonly string[]): Promise<Kill> {
  const mark = ['--env', `TEST_DIRECTORY=${at.directory}`];
  const words = ['-p', at.file('run/pid'), ...mark, ...options, '--', 'sleep', '1000'];
  const ran = await run(fixture('kill_at'), [...moment.split(' '), SLEEP, TDAEMON, ...words]);
  expect(ran).toMatchObject({ status: 0, stderr: '' });
  const [verdict, ...pids] = ran.stdout.trim().split(' ');
  return { inTime: verdict === 'killed', daemons: pids.map(Number) };
}

/** What is wrong; nothing of it may be. */
function violations(at: Scratch, { daemons }: Kill, { stale }: Way): string[] {
  const files = fs.readdirSync(at.file('run'));
  const content = files.includes('pid') ? fs.readFileSync(at.file('run/pid'), 'latin1') : undefined;
  if (files.some((name) => name !== 'pid')) return [`files ${files}`];
  const [pid, ...more] = daemons;
  if (pid === undefined) return content === undefined || content === stale ? [] : [`a pidfile of ${content}`];
  if (more.length > 0) return [`daemons ${daemons}`];
  if (content !== `${pid}\n`) return [`daemon ${pid}, pidfile ${content}`];
  const [lock, ...others] = procfs.locksOn(at.file('run/pid'));
  if (lock?.pid !== pid || lock.access !== 'READ' || others.length > 0) return [`no lock of ${pid}`];
  const { tty, session } = procfs.stat(pid) ?? {};
  const isComplete =
    tty === 0 && session !== pid && procfs.link(pid, 'cwd') === '/' && !fs.existsSync(`/proc/${pid}/fd/3`);
  return isComplete ? [] : [`daemon ${pid} is not complete`];
}

/** How long an undisturbed start takes here and now, in microseconds, so that the moments cover all of it. */
async function measure(): Promise<number> {
  const at = scratch();
  const begun = performance.now();
  await pidfiles.startWith(at, at.file('pid'));
  return (performance.now() - begun) * 1000;
}

describe.each(WAYS)('SIGKILL to tdaemon in $what', (way) => {
  const rounds = Math.ceil(ROUNDS / WAYS.length);

  it('leaves a daemon with a locked pidfile that names it, or nothing', TIMEOUT, async () => {
    const at = scratch();
    const whole = await measure();
    const seen = { rounds, daemon: 0, nothing: 0, late: 0 };
    for (let round = 0; round < rounds; round++) {
      fs.mkdirSync(at.file('run'));
      if (way.stale) at.write('run/pid', way.stale);
      const chance = Math.random();
      const moment =
        round % 2 ? `start ${Math.round(chance * 1.2 * whole)}` : `fork ${Math.round(chance * 3000)}`;
      const kill = await killAt(at, moment, way.options);
      for (const pid of kill.daemons) await asleep(pid);
      expect(violations(at, kill, way), `killed at ${moment}`).toEqual([]);
      if (kill.daemons.length > 0) seen.daemon++;
      else seen.nothing++;
      if (!kill.inTime) seen.late++;
      for (const pid of kill.daemons) await pidfiles.kill(pid);
      fs.rmSync(at.file('run'), { recursive: true });
    }
    tell(`kills in ${way.what}`, seen);
    expect(procfs.mentioning(at.directory)).toEqual([]);
  });
});
