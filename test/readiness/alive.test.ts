/** --ready alive:DURATION: the daemon has not ended by then. */
import { describe, expect, it } from 'vitest';
import { isAlive } from '../helpers/procfs';
import { scratch } from '../helpers/scratch';
import { expectBadSpec, failReady, gate, startReady } from '../helpers/start_ready';

describe('alive', () => {
  it.each(['0', '1ms', '300ms', '1s'])('%s: a daemon that lives is ready', async (duration) => {
    expect(isAlive(await startReady(scratch(), `alive:${duration}`, ['sleep', '1000']))).toBe(true);
  });

  it.each([
    ['exit 7', 'exit status 7'],
    ['exit 0', 'exit status 0 (a program that puts itself into the background must be told not to)'],
    ['kill -s ABRT $$', 'killed by SIGABRT'],
  ])('one that dies meanwhile is not (%s)', async (script, how) => {
    const at = scratch();
    const late = gate(at);
    const command = [...late.before, 'sh', '-c', `echo last words >&2; ${script}`];
    const options = ['--log', at.file('log'), '--ready-timeout', '20s'];
    const [ran] = await Promise.all([failReady(at, 'alive:15s', command, options), late.open()]);
    expect(ran).toMatchObject({
      status: 123,
      stderr: `tdaemon: 'sh' ended before it was ready: ${how}\n  last words\n`,
    });
  });

  it('one that leaves a child behind is not, and the child is ended with it', async () => {
    const ran = await failReady(scratch(), 'alive:15s', ['sh', '-c', 'sleep 1000 & exit 1'], []);
    expect(ran.status).toBe(123);
  });

  it.each(['alive:30s', 'alive:1m'])('%s is not below the timeout: nothing is started', (spec) =>
    expectBadSpec(scratch(), spec, `'${spec}' is longer than the ready timeout (30 s)`),
  );
  it('nor is 2s below one of 2 s', () =>
    expectBadSpec(scratch(), 'alive:2s', 'longer than the ready timeout (2 s)', ['--ready-timeout', '2s']));
  it.each(['alive', 'alive:'])('%s is wrong usage', (spec) =>
    expectBadSpec(scratch(), spec, `'${spec}' is not alive:DURATION`),
  );
  it.each(['x', '-1s', '1 fortnight', '1e3'])('alive:%s is wrong usage', (rest) =>
    expectBadSpec(scratch(), `alive:${rest}`, `'${rest}' is no duration`),
  );
});
