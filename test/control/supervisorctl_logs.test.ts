/** The real supervisorctl and `tdaemon ctl` do the same with ours as with the real supervisord: the same words, the same exit codes. Logs, and talking to a program. */
import fs from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { eventually } from '../helpers/eventually';
import { missing } from '../helpers/needs';
import { client, follow, PROGRAMS, SideBySide, talk } from '../helpers/side_by_side';

const NEEDS = missing('supervisord', 'supervisorctl');
const LIMIT = 900_000;

describe.skipIf(NEEDS)(`supervisorctl${NEEDS ? ` (${NEEDS})` : ''}`, () => {
  it('shows and empties logs', { timeout: LIMIT }, async () => {
    const both = await SideBySide.start(PROGRAMS);
    await both.compareSettled('status', /over +EXITED/);
    await both.compareAll('tail off\nstart b');
    await both.compareSettled('tail b', /out/);
    await both.compareSettled('tail b stderr', /err/);
    await both.compareAll(`tail
      tail b stdout
      tail -2 b
      tail -2 b stderr
      tail -x b
      tail b nope
      tail b stdout x
      tail nope
      tail -f nope
      tail g:*
      tail n:n_00
      maintail nope
      maintail -x
      clear
      clear b
      tail b
      clear nope
      clear b nope
      clear g:*
      clear n:n_00
      clear all`);
    for (const { status, stdout } of await both.each((side) => client(side, ['maintail', '-4000']))) {
      expect(status).toBe(0);
      expect(stdout).toMatch(/ INFO spawned: 'b' with pid \d+\n/);
    }
    expect(both.differences).toEqual([]);
  });

  it('follows logs, and talks to a program', { timeout: LIMIT }, async () => {
    const both = await SideBySide.start(`${PROGRAMS}
[program:echo]
command=cat
stdout_logfile=DIR/echo.log
startsecs=0
`);
    await both.compareSettled('status', /echo +RUNNING/);
    await both.each(async (side) => {
      const tail = follow(side, ['tail', '-f', 'echo']);
      const main = follow(side, ['maintail', '-f']);
      await eventually('the main log', () => main.text().includes('spawned'));
      const ran = talk(side, ['fg', 'echo'], 'first line\nsecond line\n');
      await eventually('the lines', () => tail.text().includes('second line'));
      await eventually('the lines, to whom they answer', () => ran.text().includes('second line'));
      ran.end();
      const { status, text } = await ran.done;
      expect(status).toBe(0);
      expect(text).toContain('first line\nsecond line\n');
      const long = 'x'.repeat(3000);
      fs.appendFileSync(path.join(side.directory, 'echo.log'), `${long}\n`);
      await eventually('a long line', () => tail.text().includes(long));
      tail.end();
      main.end();
      // Who comes later sees the last 1024 bytes.
      const later = follow(side, ['tail', '-f', 'echo']);
      await eventually('the end of it', () => later.text().includes('x\n'));
      later.end();
      expect(/x{2,}/.exec(later.text())?.[0].length).toBe(1023);
    });
    expect(both.differences).toEqual([]);
  });
});
