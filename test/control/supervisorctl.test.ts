/** The real supervisorctl does the same with ours as with the real supervisord: the same words, the same exit codes. */
import fs from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { eventually } from '../helpers/eventually';
import { missing } from '../helpers/needs';
import { follow, SideBySide, supervisorctl, talk } from '../helpers/side_by_side';

const PROGRAMS = `
[program:a]
command=sleep 1000
startsecs=0
[program:b]
command=sh -c 'echo out; echo err >&2; exec sleep 1000'
stdout_logfile=DIR/b.out
stderr_logfile=DIR/b.err
autostart=false
[program:off]
command=sleep 1000
autostart=false
[program:quick]
command=false
autostart=false
startretries=0
[program:missing]
command=/does/not/exist
autostart=false
[program:noexec]
command=/etc/passwd
autostart=false
[program:folder]
command=/etc
autostart=false
[program:nowhere]
command=no-such-command-anywhere
autostart=false
[program:n]
command=sleep 1000
process_name=%(program_name)s_%(process_num)02d
numprocs=2
startsecs=0
[program:g1]
command=sleep 1000
startsecs=0
priority=2
[program:g2]
command=sleep 1000
startsecs=0
priority=1
[group:g]
programs=g1,g2
[program:stubborn]
command=sh -c 'trap "" TERM; while :; do sleep 1; done'
stopwaitsecs=1
autostart=false
startsecs=0
[program:over]
command=true
startsecs=0
autorestart=false
`;

const NEEDS = missing('supervisord', 'supervisorctl');
const LIMIT = 900_000;

/** Where they are meant to differ: by action, why. */
const DELIBERATE: Record<string, string> = {};

function unexpected(both: SideBySide) {
  return both.differences.filter(({ action }) => !Object.hasOwn(DELIBERATE, action));
}

async function compareAll(both: SideBySide, actions: string): Promise<void> {
  for (const action of actions.split('\n').map((line) => line.trim()))
    if (action !== '') await both.compare(action);
}

describe.skipIf(NEEDS)(`supervisorctl${NEEDS ? ` (${NEEDS})` : ''}`, () => {
  it('asks how things stand', { timeout: LIMIT }, async () => {
    const both = await SideBySide.start(PROGRAMS);
    await both.compareSettled('status', /over +EXITED/);
    await compareAll(
      both,
      `status a
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
      status --nonsense`,
    );
    expect(unexpected(both)).toEqual([]);
  });

  it('starts, stops and signals', { timeout: LIMIT }, async () => {
    const both = await SideBySide.start(PROGRAMS);
    await both.compareSettled('status', /over +EXITED/);
    await compareAll(
      both,
      `start
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
      stop b n:n_01`,
    );
    await both.compareSettled('status', /quick +FATAL/);
    await compareAll(both, 'stop all\nstop all\nstatus g:*');
    expect(unexpected(both)).toEqual([]);
  });

  it('shows and empties logs', { timeout: LIMIT }, async () => {
    const both = await SideBySide.start(PROGRAMS);
    await both.compareSettled('status', /over +EXITED/);
    await compareAll(both, 'tail off\nstart b');
    await both.compareSettled('tail b', /out/);
    await both.compareSettled('tail b stderr', /err/);
    await compareAll(
      both,
      `tail
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
      clear all`,
    );
    const [ours, theirs] = await both.each((side) => supervisorctl(side, ['maintail', '-4000']));
    for (const { status, stdout } of [ours, theirs]) {
      expect(status).toBe(0);
      expect(stdout).toMatch(/ INFO spawned: 'b' with pid \d+\n/);
    }
    expect(unexpected(both)).toEqual([]);
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
    expect(unexpected(both)).toEqual([]);
  });

  it('changes the configuration', { timeout: LIMIT }, async () => {
    const both = await SideBySide.start(PROGRAMS);
    await both.compareSettled('status', /over +EXITED/);
    await compareAll(
      both,
      `add nope
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
      status a`,
    );
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
    await compareAll(
      both,
      `avail
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
      status late`,
    );
    both.configure(PROGRAMS.replace('programs=g1,g2', 'programs=g1').replace(/\[program:g2\][^[]*/, ''));
    await compareAll(both, 'update all\nstatus');
    both.configure(PROGRAMS);
    await compareAll(both, 'update g\nreread\nupdate\nstatus');
    both.configure('[program:a]\ncommand=sleep 1000\nstartsecs=never');
    const [ours, theirs] = await both.each((side) => supervisorctl(side, ['reread']));
    // Ours says where.
    expect(theirs.stdout).toMatch(/^ERROR: CANT_REREAD: /);
    expect(ours.stdout).toMatch(
      /^ERROR: CANT_REREAD: \S+\/supervisord\.conf:\d+: \[program:a\] startsecs: .*never/,
    );
    expect(ours.status).toBe(theirs.status);
    await compareAll(both, 'status');
    expect(unexpected(both)).toEqual([]);
  });

  it('asks by TCP, with a password', { timeout: LIMIT }, async () => {
    const both = await SideBySide.start(PROGRAMS);
    await both.compareSettled('status', /over +EXITED/);
    const tcp = '-s http://127.0.0.1:PORT';
    for (const action of ['status', 'start b', 'stop b', 'pid', 'tail b', 'tail -f nope', 'signal CONT all'])
      await both.compare(`${tcp} -u user -p pass ${action}`);
    for (const who of ['', '-u user -p wrong', '-u nobody -p pass'])
      for (const action of ['status', 'start b', 'shutdown']) await both.compare(`${tcp} ${who} ${action}`);
    expect(unexpected(both)).toEqual([]);
  });

  it('starts anew, and ends', { timeout: LIMIT }, async () => {
    const both = await SideBySide.start(PROGRAMS);
    await both.compareSettled('status', /over +EXITED/);
    await compareAll(both, 'reload x\nshutdown x\nreload');
    await both.compareSettled('status', /over +EXITED/);
    await compareAll(both, 'stop a\nshutdown');
    await both.compareSettled('status', /no such file/);
    await compareAll(both, 'start a\npid\nshutdown\nreload\nreread\navail');
    expect(unexpected(both)).toEqual([]);
  });
});
