/** A daemon that becomes ready and dies in the same moment is one or the other; never a hang, never an orphan. */
import { expect, it } from 'vitest';
import { library } from '../helpers/library';
import { mentioning } from '../helpers/procfs';
import { scratch } from '../helpers/scratch';

const RUNS = 500;

it.each([
  { kind: 'line', ready: 'line:^addr: ', script: 'echo addr: 1' },
  { kind: 'fd', ready: 'fd:3', script: 'echo >&3' },
])(
  `${RUNS} daemons that say it and die at once: $kind`,
  { timeout: 240_000 },
  async ({ kind, ready, script }) => {
    const at = scratch();
    const outcomes = { ready: 0, ended: 0 };
    const one = async (number: number) => {
      try {
        await library.daemonize({
          command: 'sh',
          args: ['-c', `${script}; exit 7`],
          env: { TDAEMON_TEST: at.directory },
          stdout: at.file(`${kind}${number % 4}`),
          ready,
        });
        outcomes.ready++;
      } catch (error) {
        expect(error).toMatchObject({ name: 'TdaemonError', reason: 'ended' });
        outcomes.ended++;
      }
    };
    for (let done = 0; done < RUNS; done += 4)
      await Promise.all([0, 1, 2, 3].map((lane) => one(done + lane)));
    expect(outcomes.ready + outcomes.ended).toBe(RUNS);
    expect(mentioning(at.directory)).toEqual([]);
  },
);
