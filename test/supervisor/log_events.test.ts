/** What programs write reaches listeners: by their log files, through the logger, and a supervisor's death. */
import fs from 'node:fs';
import { describe, expect, it } from 'vitest';
import { eventually } from '../helpers/eventually';
import { heard, hears, hearsOf, listener } from '../helpers/listeners';
import { type Scratch, scratch } from '../helpers/scratch';
import { supervise } from '../helpers/supervise';

const LOGS = 'PROCESS_LOG,PROCESS_COMMUNICATION,PROCESS_STATE';

/** Ends only when it is told to. */
function program(at: Scratch, script: string, rest = ''): string {
  const file = at.write('program.sh', `#!/bin/sh\n${script}\nexec sleep 1000\n`);
  return `[program:a]\ncommand=${file}\nstartsecs=0\n${rest}\n`;
}

/** What was told of an output, with its pid. */
function logged(at: Scratch, channel: string): { text: string; pids: Set<string | undefined> } {
  const events = heard(at.file('heard')).filter(
    ({ header }) => header.eventname === `PROCESS_LOG_${channel.toUpperCase()}`,
  );
  const pids = new Set(events.map(({ payload }) => / pid:(\d+) /.exec(payload)?.[1]));
  return { text: events.map(({ payload }) => payload.slice(payload.indexOf('\n') + 1)).join(''), pids };
}

describe('a listener hears', () => {
  it.each([
    ['AUTO', ''],
    ['NONE', 'stdout_logfile=NONE\nstderr_logfile=NONE'],
    ['with timestamps', 'stdout_log_timestamps=true\nstderr_log_timestamps=true'],
    ['rotated all the time', 'stdout_logfile_maxbytes=1KB\nstdout_logfile_backups=50'],
  ])('both outputs, log %s', async (_, rest) => {
    const at = scratch();
    const lines = Array.from({ length: 500 }, (_, number) => `line ${number}\n`).join('');
    const supervised = await supervise(
      at,
      program(
        at,
        'seq -f "line %g" 0 499; echo wrong >&2',
        `stdout_events_enabled=true\nstderr_events_enabled=true\n${rest}`,
      ) + listener(at, LOGS, 'buffer_size=1000'),
    );
    const { pid } = await supervised.reaches('a', 'RUNNING');
    await eventually('all of it', () => logged(at, 'stdout').text.length >= lines.length);
    expect(logged(at, 'stdout')).toEqual({ text: lines, pids: new Set([String(pid)]) });
    await hearsOf(at, 'PROCESS_LOG_STDERR', `processname:a groupname:a pid:${pid} channel:stderr\nwrong\n`);
  });

  it('nothing where events are not enabled', async () => {
    const at = scratch();
    const supervised = await supervise(
      at,
      program(at, 'echo no; echo yes >&2', 'stderr_events_enabled=true') + listener(at, LOGS),
    );
    await hearsOf(at, 'PROCESS_LOG_STDERR', /\nyes\n$/);
    expect(logged(at, 'stdout').text).toBe('');
    const log = (await supervised.of('a')).stdout as string;
    await eventually('its log', () => fs.readFileSync(log, 'utf8') === 'no\n');
  });

  it('what stands between the markers, on either output', async () => {
    const at = scratch();
    const say = (text: string) => `printf "<!--XSUPERVISOR:BEGIN-->${text}<!--XSUPERVISOR:END-->"`;
    const supervised = await supervise(
      at,
      program(
        at,
        `echo before; ${say('out')}; echo after; ${say('err')} >&2`,
        'stdout_capture_maxbytes=1KB\nstderr_capture_maxbytes=1KB\nstdout_logfile=NONE',
      ) + listener(at, LOGS),
    );
    const { pid } = await supervised.reaches('a', 'RUNNING');
    const who = `processname:a groupname:a pid:${pid}\n`;
    expect((await hearsOf(at, 'PROCESS_COMMUNICATION_STDOUT')).payload).toBe(`${who}out`);
    expect((await hearsOf(at, 'PROCESS_COMMUNICATION_STDERR')).payload).toBe(`${who}err`);
  });

  it('last words before the end, and those of the next run after it', async () => {
    const at = scratch();
    const supervised = await supervise(
      at,
      `[program:a]\ncommand=sh -c 'echo words of $$'\nstartsecs=0\nautorestart=false\nstdout_events_enabled=true\n${listener(at, LOGS, 'buffer_size=100')}`,
    );
    const expected: string[] = [];
    for (let run = 0; run < 3; run++) {
      if (run > 0) expect(await supervised.ask('start', 'a')).toBe(true);
      await supervised.reaches('a', 'EXITED');
      await eventually(
        'its end is told',
        () =>
          heard(at.file('heard')).filter(({ header, payload }) => {
            return header.eventname === 'PROCESS_STATE_EXITED' && payload.startsWith('processname:a ');
          }).length ===
          run + 1,
      );
    }
    const told = heard(at.file('heard'))
      .filter(({ payload }) => payload.startsWith('processname:a '))
      .map(({ header, payload }) => [header.eventname, / pid:(\d+)/.exec(payload)?.[1], payload] as const);
    const pids = told.flatMap(([name, pid]) => (name === 'PROCESS_STATE_RUNNING' ? [pid] : []));
    for (const pid of pids) expected.push(`PROCESS_LOG_STDOUT ${pid}`, `PROCESS_STATE_EXITED ${pid}`);
    const seen = told.filter(([name]) => name === 'PROCESS_LOG_STDOUT' || name === 'PROCESS_STATE_EXITED');
    expect(seen.map(([name, pid]) => `${name} ${pid}`)).toEqual(expected);
    for (const [name, pid, payload] of seen)
      if (name === 'PROCESS_LOG_STDOUT') expect(payload).toMatch(new RegExp(`\nwords of ${pid}\n$`));
  });

  it('what is no text as supervisord tells it', async () => {
    const at = scratch();
    await supervise(
      at,
      program(at, "printf 'it is \\377\\001\\t\\\\\\n'", 'stdout_events_enabled=true') + listener(at, LOGS),
    );
    await hearsOf(at, 'PROCESS_LOG_STDOUT', /\nUndecodable: b'it is \\xff\\x01\\t\\\\\\n'$/);
  });

  it('all that was written while the supervisor was killed, half a capture too', async () => {
    const at = scratch();
    const supervised = await supervise(
      at,
      program(
        at,
        `printf 'first<!--XSUPERVISOR:BEGIN-->one '
while [ ! -e ${at.file('go')} ]; do sleep 0.01; done
printf 'two<!--XSUPERVISOR:END-->'; seq -f "line %g" 1 100`,
        'stdout_capture_maxbytes=1KB\nstdout_events_enabled=true\nstdout_logfile_maxbytes=500\nstdout_logfile_backups=50',
      ) + listener(at, LOGS, 'buffer_size=1000'),
    );
    const { pid } = await supervised.reaches('a', 'RUNNING');
    await hears(at, 'the first half', () => logged(at, 'stdout').text === 'firstone ');
    const before = supervised.supervisor as number;
    // It cannot be there again before the program has written.
    process.kill(supervised.keeper, 'SIGSTOP');
    process.kill(before, 'SIGKILL');
    at.write('go', '');
    const log = (name: string) => at.file(name);
    await eventually('it is written', () =>
      fs.readdirSync(at.directory).some((name) => {
        return name.startsWith('a-stdout---') && fs.readFileSync(log(name), 'utf8').includes('line 100\n');
      }),
    );
    process.kill(supervised.keeper, 'SIGCONT');
    const event = await hearsOf(at, 'PROCESS_COMMUNICATION_STDOUT');
    expect(event.payload).toBe(`processname:a groupname:a pid:${pid}\none two`);
    const lines = Array.from({ length: 100 }, (_, number) => `line ${number + 1}\n`).join('');
    await eventually('the lines', () => logged(at, 'stdout').text.endsWith('line 100\n'));
    // Told once more where the supervisor was killed before it could write down that it was.
    const [, rest] = /^(?:firstone )+(.*)$/s.exec(logged(at, 'stdout').text) ?? [];
    expect(rest).toBe(`two${lines}`);
  });
});
