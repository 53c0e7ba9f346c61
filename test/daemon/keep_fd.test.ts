/** --keep-fd and --argv0: what is handed to the command at exec. */
import fs from 'node:fs';
import { describe, expect, it } from 'vitest';
import { sleeperIn } from '../helpers/asleep';
import { TDAEMON } from '../helpers/paths';
import * as procfs from '../helpers/procfs';
import { type Scratch, scratch } from '../helpers/scratch';
import { start } from '../helpers/start';
import { run, shell } from '../helpers/tdaemon';

async function keep(at: Scratch, options: string, redirections: string): Promise<Map<number, string>> {
  const ran = await shell(
    `"$TDAEMON" --env TDAEMON_TEST="$AT" --pidfile "$AT/pid" ${options} -- sleep 1000 ${redirections}`,
    { env: { AT: at.directory } },
  );
  expect(ran).toEqual({ status: 0, signal: null, stdout: '', stderr: '' });
  const open = procfs.descriptors(await sleeperIn(at.file('pid')));
  open.delete(255);
  return open;
}

describe('--keep-fd', () => {
  it('passes one on and closes the others', async () => {
    const at = scratch();
    const open = await keep(at, '--keep-fd 7', '7>"$AT/seven" 3>"$AT/three" 8>"$AT/eight"');
    expect([...open.keys()]).toEqual([0, 1, 2, 7]);
    expect(open.get(7)).toBe(at.file('seven'));
  });

  it('passes several on, in any order', async () => {
    const at = scratch();
    const open = await keep(
      at,
      '--keep-fd 9 --keep-fd=3 --keep-fd 5',
      '3>"$AT/a" 5>"$AT/b" 9>"$AT/c" 4>"$AT/d"',
    );
    expect([...open.keys()]).toEqual([0, 1, 2, 3, 5, 9]);
    expect([3, 5, 9].map((number) => open.get(number))).toEqual(['a', 'b', 'c'].map(at.file));
  });

  it.each(['3', '17', '20'])('refuses %s, on which Node has something of its own', async (number) => {
    const at = scratch();
    const ran = await shell(`"$TDAEMON" --pidfile "$AT/pid" --keep-fd ${number} -- sleep 1000`, {
      env: { AT: at.directory },
    });
    expect(ran).toMatchObject({
      status: 2,
      stderr: `tdaemon: --keep-fd: descriptor ${number} is not open\n`,
    });
    expect(fs.readdirSync(at.directory)).toEqual([]);
  });

  it.each(['0', '1', '2', '-1', 'x', '3.5'])('refuses %s', async (number) => {
    const ran = await run(TDAEMON, ['--keep-fd', number, '--', 'sleep', '1000']);
    expect(ran).toMatchObject({ status: 2, stdout: '' });
  });
});

describe('--argv0', () => {
  it.each(['other name', '-sh', '', 'käse', '--'])(
    '%j is what the command finds as its name',
    async (name) => {
      const pid = await start(scratch(), [`--argv0=${name}`], ['sleep', '1000']);
      expect(procfs.commandLine(pid).map(String)).toEqual([name, '1000']);
      expect(procfs.stat(pid)?.name).toBe('sleep');
    },
  );

  it('is the command as typed by default', async () => {
    const at = scratch();
    at.write('my sleep', fs.readFileSync('/bin/sleep'));
    fs.chmodSync(at.file('my sleep'), 0o755);
    const pid = await start(at, [], ['./my sleep', '1000'], { cwd: at.directory });
    expect(procfs.commandLine(pid).map(String)).toEqual(['./my sleep', '1000']);
    expect(procfs.link(pid, 'exe')).toBe(at.file('my sleep'));
  });
});
