/** The real supervisorctl and `tdaemon ctl` do the same with ours as with the real supervisord: the same words, the same exit codes. Another configuration. */
import { describe, expect, it } from 'vitest';
import { missing } from '../helpers/needs';
import { client, PROGRAMS, SideBySide } from '../helpers/side_by_side';

const NEEDS = missing('supervisord', 'supervisorctl');
const LIMIT = 900_000;

describe.skipIf(NEEDS)(`supervisorctl${NEEDS ? ` (${NEEDS})` : ''}`, () => {
  it('changes the configuration', { timeout: LIMIT }, async () => {
    const both = await SideBySide.start(PROGRAMS);
    await both.compareSettled('status', /over +EXITED/);
    await both.compareAll(`add nope
      add a
      add a nope
      remove nope
      remove a
      stop a
      remove a
      remove a
      status
      avail
      reread
      add a
      status a`);
    const changed = PROGRAMS.replace('[program:off]\ncommand=sleep 1000', '[program:off]\ncommand=sleep 2000')
      .replace(/\[program:quick\][^[]*/, '')
      .replace(/\[program:over\][^[]*/, '');
    both.configure(`${changed}
[program:new]
command=sleep 1000
startsecs=0
[program:late]
command=sleep 1000
startsecs=0
autostart=false
`);
    await both.compareAll(`avail
      reread
      reread
      status
      update nope
      update new
      status new
      update
      update
      status
      avail
      start late
      status late`);
    both.configure(PROGRAMS.replace('programs=g1,g2', 'programs=g1').replace(/\[program:g2\][^[]*/, ''));
    await both.compareAll('update all\nstatus');
    both.configure(PROGRAMS);
    await both.compareAll('update g\nreread\nupdate\nstatus');
    both.configure('[program:a]\ncommand=sleep 1000\nstartsecs=never');
    await both.each(async (side) => {
      const { status, stdout } = await client(side, ['reread']);
      expect(status).toBe(1);
      // Ours says where.
      expect(stdout).toMatch(
        side.server === 'supervisord'
          ? /^ERROR: CANT_REREAD: /
          : /^ERROR: CANT_REREAD: \S+\/supervisord\.conf:\d+: \[program:a\] startsecs: .*never/,
      );
    });
    await both.compareAll('status');
    expect(both.differences).toEqual([]);
  });
});
