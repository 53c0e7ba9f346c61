/** A hundred starts at once, again and again: one winner, one process, one file. */
import fs from 'node:fs';
import { describe, expect, it } from 'vitest';
import { isLong, TIMEOUT, tell } from '../helpers/chaos';
import { startMany } from '../helpers/many_starts';
import * as pidfiles from '../helpers/pidfiles';
import * as procfs from '../helpers/procfs';
import { type Scratch, scratch } from '../helpers/scratch';

const STARTS = 100;
const LONG_ROUNDS = 20;

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

describe.each(PREPARED)(`${STARTS} starts at once with $what`, ({ what, rounds, prepare }) => {
  it('have one winner, one process, and leave one file', TIMEOUT, async () => {
    const all = isLong ? LONG_ROUNDS : rounds;
    for (let round = 0; round < all; round++) {
      const at = scratch();
      prepare(at);
      expect(await startMany(at, STARTS)).toEqual([0, ...Array(STARTS - 1).fill(1)]);
      const pid = pidfiles.readPid(at.file('pid'));
      expect(procfs.mentioning(at.directory)).toEqual([pid]);
      expect(procfs.locksOn(at.file('pid'))).toMatchObject([{ kind: 'POSIX', access: 'READ', pid }]);
      expect(fs.readdirSync(at.directory)).toEqual(['pid']);
      await pidfiles.kill(pid);
    }
    tell(`starts at once with ${what}`, { rounds: all, starts: all * STARTS, winners: all });
  });
});
