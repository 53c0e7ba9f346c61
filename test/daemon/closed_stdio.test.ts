/** A caller that has closed its own 0, 1 or 2: nothing of ours may land there. */
import fs from 'node:fs';
import { describe, expect, it } from 'vitest';
import { sleeperIn } from '../helpers/asleep';
import * as procfs from '../helpers/procfs';
import { scratch } from '../helpers/scratch';
import { shell } from '../helpers/tdaemon';

const COMBINATIONS = [[], [0], [1], [2], [0, 1], [0, 2], [1, 2], [0, 1, 2]];

function closing(numbers: readonly number[]): string {
  return numbers.map((number) => (number === 0 ? '0<&-' : `${number}>&-`)).join(' ');
}

describe.each(COMBINATIONS.map((closed) => ({ closed })))('a caller with $closed closed', ({ closed }) => {
  it('starts a daemon with the null device on 0, 1 and 2', async () => {
    const at = scratch();
    const ran = await shell(
      `"$TDAEMON" --env TDAEMON_TEST="$AT" --pidfile "$AT/pid" -- sleep 1000 ${closing(closed)}`,
      { env: { AT: at.directory } },
    );
    expect(ran).toEqual({ status: 0, signal: null, stdout: '', stderr: '' });
    const pid = await sleeperIn(at.file('pid'));
    const { 255: lock, ...open } = Object.fromEntries(procfs.descriptors(pid));
    expect(open).toEqual({ 0: '/dev/null', 1: '/dev/null', 2: '/dev/null' });
    expect(lock).toBeDefined();
    expect(procfs.locksOn(at.file('pid'))).toMatchObject([{ access: 'READ', pid }]);
  });

  it('starts a daemon with its files on 0, 1 and 2', async () => {
    const at = scratch();
    at.write('in', 'input');
    const files = '--stdin "$AT/in" --stdout "$AT/out" --stderr "$AT/err"';
    const ran = await shell(
      `"$TDAEMON" --env TDAEMON_TEST="$AT" --pidfile "$AT/pid" ${files} -- sleep 1000 ${closing(closed)}`,
      { env: { AT: at.directory } },
    );
    expect(ran).toMatchObject({ status: 0, stderr: '' });
    const pid = await sleeperIn(at.file('pid'));
    const open = procfs.descriptors(pid);
    expect([...open.keys()]).toEqual([0, 1, 2, 255]);
    expect([0, 1, 2].map((number) => open.get(number))).toEqual(['in', 'out', 'err'].map(at.file));
  });

  it('is told by the exit status alone that the command is not there', async () => {
    const at = scratch();
    const ran = await shell(`"$TDAEMON" --pidfile "$AT/pid" -- "$AT/nothing" ${closing(closed)}`, {
      env: { AT: at.directory },
    });
    expect(ran.status).toBe(127);
    expect(fs.readdirSync(at.directory)).toEqual([]);
  });
});

describe('inherit', () => {
  it.each([0, 1, 2])('of a closed %i gives the null device, as Node has put it there', async (number) => {
    const at = scratch();
    const name = ['stdin', 'stdout', 'stderr'][number];
    const ran = await shell(
      `"$TDAEMON" --env TDAEMON_TEST="$AT" --pidfile "$AT/pid" --${name} inherit -- sleep 1000 ${closing([number])}`,
      { env: { AT: at.directory } },
    );
    expect(ran.status).toBe(0);
    const pid = await sleeperIn(at.file('pid'));
    expect(procfs.descriptors(pid).get(number)).toBe('/dev/null');
  });
});
