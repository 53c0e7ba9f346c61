/** The real supervisorctl and `tdaemon ctl` do the same with ours as with the real supervisord: the same words, the same exit codes. By TCP. */
import { describe, expect, it } from 'vitest';
import { eventually } from '../helpers/eventually';
import { missing } from '../helpers/needs';
import { follow, PROGRAMS, SideBySide, talk } from '../helpers/side_by_side';

const NEEDS = missing('supervisord', 'supervisorctl');
const LIMIT = 900_000;

describe.skipIf(NEEDS)(`supervisorctl${NEEDS ? ` (${NEEDS})` : ''}`, () => {
  it('asks by TCP, with a password', { timeout: LIMIT }, async () => {
    const echo = '[program:echo]\ncommand=cat\nstdout_logfile=DIR/echo.log\nstartsecs=0\n';
    const both = await SideBySide.start(PROGRAMS + echo);
    await both.compareSettled('status', /echo +RUNNING[\s\S]*over +EXITED/);
    const tcp = '-s http://127.0.0.1:PORT';
    const known = `${tcp} -u user -p pass`;
    for (const action of [
      ...['start b', 'stop b', 'restart b', 'pid', 'tail b', 'tail -f nope', 'clear b', 'signal CONT all'],
      ...['stop g:*', 'remove g', 'add g', 'reread', 'update', 'avail', 'version', 'fg nope'],
    ])
      await both.compare(`${known} ${action}`);
    await both.compareSettled(`${known} status`, /over +EXITED/);
    await both.each(async (side) => {
      const words = known.replace('PORT', String(side.port)).split(' ');
      const tail = follow(side, [...words, 'tail', '-f', 'echo']);
      const main = follow(side, [...words, 'maintail', '-f']);
      await eventually('the main log', () => main.text().includes('spawned'));
      const ran = talk(side, [...words, 'fg', 'echo'], 'a line\n');
      await eventually('the line', () => tail.text().includes('a line'));
      ran.end();
      expect(await ran.done).toMatchObject({ status: 0 });
      tail.end();
      main.end();
    });
    for (const who of ['', '-u user -p wrong', '-u nobody -p pass'])
      for (const action of ['status', 'start b', 'shutdown']) await both.compare(`${tcp} ${who} ${action}`);
    await both.compare(`${known} reload`);
    await both.compareSettled(`${known} status`, /over +EXITED/);
    await both.compare(`${known} shutdown`);
    await both.compareSettled(`${known} status`, /refused connection/);
    expect(both.differences).toEqual([]);
  });
});
