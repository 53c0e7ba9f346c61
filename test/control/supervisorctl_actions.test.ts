/** The real supervisorctl and `tdaemon ctl` do the same with ours as with the real supervisord: the same words, the same exit codes. Starting, stopping, signals. */
import { describe, expect, it } from 'vitest';
import { missing } from '../helpers/needs';
import { PROGRAMS, SideBySide } from '../helpers/side_by_side';

const NEEDS = missing('supervisord', 'supervisorctl');
const LIMIT = 900_000;

describe.skipIf(NEEDS)(`supervisorctl${NEEDS ? ` (${NEEDS})` : ''}`, () => {
  it('starts, stops and signals', { timeout: LIMIT }, async () => {
    const both = await SideBySide.start(PROGRAMS);
    await both.compareSettled('status', /over +EXITED/);
    await both.compareAll(`start
      start b
      start b
      start nope
      start nope:*
      start nope:x
      start missing
      start noexec
      start folder
      start nowhere
      start quick
      start off nope b
      start g:*
      stop g:*
      start g:*
      start g:g1
      stop g:g1
      start g:
      signal
      signal HUP
      signal URG off
      signal 23 off
      start off
      signal NOPE a
      signal 99 a
      signal HUP nope
      signal HUP nope:*
      signal CONT g:*
      signal SIGCONT g:g1 a
      signal CONT all
      stop
      stop off
      stop off
      stop nope
      stop nope:*
      stop nope a
      start stubborn
      stop stubborn
      restart
      restart b
      restart nope
      restart g:*
      restart off
      restart n:n_00
      stop n:*
      start n:*
      stop b n:n_01`);
    await both.compareSettled('status', /quick +FATAL/);
    await both.compareAll('stop all\nstop all\nstatus g:*');
    expect(both.differences).toEqual([]);
  });
});
