/** The real supervisorctl does the same with ours as with the real supervisord: the same words, the same exit codes. */
import { describe, expect, it } from 'vitest';
import { missing } from '../helpers/needs';
import { SideBySide } from '../helpers/side_by_side';

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
      signal USR1 off
      signal 10 off
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
});
