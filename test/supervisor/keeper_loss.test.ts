/** The keeper is killed, alone or with the supervisor; the supervisor hands over to another. */
import { describe, expect, it } from 'vitest';
import { eventually } from '../helpers/eventually';
import * as procfs from '../helpers/procfs';
import { scratch } from '../helpers/scratch';
import { supervise, superviseCommand } from '../helpers/supervise';

const PROGRAMS = `[program:a]
command=sleep 1000
startsecs=0
[program:b]
command=sleep 1000
startsecs=0`;

describe('SIGKILL to the keeper', () => {
  it('the supervisor has another one, which the pidfile names, and which starts a supervisor again', async () => {
    const at = scratch();
    const supervised = await supervise(at, PROGRAMS);
    const { pid } = await supervised.reaches('a', 'RUNNING');
    const { keeper } = supervised;
    const supervisor = supervised.supervisor as number;
    process.kill(keeper, 'SIGKILL');
    await eventually('another keeper', () => supervised.keeper !== keeper);
    expect(procfs.isAlive(supervisor)).toBe(true);
    expect(await supervised.of('a')).toMatchObject({ pid, state: 'RUNNING', restarts: 0 });
    const second = supervised.keeper;
    await eventually('it looks after the supervisor', () => procfs.commandLine(second).length > 0);
    process.kill(supervisor, 'SIGKILL');
    const after = await supervised.until('a', 'is adopted', ({ adopted }) => adopted);
    expect(after).toMatchObject({ pid, state: 'RUNNING', restarts: 0 });
    expect(supervised.supervisor).not.toBe(supervisor);
    await supervised.shutdown();
    expect(procfs.mentioning(at.directory)).toEqual([]);
  });

  it('ten times', async () => {
    const at = scratch();
    const supervised = await supervise(at, PROGRAMS);
    const { pid } = await supervised.reaches('b', 'RUNNING');
    for (let kill = 0; kill < 10; kill++) {
      const { keeper } = supervised;
      process.kill(keeper, 'SIGKILL');
      await eventually('another keeper', () => supervised.keeper !== keeper);
    }
    expect(await supervised.of('b')).toMatchObject({ pid, state: 'RUNNING' });
  });

  it('and to the supervisor: the next start finds all that runs', async () => {
    const at = scratch();
    const supervised = await supervise(at, PROGRAMS);
    const { pid } = await supervised.reaches('a', 'RUNNING');
    const [keeper, supervisor] = [supervised.keeper, supervised.supervisor as number];
    const logger = supervised.logger as number;
    process.kill(supervisor, 'SIGSTOP');
    process.kill(keeper, 'SIGKILL');
    process.kill(supervisor, 'SIGKILL');
    await eventually('the end of both', () => !procfs.isAlive(keeper) && !procfs.isAlive(supervisor));
    expect(procfs.isAlive(logger)).toBe(true);
    expect((await superviseCommand(at)).status).toBe(0);
    expect(await supervised.of('a')).toMatchObject({ pid, state: 'RUNNING', adopted: true, restarts: 0 });
    // Two would take turns at the same FIFOs.
    expect(procfs.isAlive(logger)).toBe(false);
  });
});

describe('handover', () => {
  it('another supervisor takes over; the programs do not notice', async () => {
    const at = scratch();
    const supervised = await supervise(at, PROGRAMS);
    const { pid } = await supervised.reaches('a', 'RUNNING');
    const before = supervised.supervisor as number;
    await supervised.ask('handover');
    const after = await supervised.until('a', 'is adopted', ({ adopted }) => adopted);
    expect(after).toMatchObject({ pid, state: 'RUNNING', restarts: 0 });
    expect(supervised.supervisor).not.toBe(before);
    expect(procfs.isAlive(before)).toBe(false);
  });

  it('to one that cannot begin fails, and the old one stays in charge', async () => {
    const at = scratch();
    const supervised = await supervise(at, PROGRAMS);
    const { pid } = await supervised.reaches('a', 'RUNNING');
    const before = supervised.supervisor as number;
    at.write('supervisord.conf', 'nonsense');
    await supervised.ask('handover');
    await eventually('it says so', () => supervised.mainLog.includes('handover failed'));
    expect(supervised.supervisor).toBe(before);
    expect(await supervised.of('a')).toMatchObject({ pid, state: 'RUNNING', adopted: false });
  });
});

it('a second supervisor with the same configuration refuses before it touches anything', async () => {
  const at = scratch();
  const supervised = await supervise(at, PROGRAMS);
  const { pid } = await supervised.reaches('a', 'RUNNING');
  const second = await superviseCommand(at);
  expect(second.status).toBe(2);
  expect(second.stderr).toMatch(/^tdaemon: another supervisor is running with '.*supervisord.conf'\n$/);
  expect(await supervised.of('a')).toMatchObject({ pid, state: 'RUNNING', restarts: 0 });
});
