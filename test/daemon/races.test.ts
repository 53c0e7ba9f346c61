/** Many starts at once, and many readers meanwhile: one winner, and a file that is never less than whole. */
import { type ChildProcess, spawn } from 'node:child_process';
import fs from 'node:fs';
import { describe, expect, it } from 'vitest';
import { fixture } from '../helpers/paths';
import * as pidfiles from '../helpers/pidfiles';
import * as procfs from '../helpers/procfs';
import { type Scratch, scratch } from '../helpers/scratch';
import { shell } from '../helpers/tdaemon';

const STARTS = 100;

/** All at once from one shell; the exit statuses come back, sorted. */
async function startMany(at: Scratch, count: number): Promise<number[]> {
  const script = `
    i=0
    while [ $i -lt ${count} ]; do
      { "$TDAEMON" -p "$TEST_DIRECTORY/pid" -- sleep 1000; echo $? >> "$TEST_DIRECTORY/statuses"; } &
      i=$((i + 1))
    done
    wait`;
  const ran = await shell(script, {
    env: { TEST_DIRECTORY: at.directory },
    stdio: ['ignore', 'ignore', 'ignore'],
  });
  expect(ran.status).toBe(0);
  const statuses = fs.readFileSync(at.file('statuses'), 'utf8').trim().split('\n').map(Number);
  fs.rmSync(at.file('statuses'));
  return statuses.sort((a, b) => a - b);
}

const PREPARED: { what: string; rounds: number; prepare(at: Scratch): void }[] = [
  { what: 'no pidfile', rounds: 2, prepare: () => {} },
  { what: 'a stale pidfile', rounds: 2, prepare: (at) => void at.write('pid', `${pidfiles.deadPid()}\n`) },
  { what: 'an empty pidfile', rounds: 1, prepare: (at) => void at.write('pid', '') },
  {
    what: 'a pidfile whose pid was reused',
    rounds: 1,
    prepare(at) {
      const pid = pidfiles.stranger();
      at.write('pid', `${pid}\n`);
      pidfiles.setAttribute(at.file('pid'), `${pidfiles.identityOf(pid)}0`);
    },
  },
];

describe.each(PREPARED)(`${STARTS} starts at once with $what`, ({ rounds, prepare }) => {
  it('have one winner, one process, and leave one file', { timeout: 300_000 }, async () => {
    for (let round = 0; round < rounds; round++) {
      const at = scratch();
      prepare(at);
      expect(await startMany(at, STARTS)).toEqual([0, ...Array(STARTS - 1).fill(1)]);
      const pid = pidfiles.readPid(at.file('pid'));
      expect(procfs.mentioning(at.directory)).toEqual([pid]);
      expect(procfs.locksOn(at.file('pid'))).toMatchObject([{ kind: 'POSIX', access: 'READ', pid }]);
      expect(fs.readdirSync(at.directory)).toEqual(['pid']);
      await pidfiles.kill(pid);
    }
  });
});

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
