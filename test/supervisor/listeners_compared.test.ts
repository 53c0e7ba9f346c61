/** The same programs and the same listener under the real supervisord and under ours hear the same. */
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import { describe, expect, it } from 'vitest';
import { eventually } from '../helpers/eventually';
import { type Heard, heard, listener } from '../helpers/listeners';
import { because, missing } from '../helpers/needs';
import { isAlive } from '../helpers/procfs';
import { endLater, type Scratch, scratch } from '../helpers/scratch';
import { configuration, supervise } from '../helpers/supervise';

const ONCE = 'startsecs=0\nautorestart=false';
const MARKED = '<!--XSUPERVISOR:BEGIN-->';
const END = '<!--XSUPERVISOR:END-->';

/** The last to be stopped but the listener, slowly: so that it hears of all others. */
const LATE = `[program:late]
command=sh -c 'trap "sleep 0.5; exit 0" TERM; while :; do sleep 0.05; done'
priority=1
startsecs=0
`;

function programs(at: Scratch): string {
  const talk = at.write(
    'talk.sh',
    `#!/bin/sh
echo "this is more than a marker is long, ${'x'.repeat(30)}"
echo "an error, also longer than a marker is long" >&2
sleep 0.5
printf 'before${MARKED}captured text, on
two lines${END}after, and long enough to be told at once'
exec sleep 1000
`,
  );
  return `${LATE}
[program:good]\ncommand=sh -c 'exit 0'\n${ONCE}
[program:bad]\ncommand=sh -c 'exit 7'\n${ONCE}
[program:killed]\ncommand=sh -c 'kill -9 $$'\n${ONCE}
[program:quick]\ncommand=sh -c 'exit 3'\nstartretries=1\nstartsecs=30
[program:missing]\ncommand=/does/not/exist\nstartretries=0
[program:stopped]\ncommand=sleep 1000\nstartsecs=0\nnumprocs=2\nprocess_name=%(program_name)s_%(process_num)d
[program:off]\ncommand=sleep 1000\nautostart=false
[program:talk]\ncommand=${talk}\nstartsecs=0
stdout_events_enabled=true\nstdout_capture_maxbytes=1KB\nstderr_events_enabled=true
[group:both]\nprograms=good,bad
${listener(at, 'EVENT', 'buffer_size=1000')}`;
}

interface Run {
  at: Scratch;
  pid: number;
}

async function supervisord(): Promise<Run> {
  const at = scratch();
  configuration(at, programs(at));
  const { pid } = spawn('supervisord', ['-n', '-s', '-c', at.file('supervisord.conf')], { stdio: 'ignore' });
  return { at, pid: endLater(pid as number) };
}

async function ours(): Promise<Run> {
  const at = scratch();
  const { keeper: pid } = await supervise(at, programs(at));
  return { at, pid };
}

const WRITTEN = /^PROCESS_(LOG|COMMUNICATION)/;

/** What was heard of each process: names of events and payloads; pids by the order in which they came. */
function told(events: Heard[]): Record<string, string[]> {
  const found: Record<string, string[]> = {};
  const pids = new Map<string, number>();
  for (const { header, payload } of events) {
    const name = header.eventname ?? '';
    if (name.startsWith('TICK')) continue;
    const [, who = ''] = /^processname:(\S+)/.exec(payload) ?? [];
    const text = payload.replace(/ pid:(\d+)/, (_, pid: string) => {
      if (!pids.has(`${who} ${pid}`))
        pids.set(`${who} ${pid}`, [...pids.keys()].filter((key) => key.startsWith(`${who} `)).length);
      return pid === '0' ? ' pid:0' : ` pid:#${pids.get(`${who} ${pid}`)}`;
    });
    // Both outputs are independent of each other, and of when the process is said to run.
    const list = `${who}${WRITTEN.test(name) ? ` ${name.split('_').at(-1)}` : ''}`;
    found[list] = [...(found[list] ?? []), `${name} ${text}`];
  }
  // In which order groups are made is not said anywhere.
  found['']?.sort();
  return found;
}

async function hear({ at, pid }: Run): Promise<{ events: Heard[]; log: string }> {
  const file = at.file('heard');
  const has = (name: string, payload: RegExp) =>
    eventually(`${name} ${payload}`, () =>
      heard(file).some((event) => event.header.eventname === name && payload.test(event.payload)),
    );
  await has('PROCESS_STATE_FATAL', /^processname:quick /);
  await has('PROCESS_STATE_FATAL', /^processname:missing /);
  await has('PROCESS_STATE_EXITED', /^processname:killed /);
  await has('PROCESS_LOG_STDOUT', /told at once$/);
  process.kill(pid, 'SIGTERM');
  await eventually('its end', () => !isAlive(pid));
  const log = fs.readFileSync(at.file('supervisord.log'), 'utf8');
  return { events: heard(file), log };
}

const reason = missing('supervisord');

describe.skipIf(reason)(`beside supervisord${because(reason)}`, () => {
  it('a listener hears the same', async () => {
    const [theirs, our] = await Promise.all([supervisord().then(hear), ours().then(hear)]);
    const [expected, found] = [told(theirs.events), told(our.events)];
    // They end while they speak.
    for (const each of [expected, found]) for (const name of ['late', 'hear']) each[name]?.splice(2);
    expect(found).toEqual(expected);
    const shape = ({ header }: Heard) => Object.keys(header);
    expect(our.events.map(shape)[0]).toEqual(theirs.events.map(shape)[0]);
    for (const { header, payload } of [...theirs.events, ...our.events]) {
      expect(header).toMatchObject({ ver: '3.0', server: 'supervisor', pool: 'hear' });
      expect(Number(header.len)).toBe(payload.length);
    }
    const serials = (events: Heard[]) => events.map(({ header }) => `${header.serial} ${header.poolserial}`);
    expect(serials(our.events)).toEqual(our.events.map((_, number) => `${number} ${number}`));
    expect(serials(theirs.events)).toEqual(theirs.events.map((_, number) => `${number} ${number}`));
  });
});
