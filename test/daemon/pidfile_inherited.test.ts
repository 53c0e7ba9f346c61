/** A child of the daemon has inherited the pidfile's descriptor, but neither the lock nor the pid. */
import fs from 'node:fs';
import { describe, expect, it } from 'vitest';
import { eventually } from '../helpers/eventually';
import { TDAEMON } from '../helpers/paths';
import * as pidfiles from '../helpers/pidfiles';
import * as procfs from '../helpers/procfs';
import { type Scratch, scratch } from '../helpers/scratch';

async function answer(at: Scratch): Promise<string> {
  return eventually(
    'answer',
    () => fs.existsSync(at.file('answer')) && fs.readFileSync(at.file('answer'), 'utf8'),
  );
}

/** tdaemon as a child of the daemon, whose descriptors a shell hands on to it. */
const ASK = `"$TDAEMON" -p "$PIDFILE" --env "TEST_DIRECTORY=$TEST_DIRECTORY" -- sleep 1000 2> "$TEST_DIRECTORY/said"
echo $? > "$TEST_DIRECTORY/partial"; mv "$TEST_DIRECTORY/partial" "$TEST_DIRECTORY/answer"`;

describe('a child that inherited the descriptor of the pidfile', () => {
  it('is told the pid of the daemon, not its own', async () => {
    const at = scratch();
    const file = at.file('pid');
    const options = ['-p', file, '--env', `TDAEMON=${TDAEMON}`, '--env', `PIDFILE=${file}`];
    expect(await pidfiles.start(at, options, ['sh', '-c', `${ASK}; sleep 1000`])).toMatchObject({
      status: 0,
    });
    const pid = pidfiles.readPid(file);
    expect(await answer(at)).toBe('1\n');
    expect(fs.readFileSync(at.file('said'), 'utf8')).toContain(`already running: process ${pid} `);
    expect(procfs.locksOn(file)).toMatchObject([{ kind: 'POSIX', access: 'READ', pid }]);
  });

  it('can start a successor once the daemon has ended', async () => {
    const at = scratch();
    const file = at.file('pid');
    const options = ['-p', file, '--env', `TDAEMON=${TDAEMON}`, '--env', `PIDFILE=${file}`];
    // The child outlives the daemon, as a program that upgrades itself does.
    const child = `while kill -0 "$DAEMON" 2>/dev/null && ! grep -q 'State:.*Z' /proc/$DAEMON/status; do :; done; ${ASK}`;
    const daemon = `DAEMON=$$ sh -c '${child}' & exit 0`;
    expect(await pidfiles.start(at, options, ['sh', '-c', daemon])).toMatchObject({ status: 0 });
    expect(await answer(at)).toBe('0\n');
    const pid = pidfiles.readPid(file);
    expect(procfs.commandLine(pid).map(String)).toEqual(['sleep', '1000']);
    expect(procfs.locksOn(file)).toMatchObject([{ kind: 'POSIX', access: 'READ', pid }]);
  });
});
