/** `tdaemon supervise` that is interrupted while it starts: either nothing is left, or all of it is there. */
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { size, TIMEOUT } from '../helpers/chaos';
import { TDAEMON } from '../helpers/paths';
import * as procfs from '../helpers/procfs';
import { scratch } from '../helpers/scratch';
import { configuration, supervisedLater } from '../helpers/supervise';

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
    const child = spawn(TDAEMON, ['supervise', '-c', file], { env, stdio: ['ignore', 'ignore', 'pipe'] });
    let stderr = '';
    child.stderr.on('data', (text: Buffer) => (stderr += text));
    const ended = new Promise<number | NodeJS.Signals>((resolve) =>
      child.on('close', (status, signal) => resolve(status ?? (signal as NodeJS.Signals))),
    );
    await pause(Math.random() * longest);
    child.kill('SIGINT');
    const how = await ended;
    if (how === 0) {
      longest = performance.now() - began;
      await supervised.reaches('a', 'RUNNING');
      await supervised.shutdown();
    } else {
      longest += 50;
      // Before there is anything that could be interrupted it is killed, which leaves nothing either.
      if (how === 130)
        expect(stderr).toBe(`tdaemon: interrupted while waiting for '${file}'; it was stopped\n`);
      else expect(how).toBe('SIGINT');
    }
    expect(procfs.mentioning(at.directory)).toEqual([]);
    expect(fs.existsSync(at.file('supervisord.pid'))).toBe(false);
    expect(fs.existsSync(supervised.runtimeDirectory)).toBe(false);
  }
});
