/** The keeper as PID 1 of a pid namespace. */
import fs from 'node:fs';
import { describe, expect, it } from 'vitest';
import { eventually } from '../helpers/eventually';
import { readyKeeper } from '../helpers/keeper';
import { because, noPidNamespaces } from '../helpers/needs';
import * as procfs from '../helpers/procfs';
import { scratch } from '../helpers/scratch';

const cannot = noPidNamespaces();
const UNSHARE = ['unshare', '--pid', '--fork', '--kill-child'];

describe.skipIf(cannot)(`PID 1${because(cannot)}`, () => {
  it('reaps, tells, passes signals on, starts again, and ends as told', async () => {
    const { keeper, first } = await readyKeeper(scratch(), { by: [...UNSHARE, '--mount-proc'] });
    const [pid] = procfs.childrenOf(keeper.pid) as [number];
    expect(procfs.status(pid, 'NSpid')).toBe(`${pid}\t1`);
    const orphan = await first.starts('orphan', 'exit 3');
    expect(orphan).toBeGreaterThan(1);
    first.do('storm 2 /dev/null');
    await eventually('exits', () => first.told('exit').length === 2);
    for (const line of first.told('exit')) expect(line).toMatch(/^exit \d+ 1792 [1-9]\d*$/);
    await eventually('nothing left to reap', () =>
      procfs.childrenOf(pid).every((child) => procfs.stat(child)?.state !== 'Z'),
    );
    for (const name of ['SIGHUP', 'SIGUSR1', 'SIGTERM', 'SIGINT'] as const) {
      process.kill(pid, name);
      await first.hears(`signal ${name.slice(3)}`);
    }
    const [supervisor] = procfs
      .childrenOf(pid)
      .filter((child) => procfs.stat(child)?.name.startsWith('played'));
    process.kill(supervisor as number, 'SIGKILL');
    const second = await keeper.supervisor(1);
    second.say('ready');
    await second.hears('signal TERM');
    second.say('leave', 9);
    second.do('exit 0');
    expect(await keeper.ended).toEqual({ status: 9, signal: null });
    expect(fs.existsSync(keeper.run)).toBe(false);
  });

  it('with a /proc that is not its own says no wrong start times', async () => {
    const { first } = await readyKeeper(scratch(), { by: UNSHARE });
    first.do('storm 3 /dev/null');
    await eventually('exits', () => first.told('exit').length === 3);
    for (const line of first.told('exit')) expect(line).toMatch(/^exit \d+ 1792 0$/);
  });
});
