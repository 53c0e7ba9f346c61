/** Programs are killed a thousand times: none is missed, none is doubled. */
import { describe, expect, it } from 'vitest';
import { eventually } from '../helpers/eventually';
import * as procfs from '../helpers/procfs';
import { scratch } from '../helpers/scratch';
import { supervise } from '../helpers/supervise';

const PROGRAMS = 20;
const KILLS = process.env.TDAEMON_CHAOS === 'long' ? 10_000 : 1000;

describe('SIGKILL to programs', () => {
  it(`${KILLS} times: each is started again, once`, async () => {
    const at = scratch();
    const names = Array.from({ length: PROGRAMS }, (_, number) => `p${number}`);
    const supervised = await supervise(
      at,
      names
        .map(
          (name) =>
            `[program:${name}]\ncommand=sleep 1000\nstartsecs=0\nautorestart=true\nrestart_delay_max=0`,
        )
        .join('\n'),
    );
    for (const name of names) await supervised.reaches(name, 'RUNNING');
    const supervisor = supervised.supervisor as number;
    let killed = 0;
    while (killed < KILLS) {
      // Whoever is there now: at times one that has just begun, at times many at once.
      const victims = procfs.childrenOf(supervisor).filter((pid) => procfs.isAlive(pid));
      expect(victims.length).toBeLessThanOrEqual(PROGRAMS);
      const doomed = victims.slice(0, KILLS - killed);
      for (const pid of doomed) process.kill(pid, 'SIGKILL');
      killed += doomed.length;
      await eventually('their end', () => doomed.every((pid) => !procfs.isAlive(pid)));
    }
    await eventually(
      'all run again',
      () => procfs.childrenOf(supervisor).filter((pid) => procfs.isAlive(pid)).length === PROGRAMS,
    );
    const shown = await supervised.status();
    expect(shown.every(({ state }) => state === 'RUNNING')).toBe(true);
    expect(shown.reduce((sum, { restarts }) => sum + restarts, 0)).toBe(KILLS);
    expect(new Set(shown.map(({ pid }) => pid)).size).toBe(PROGRAMS);
    expect(supervised.supervisor).toBe(supervisor);
  });
});
