/**
 * A program that ends is started again at once, and only then is that written down: what the next supervisor finds of one that was
 * killed in between.
 */
import fs from 'node:fs';
import { describe, expect, it } from 'vitest';
import { eventually } from '../helpers/eventually';
import { killAt } from '../helpers/kill_at';
import { because, missing } from '../helpers/needs';
import * as procfs from '../helpers/procfs';
import { scratch } from '../helpers/scratch';
import { configuration, supervise } from '../helpers/supervise';

const noStrace = missing('strace');

describe.skipIf(noStrace)(
  `the supervisor is killed while it starts a program again${because(noStrace)}`,
  () => {
    it.each([
      // A record's new version gets its name: the program runs.
      ['after it was, before that is written down', 'rename'],
      // The new one is about to be made.
      ['before it was', 'clone3,vfork,fork,clone'],
    ])('%s: there is one, and it counts as started again', async (_, calls) => {
      const at = scratch();
      const supervised = await supervise(
        at,
        `[program:a]\ncommand=sh -c 'echo $$ >>${at.file('starts')}; exec sleep 1000'\nstartsecs=0`,
      );
      const first = await supervised.reaches('a', 'RUNNING');
      const before = supervised.supervisor as number;
      await killAt(before, calls);
      process.kill(first.pid, 'SIGKILL');
      await eventually('the end of the supervisor', () => !procfs.isAlive(before));
      const second = await supervised.until(
        'a',
        'runs again',
        ({ state, pid }) => state === 'RUNNING' && pid !== first.pid,
      );
      expect(second).toMatchObject({ exitStatus: -1, spawnError: '' });
      const starts = () => fs.readFileSync(at.file('starts'), 'utf8').split('\n').filter(Boolean).map(Number);
      await eventually('the second start', () => starts().length > 1);
      expect(starts()).toEqual([first.pid, second.pid]);
      expect(second.restarts).toBe(1);
      // For metrics; by a signal, or nobody could say.
      const record = fs.readFileSync(`${supervised.runtimeDirectory}/programs/a%3Aa.json`, 'utf8');
      const { exits } = JSON.parse(record) as { exits: Record<string, number> };
      expect(Object.values(exits).reduce((sum, count) => sum + count)).toBe(1);
      // And the one after it: what is written down now is about the second.
      process.kill(second.pid, 'SIGKILL');
      const third = await supervised.until(
        'a',
        'runs once more',
        ({ state, pid }) => state === 'RUNNING' && pid !== second.pid,
      );
      expect(third.restarts).toBe(2);
      await eventually('the third start', () => starts().length > 2);
      expect(starts()).toEqual([first.pid, second.pid, third.pid]);
    });

    it('and the new one has ended too: it is started again as after any early end', async () => {
      const at = scratch();
      // From its second life on it ends at once.
      const supervised = await supervise(
        at,
        `[program:a]
command=sh -c 'echo >>${at.file('lives')}; test $(wc -l <${at.file('lives')}) = 2 && exit 3; exec sleep 1000'
startsecs=1`,
      );
      const first = await supervised.reaches('a', 'RUNNING');
      await killAt(supervised.supervisor as number, 'rename');
      process.kill(first.pid, 'SIGKILL');
      const third = await supervised.until(
        'a',
        'runs',
        ({ state, pid }) => state === 'RUNNING' && pid !== first.pid,
      );
      expect(fs.statSync(at.file('lives')).size).toBe(3);
      expect(third).toMatchObject({ restarts: 2, exitStatus: 3 });
    });
  },
);

describe('what a reread has changed at once', () => {
  it('holds for the next start also when the supervisor is killed before', async () => {
    const at = scratch();
    const program = (limit: number) => `[program:a]\ncommand=sleep 1000\nstartsecs=0\nrlimit_nofile=${limit}`;
    const supervised = await supervise(at, program(777));
    const first = await supervised.reaches('a', 'RUNNING');
    configuration(at, program(555));
    await supervised.ask('reread');
    process.kill(supervised.supervisor as number, 'SIGKILL');
    await supervised.until('a', 'is adopted', ({ adopted }) => adopted);
    process.kill(first.pid, 'SIGKILL');
    const second = await supervised.until(
      'a',
      'runs again',
      ({ state, pid }) => state === 'RUNNING' && pid !== first.pid,
    );
    expect(procfs.limit(second.pid, 'Max open files')?.soft).toBe('555');
  });
});
