/** The real supervisorctl and `tdaemon ctl` do the same with ours as with the real supervisord: the same words, the same exit codes. How things stand, the shell, the end. */
import { describe, expect, it } from 'vitest';
import { missing } from '../helpers/needs';
import { PROGRAMS, SideBySide } from '../helpers/side_by_side';

const NEEDS = missing('supervisord', 'supervisorctl');
const LIMIT = 900_000;

describe.skipIf(NEEDS)(`supervisorctl${NEEDS ? ` (${NEEDS})` : ''}`, () => {
  it('asks how things stand', { timeout: LIMIT }, async () => {
    const both = await SideBySide.start(PROGRAMS);
    await both.compareSettled('status', /over +EXITED/);
    await both.compareAll(`status a
      status a off
      status nope
      status a nope
      status g:*
      status g:g1
      status g1
      status n:n_00 n:n_01
      status nope:*
      status off
      pid
      pid a
      pid off
      pid nope
      pid all
      pid g:*
      avail
      avail x
      version
      version x
      reread
      reread x
      add
      remove
      update
      fg
      fg nope
      fg off
      fg a b
      nonsense
      status --nonsense`);
    await both.compareTyped(
      'pid off\nstart off nope\nrestart off\n\nstop off\nshutdown\nn\nreload\nno\nquit\n',
    );
    await both.compareTyped('nonsense\nstatus a\ntail nope\nfg a b\nopen ftp://x\n');
    expect(both.differences).toEqual([]);
  });

  it('starts anew, and ends', { timeout: LIMIT }, async () => {
    const both = await SideBySide.start(PROGRAMS);
    await both.compareSettled('status', /over +EXITED/);
    await both.compareAll('reload x\nshutdown x\nreload');
    await both.compareSettled('status', /over +EXITED/);
    await both.compareAll('stop a\nshutdown');
    await both.compareSettled('status', /no such file/);
    await both.compareAll('start a\npid\nshutdown\nreload\nreread\navail');
    expect(both.differences).toEqual([]);
  });
});
