/** Event listeners: real programs that speak supervisord's protocol. */
import fs from 'node:fs';
import { describe, expect, it } from 'vitest';
import { eventually } from '../helpers/eventually';
import { heard, hears, hearsOf, listener } from '../helpers/listeners';
import { because } from '../helpers/needs';
import * as procfs from '../helpers/procfs';
import { scratch } from '../helpers/scratch';
import { supervise } from '../helpers/supervise';

const SLEEP = '[program:a]\ncommand=sleep 1000\nstartsecs=0\n';

describe('a listener', () => {
  it('is told what happens, in order, with numbers that go up by one', async () => {
    const at = scratch();
    const supervised = await supervise(at, SLEEP + listener(at, 'EVENT', 'buffer_size=100'));
    const { pid } = await supervised.reaches('a', 'RUNNING');
    await supervised.ask('stop', 'a');
    await hearsOf(at, 'PROCESS_STATE_STOPPED', 'processname:a');
    const events = heard(at.file('heard')).filter(({ header }) => !header.eventname?.startsWith('TICK'));
    const told = events.map(({ header, payload }) => `${header.eventname} ${payload}`);
    const own = (await supervised.of('hear')).pid;
    expect(told).toEqual([
      'PROCESS_GROUP_ADDED groupname:hear\n',
      'PROCESS_GROUP_ADDED groupname:a\n',
      'SUPERVISOR_STATE_CHANGE_RUNNING ',
      'PROCESS_STATE_STARTING processname:hear groupname:hear from_state:STOPPED tries:0',
      `PROCESS_STATE_RUNNING processname:hear groupname:hear from_state:STARTING pid:${own}`,
      'PROCESS_STATE_STARTING processname:a groupname:a from_state:STOPPED tries:0',
      `PROCESS_STATE_RUNNING processname:a groupname:a from_state:STARTING pid:${pid}`,
      `PROCESS_STATE_STOPPING processname:a groupname:a from_state:RUNNING pid:${pid}`,
      `PROCESS_STATE_STOPPED processname:a groupname:a from_state:STOPPING pid:${pid}`,
    ]);
    const all = heard(at.file('heard')).map(({ header }) => header);
    expect(all.map(({ serial }) => Number(serial))).toEqual(all.map((_, number) => number));
    expect(all.map(({ poolserial }) => Number(poolserial))).toEqual(all.map((_, number) => number));
    for (const { header, payload } of events)
      expect(header).toMatchObject({
        ver: '3.0',
        server: 'supervisor',
        pool: 'hear',
        len: String(Buffer.byteLength(payload)),
      });
  });

  it.each([
    ['PROCESS_STATE_RUNNING', ['PROCESS_STATE_RUNNING', 'PROCESS_STATE_RUNNING']],
    [
      'PROCESS_STATE,PROCESS_STATE_STARTING',
      ['PROCESS_STATE_STARTING', 'PROCESS_STATE_RUNNING', 'PROCESS_STATE_STARTING', 'PROCESS_STATE_RUNNING'],
    ],
    ['SUPERVISOR_STATE_CHANGE', ['SUPERVISOR_STATE_CHANGE_RUNNING']],
  ])('that has subscribed to %s hears nothing else, and nothing twice', async (events, expected) => {
    const at = scratch();
    const supervised = await supervise(at, SLEEP + listener(at, `${events},REMOTE_COMMUNICATION`));
    for (const name of ['a', 'hear']) await supervised.reaches(name, 'RUNNING');
    await supervised.ask('remote', 'mine', 'the end');
    await hearsOf(at, 'REMOTE_COMMUNICATION', 'type:mine\nthe end');
    const names = heard(at.file('heard')).map(({ header }) => header.eventname);
    expect(names).toEqual([...expected, 'REMOTE_COMMUNICATION']);
  });

  it('hears of the exit of a program, expected or not, of failures and of giving up', async () => {
    const at = scratch();
    await supervise(
      at,
      `[program:good]\ncommand=sh -c 'exit 0'\nstartsecs=0\nautorestart=false
[program:bad]\ncommand=sh -c 'exit 7'\nstartsecs=0\nautorestart=false
[program:quick]\ncommand=sh -c 'exit 7'\nstartretries=1
${listener(at, 'PROCESS_STATE', 'buffer_size=100')}`,
    );
    await hearsOf(at, 'PROCESS_STATE_EXITED', /^processname:good .* from_state:RUNNING expected:1 pid:\d+$/);
    await hearsOf(at, 'PROCESS_STATE_EXITED', /^processname:bad .* from_state:RUNNING expected:0 pid:\d+$/);
    await hearsOf(at, 'PROCESS_STATE_FATAL', 'processname:quick groupname:quick from_state:BACKOFF');
    const quick = heard(at.file('heard')).filter(({ payload }) => payload.startsWith('processname:quick'));
    expect(quick.map(({ payload }) => payload.replace(/.*from_state:/, ''))).toEqual([
      'STOPPED tries:0',
      'STARTING tries:1',
      'BACKOFF tries:1',
      'STARTING tries:2',
      'BACKOFF',
    ]);
  });

  it('that says FAIL gets the event again, before all others', async () => {
    const at = scratch();
    const supervised = await supervise(
      at,
      listener(at, 'REMOTE_COMMUNICATION,PROCESS_STATE_RUNNING', '', 'fail:REMOTE_COMMUNICATION'),
    );
    await supervised.reaches('hear', 'RUNNING');
    for (const data of ['1', '2']) await supervised.ask('remote', 'x', data);
    await hearsOf(at, 'REMOTE_COMMUNICATION', 'type:x\n2');
    await eventually('the same again', () => heard(at.file('heard')).length === 5);
    const said = heard(at.file('heard')).slice(1);
    expect(said.map(({ payload }) => payload)).toEqual(['type:x\n1', 'type:x\n1', 'type:x\n2', 'type:x\n2']);
    expect(said[1]?.header).toEqual(said[0]?.header);
  });

  it('that ends while it is busy gets the event again when it runs again', async () => {
    const at = scratch();
    const supervised = await supervise(
      at,
      listener(at, 'REMOTE_COMMUNICATION', '', 'end:REMOTE_COMMUNICATION'),
    );
    await supervised.reaches('hear', 'RUNNING');
    await supervised.ask('remote', 'x', 'once');
    await eventually('twice', () => heard(at.file('heard')).length === 2);
    const [first, second] = heard(at.file('heard'));
    expect(second?.header).toEqual(first?.header);
    expect(second?.pid).not.toBe(first?.pid);
  });

  it('that speaks nonsense hears nothing more; its event is for another of the pool', async () => {
    const at = scratch();
    const supervised = await supervise(
      at,
      listener(
        at,
        'REMOTE_COMMUNICATION',
        'numprocs=2\nprocess_name=%(program_name)s%(process_num)d',
        'nonsense:REMOTE_COMMUNICATION',
      ),
    );
    for (const name of ['hear:hear0', 'hear:hear1']) await supervised.reaches(name, 'RUNNING');
    await supervised.ask('remote', 'x', 'y');
    await eventually('both', () => heard(at.file('heard')).length === 2);
    const [first, second] = heard(at.file('heard'));
    expect(second?.header).toEqual(first?.header);
    expect(second?.pid).not.toBe(first?.pid);
    await eventually('it is said', () =>
      /WARN hear\d: bad result line: 'what do I know'.*WARN hear\d: has entered the UNKNOWN state/s.test(
        supervised.mainLog,
      ),
    );
  });

  it('that does not answer loses the oldest of what its buffer cannot hold, and the main log says so', async () => {
    const at = scratch();
    at.write('heard.hang', '');
    const supervised = await supervise(
      at,
      listener(at, 'REMOTE_COMMUNICATION', 'buffer_size=2', 'hang:REMOTE_COMMUNICATION'),
    );
    await supervised.reaches('hear', 'RUNNING');
    await supervised.ask('remote', 'x', '0');
    await hearsOf(at, 'REMOTE_COMMUNICATION', 'type:x\n0');
    for (const data of ['1', '2', '3', '4']) await supervised.ask('remote', 'x', data);
    fs.rmSync(at.file('heard.hang'));
    await hearsOf(at, 'REMOTE_COMMUNICATION', 'type:x\n4');
    expect(heard(at.file('heard')).map(({ payload }) => payload)).toEqual([
      'type:x\n0',
      'type:x\n3',
      'type:x\n4',
    ]);
    for (const serial of [1, 2])
      expect(supervised.mainLog).toContain(
        `ERRO pool hear event buffer overflowed, discarding event ${serial}`,
      );
  });

  it('gets bytes that are counted as bytes, however many', async () => {
    const at = scratch();
    const supervised = await supervise(at, listener(at, 'REMOTE_COMMUNICATION'));
    const data = `grüße ${'€'.repeat(60_000 / 3)}`;
    await supervised.ask('remote', 'ü', data);
    const event = await hearsOf(at, 'REMOTE_COMMUNICATION', 'type:ü\ngrüße');
    expect(event.payload).toBe(`type:ü\n${data}`);
  });

  it('hears the clock, and of groups that come and go', async () => {
    const at = scratch();
    const config = listener(at, 'TICK_5,PROCESS_GROUP');
    const supervised = await supervise(at, config);
    const file = at.file('supervisord.conf');
    const before = fs.readFileSync(file, 'utf8');
    fs.writeFileSync(file, `${before}\n${SLEEP}`);
    await supervised.ask('reread');
    await supervised.ask('add', 'a');
    await hearsOf(at, 'PROCESS_GROUP_ADDED', 'groupname:a\n');
    await supervised.ask('stop', 'a');
    await supervised.ask('remove', 'a');
    await hearsOf(at, 'PROCESS_GROUP_REMOVED', 'groupname:a\n');
    const tick = await hearsOf(at, 'TICK_5', 'when:');
    expect(Number(tick.payload.slice('when:'.length)) % 5).toBe(0);
  });

  it('is stopped last, and what it writes to standard error is its log', async () => {
    const at = scratch();
    const supervised = await supervise(at, SLEEP + listener(at, 'SUPERVISOR_STATE_CHANGE,PROCESS_STATE'));
    await supervised.reaches('a', 'RUNNING');
    const shown = await supervised.of('hear');
    expect(shown.stdout).toBeNull();
    expect(shown.stderr).toMatch(/hear-stderr---supervisor-.{8}\.log$/);
    await supervised.reaches('hear', 'RUNNING');
    await supervised.shutdown();
    const told = heard(at.file('heard')).map(({ header, payload }) => `${header.eventname} ${payload}`);
    const stopping = told.findIndex((text) => text.startsWith('SUPERVISOR_STATE_CHANGE_STOPPING'));
    expect(stopping).toBeGreaterThan(0);
    expect(told[stopping + 1]).toMatch(/^PROCESS_STATE_STOPPING processname:a /);
  });
});

const CHILDUTILS = '/usr/lib/python3/dist-packages/supervisor/childutils.py';
const noChildutils = fs.existsSync(CHILDUTILS) ? undefined : 'needs supervisor';

it.skipIf(noChildutils)(
  `a listener written for supervisord is none the wiser${because(noChildutils)}`,
  async () => {
    const at = scratch();
    const script = at.write(
      'listener.py',
      `import sys
from supervisor import childutils
while True:
    headers, payload = childutils.listener.wait(sys.stdin, sys.stdout)
    about, data = childutils.eventdata(payload + '\\n')
    with open('${at.file('heard')}', 'a') as out:
        out.write(headers['eventname'] + ' ' + about.get('processname', '') + '\\n')
    childutils.listener.ok(sys.stdout)
`,
    );
    const supervised = await supervise(
      at,
      `${SLEEP}[eventlistener:e]\ncommand=/usr/bin/python3 ${script}\nevents=PROCESS_STATE_RUNNING,PROCESS_STATE_STOPPED\nstartsecs=0`,
    );
    const has = (text: string) =>
      eventually(
        text,
        () => fs.existsSync(at.file('heard')) && fs.readFileSync(at.file('heard'), 'utf8') === text,
      );
    await has('PROCESS_STATE_RUNNING e\nPROCESS_STATE_RUNNING a\n');
    await supervised.ask('stop', 'a');
    await has('PROCESS_STATE_RUNNING e\nPROCESS_STATE_RUNNING a\nPROCESS_STATE_STOPPED a\n');
  },
);

describe('a supervisor that is killed', () => {
  it('again and again loses no event that it has taken', async () => {
    const at = scratch();
    const supervised = await supervise(at, listener(at, 'REMOTE_COMMUNICATION', 'buffer_size=1000'));
    let taken = 0;
    for (let kills = 0; kills < 5; kills++) {
      for (const last = taken + 20; taken < last; )
        await supervised.ask('remote', 'x', String(taken)).then(() => taken++);
      const { supervisor } = supervised;
      process.kill(supervisor as number, 'SIGKILL');
      await supervised.until('hear', 'is there again', () => supervised.supervisor !== supervisor);
    }
    await hearsOf(at, 'REMOTE_COMMUNICATION', `type:x\n${taken - 1}`);
    const numbers = heard(at.file('heard')).map(({ payload }) => Number(payload.slice('type:x\n'.length)));
    // Whoever was killed before it heard of the answer tells it again.
    const once = numbers.filter((number, index) => numbers.indexOf(number) === index);
    expect(once).toEqual(Array.from({ length: taken }, (_, number) => number));
  });

  it('while a listener is busy: it is ended, another is started, and gets that event and all that waited', async () => {
    const at = scratch();
    at.write('heard.hang', '');
    const supervised = await supervise(
      at,
      SLEEP + listener(at, 'REMOTE_COMMUNICATION', 'buffer_size=5', 'hang:REMOTE_COMMUNICATION'),
    );
    const program = await supervised.reaches('a', 'RUNNING');
    const { pid } = await supervised.reaches('hear', 'RUNNING');
    const data = ['0', '1', '2', '3'];
    for (const each of data) await supervised.ask('remote', 'x', each);
    const first = await hears(at, 'the first', () => true);
    const before = supervised.supervisor as number;
    process.kill(before, 'SIGKILL');
    const next = await supervised.until('hear', 'is another', (shown) => shown.pid !== pid && shown.pid > 0);
    expect((await supervised.of('a')).pid).toBe(program.pid);
    await eventually('the end of the old one', () => !procfs.isAlive(pid));
    fs.rmSync(at.file('heard.hang'));
    await hearsOf(at, 'REMOTE_COMMUNICATION', 'type:x\n3');
    const events = heard(at.file('heard'));
    const again = events.filter((event) => event.pid === next.pid);
    expect(again.map(({ payload }) => payload)).toEqual(data.map((each) => `type:x\n${each}`));
    expect(again[0]?.header).toEqual(first.header);
    // The numbers go on.
    await supervised.ask('remote', 'x', 'more');
    const more = await hearsOf(at, 'REMOTE_COMMUNICATION', 'type:x\nmore');
    expect(more.header).toMatchObject({ serial: '4', poolserial: '4' });
  });
});
