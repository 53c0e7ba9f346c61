/** `tdaemon supervise` that is interrupted while it starts: either nothing is left, or all of it is there. */
import fs from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { size, TIMEOUT } from '../helpers/chaos';
import { TDAEMON } from '../helpers/paths';
import * as procfs from '../helpers/procfs';
import { scratch } from '../helpers/scratch';
import { configuration, patience, supervisedLater } from '../helpers/supervise';
import { begin } from '../helpers/tdaemon';

const MOMENTS = size(15, 500);

it('at random moments', TIMEOUT, async () => {
  const at = scratch();
  const file = configuration(at, '[program:a]\ncommand=sleep 1000\nstartsecs=0');
  const supervised = supervisedLater(at);
  const env = { ...process.env, TDAEMON_TEST: at.directory };
  // How long an undisturbed start takes here and now, so that the moments cover all of it.
  let longest = 50;
  for (let moment = 0; moment < MOMENTS; moment++) {
    const began = performance.now();
    const { child, ended } = begin(TDAEMON, ['supervise', '-c', file], { env });
    await pause(Math.random() * longest);
    child.kill('SIGINT');
    const { status, signal, stderr } = await ended;
    if (status === 0) {
      longest = performance.now() - began;
      await supervised.reaches('a', 'RUNNING');
      await supervised.shutdown();
    } else {
      longest += 50;
      // Before there is anything that could be interrupted it is killed, which leaves nothing either.
      if (status === null) expect(signal).toBe('SIGINT');
      else
        expect({ status, stderr: stderr.replace(patience(file), '') }).toEqual({
          status: 130,
          stderr: `tdaemon: interrupted while waiting for '${file}'; it was stopped\n`,
        });
    }
    expect(procfs.mentioning(at.directory)).toEqual([]);
    expect(fs.existsSync(at.file('supervisord.pid'))).toBe(false);
    expect(fs.existsSync(supervised.runtimeDirectory)).toBe(false);
  }
});
