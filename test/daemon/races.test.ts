/** Readers while daemons come and go, and while many starts fight: a file that is never less than whole. */
import { type ChildProcess, spawn } from 'node:child_process';
import fs from 'node:fs';
import { describe, expect, it } from 'vitest';
import { startMany } from '../helpers/many_starts';
import { fixture } from '../helpers/paths';
import * as pidfiles from '../helpers/pidfiles';
import { scratch } from '../helpers/scratch';

/** Ends the hammer and returns what it saw. */
async function stop(hammer: ChildProcess): Promise<{ whole: number; absent: number; broken: number }> {
  let text = '';
  hammer.stdout?.on('data', (chunk) => (text += chunk));
  hammer.stdin?.end();
  await new Promise((resolve) => hammer.once('close', resolve));
  const [whole = -1, absent = -1, broken = -1] = text.trim().split(' ').map(Number);
  return { whole, absent, broken };
}

function hammer(file: string): ChildProcess {
  return spawn(fixture('read_hammer'), [file], { stdio: ['pipe', 'pipe', 'inherit'] });
}

describe('readers', () => {
  it('never see the pidfile absent or in the making once tdaemon has returned', async () => {
    const at = scratch();
    const pid = await pidfiles.startWith(at, at.file('pid'));
    const reader = hammer(at.file('pid'));
    for (let turn = 0; turn < 10; turn++)
      expect(await pidfiles.start(at, ['-p', at.file('pid')])).toMatchObject({ status: 1 });
    const seen = await stop(reader);
    expect(seen).toMatchObject({ absent: 0, broken: 0 });
    expect(seen.whole).toBeGreaterThan(0);
    expect(pidfiles.readPid(at.file('pid'))).toBe(pid);
  });

  it('never see it empty or partial while daemons come and go', async () => {
    const at = scratch();
    const readers = [hammer(at.file('pid')), hammer(at.file('pid'))];
    for (let turn = 0; turn < 20; turn++) {
      const pid = await pidfiles.startWith(at, at.file('pid'));
      // The next start takes over in half of the turns, and finds no file in the other half.
      await pidfiles.kill(pid);
      if (turn % 2) fs.rmSync(at.file('pid'));
    }
    for (const reader of readers) {
      const seen = await stop(reader);
      expect(seen.broken).toBe(0);
      expect(seen.whole).toBeGreaterThan(0);
    }
  });

  it('never see it empty or partial while many starts fight over a stale one', async () => {
    const at = scratch();
    at.write('pid', `${pidfiles.deadPid()}\n`);
    const reader = hammer(at.file('pid'));
    expect(await startMany(at, 20)).toEqual([0, ...Array(19).fill(1)]);
    const seen = await stop(reader);
    expect(seen.broken).toBe(0);
    expect(seen.whole).toBeGreaterThan(0);
  });
});
