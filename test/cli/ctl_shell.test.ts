/** The shell of `tdaemon ctl`, with somebody who types. */
import fs from 'node:fs';
import { describe, expect, it } from 'vitest';
import { controlled, onTerminal } from '../helpers/ctl';
import { TDAEMON } from '../helpers/paths';
import { freePort } from '../helpers/port';
import { scratch } from '../helpers/scratch';

const PROGRAMS = `[program:web]
command=sleep 1000
startsecs=0
autostart=false
[program:worker]
command=sleep 1000
process_name=%(program_name)s_%(process_num)d
numprocs=2
startsecs=0
autostart=false
[program:echo]
command=cat
stdout_logfile=DIR/echo.log
startsecs=0
`;

async function started(ctl = '') {
  const at = scratch();
  return controlled(PROGRAMS.replaceAll('DIR', at.directory), `prompt=mine\n${ctl}`, at);
}

async function withTerminal(ctl = '') {
  const made = await started(ctl);
  return { at: made.at, terminal: (words: string[]) => made.terminal(words) };
}

describe('the shell', () => {
  it('begins with a status, completes, and does what is typed', async () => {
    const { terminal } = await withTerminal();
    const screen = terminal([]);
    await screen.shows(/worker:worker_1 +STOPPED[\s\S]*mine> /);
    // A tab among other keys is one of a text that is pasted.
    screen.type('star\t');
    await screen.shows(/mine> start $/);
    screen.type('we\t');
    await screen.shows(/mine> start web $/);
    screen.type('\r');
    await screen.shows('web: started');
    // Groups and processes.
    screen.type('stop worke\t');
    await screen.shows(/mine> stop worker:$/);
    screen.type('\t');
    await screen.shows(
      /worker:\* +worker:worker_0 +worker:worker_1|worker:worker_0 +worker:worker_1 +worker:\*/,
    );
    screen.type('\u0015signal HUP web\r');
    await screen.shows('web: signalled');
    screen.type('nonsense\r');
    await screen.shows('*** Unknown syntax: nonsense');
    screen.type('\r?version\r');
    await screen.shows('Show the version of the remote supervisord process');
    screen.type('\u0004');
    expect(await screen.ended).toBe(0);
  });

  it('keeps what was typed, not what was answered', async () => {
    const { at, terminal } = await withTerminal('history_file=%(here)s/history');
    fs.writeFileSync(at.file('history'), 'status web\n');
    const screen = terminal([]);
    await screen.shows('mine> ');
    // Up: of the last time.
    screen.type('\u001b[A\r');
    await screen.shows(/mine> status web\n/);
    screen.type('shutdown\r');
    await screen.shows('Really shut the remote supervisord process down y/N? ');
    screen.type('nonono\r');
    screen.type('pid\rexit\r');
    expect(await screen.ended).toBe(0);
    expect(fs.readFileSync(at.file('history'), 'utf8').split('\n')).toEqual([
      'status web',
      'shutdown',
      'pid',
      'exit',
      '',
    ]);
  });

  it('stays there when a wait is given up', async () => {
    const at = scratch();
    const made = await controlled(
      `[program:slow]\ncommand=sleep 1000\nautostart=false\nstartsecs=3600\n`,
      '',
      at,
    );
    const screen = made.terminal([]);
    await screen.shows('supervisor> ');
    screen.type('start slow\r');
    await made.supervised.reaches('slow', 'STARTING');
    await screen.shows(/start: slow \(STARTING\)/);
    screen.type('\u0003');
    screen.type('stop slow\r');
    await screen.shows('slow: stopped');
    // ^C on a line gives it up; on an empty one the shell ends.
    screen.type('half a line\u0003pid\r');
    await screen.shows(/supervisor> pid\n\d+/);
    screen.type('\u0003');
    expect(await screen.ended).toBe(0);
  });

  it('talks to a program in the foreground, and comes back', async () => {
    const { terminal } = await withTerminal();
    const screen = terminal([]);
    await screen.shows('mine> ');
    screen.type('fg echo\r');
    await screen.shows('==> Press Ctrl-C to exit <==');
    screen.type('hello there\r');
    await screen.shows(/hello there[\s\S]*hello there/);
    screen.type('\u0003');
    await screen.shows('Exiting foreground');
    screen.type('pid\r');
    await screen.shows(/mine> pid\n\d+/);
    screen.type('quit\r');
    expect(await screen.ended).toBe(0);
  });

  it('asks for a name and a password, which is not shown', async () => {
    const at = scratch();
    const port = await freePort();
    await controlled(
      `[inet_http_server]\nport=127.0.0.1:${port}\nusername=user\npassword=secret-word\n${PROGRAMS.replaceAll('DIR', at.directory)}`,
      '',
      at,
    );
    const command = [TDAEMON, 'ctl', '-c', at.file('supervisord.conf'), '-s', `http://127.0.0.1:${port}`];
    const screen = onTerminal(at, [...command, 'status', 'web']);
    await screen.shows('Server requires authentication\n');
    await screen.shows('Username:');
    screen.type('user\r');
    await screen.shows('Password:');
    screen.type('secret-word\r');
    expect(await screen.ended).toBe(3);
    expect(screen.text()).toMatch(/web +/);
    expect(screen.text()).not.toContain('secret-word');
  });
});
