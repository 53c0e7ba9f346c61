/** Who waits for whom, in `depends_on` and `ready`. */
import { describe, expect, it } from 'vitest';
import { eventually } from '../helpers/eventually';
import { scratch } from '../helpers/scratch';
import { supervise } from '../helpers/supervise';

const SLEEPS = 'command=sleep 1000\nstartsecs=0';

describe('ready', () => {
  it('RUNNING is startsecs and ready', async () => {
    const at = scratch();
    const supervised = await supervise(at, `[program:a]\n${SLEEPS}\nready=cmd:test -e ${at.file('up')}`);
    expect((await supervised.of('a')).state).toBe('STARTING');
    at.write('up', '');
    await supervised.reaches('a', 'RUNNING');
  });

  it('a line of its log', async () => {
    const at = scratch();
    const supervised = await supervise(
      at,
      `[program:a]\ncommand=sh -c 'until [ -e ${at.file('go')} ]; do sleep 0.01; done; echo ready now; exec sleep 1000'\nstartsecs=0\nready=line:^ready\nstdout_logfile=${at.file('a.log')}`,
    );
    expect((await supervised.of('a')).state).toBe('STARTING');
    at.write('go', '');
    await supervised.reaches('a', 'RUNNING');
  });

  it('a descriptor, and sd_notify', async () => {
    const at = scratch();
    const supervised = await supervise(
      at,
      `[program:fd]\ncommand=sh -c 'echo >&3; exec 3>&-; exec sleep 1000'\nstartsecs=0\nready=fd:3
[program:notify]\ncommand=sh -c 'systemd-notify --ready; exec sleep 1000'\nstartsecs=0\nready=notify`,
    );
    await supervised.reaches('fd', 'RUNNING');
    await supervised.reaches('notify', 'RUNNING');
  });

  it('not in time: BACKOFF, with the reason', async () => {
    const at = scratch();
    const supervised = await supervise(
      at,
      `[program:a]\n${SLEEPS}\nready=file:/does/not/come\nready_timeout=0.5`,
    );
    const shown = await supervised.reaches('a', 'BACKOFF');
    expect(shown).toMatchObject({ pid: 0, spawnError: 'not ready in time: file:/does/not/come' });
  });
});

describe('depends_on', () => {
  const three = (file: string) => `[program:web]\n${SLEEPS}\ndepends_on=app\npriority=1
[program:app]\n${SLEEPS}\ndepends_on=db\npriority=2
[program:db]\n${SLEEPS}\nready=cmd:test -e ${file}`;

  it('waits until what it needs is ready', async () => {
    const at = scratch();
    const supervised = await supervise(at, three(at.file('up')));
    expect(await supervised.of('web')).toMatchObject({ state: 'STOPPED', waitingFor: ['app'] });
    expect(await supervised.of('app')).toMatchObject({ state: 'STOPPED', waitingFor: ['db'] });
    at.write('up', '');
    expect(await supervised.reaches('web', 'RUNNING')).toMatchObject({ waitingFor: [] });
    const [web, app, db] = await Promise.all(['web', 'app', 'db'].map((name) => supervised.of(name)));
    expect(web?.startTime).toBeGreaterThanOrEqual(app?.startTime as number);
    expect(app?.startTime).toBeGreaterThanOrEqual(db?.startTime as number);
  });

  it('a start also starts what it needs; a stop ends the waiting', async () => {
    const at = scratch();
    const supervised = await supervise(
      at,
      three(at.file('up')).replaceAll('startsecs=0', 'startsecs=0\nautostart=false'),
    );
    expect(await supervised.ask('start', 'web')).toBe(true);
    await supervised.reaches('db', 'STARTING');
    await supervised.ask('stop', 'web');
    at.write('up', '');
    await supervised.reaches('app', 'RUNNING');
    expect(await supervised.of('web')).toMatchObject({ state: 'STOPPED', waitingFor: [] });
  });

  it('what it needs is FATAL: so is it', async () => {
    const at = scratch();
    const supervised = await supervise(
      at,
      `[program:web]\n${SLEEPS}\ndepends_on=db\n[program:db]\ncommand=/does/not/exist\nstartretries=0`,
    );
    expect(await supervised.reaches('web', 'FATAL')).toMatchObject({ spawnError: 'db is FATAL' });
  });

  it('what it needs is wrong in the configuration: it is FATAL, and the others run', async () => {
    const at = scratch();
    const supervised = await supervise(
      at,
      `[program:web]\n${SLEEPS}\ndepends_on=db\n[program:db]\n${SLEEPS}\nuser=nobody-of-this-name\n[program:other]\n${SLEEPS}`,
    );
    expect(await supervised.of('web')).toMatchObject({ state: 'FATAL', spawnError: 'db is FATAL' });
    await supervised.reaches('other', 'RUNNING');
    expect(supervised.mainLog).toMatch(/ERRO .*supervisord.conf:\d+: .*nobody-of-this-name/);
  });

  it('its crash does not restart those who need it', async () => {
    const at = scratch();
    const supervised = await supervise(
      at,
      `[program:web]\n${SLEEPS}\ndepends_on=db\n[program:db]\n${SLEEPS}`,
    );
    const web = await supervised.reaches('web', 'RUNNING');
    const db = await supervised.of('db');
    process.kill(db.pid, 'SIGKILL');
    await supervised.until('db', 'is back', ({ pid, state }) => pid !== db.pid && state === 'RUNNING');
    expect(await supervised.of('web')).toMatchObject({ pid: web.pid, restarts: 0 });
  });

  it('at shutdown those that need others go first', async () => {
    const at = scratch();
    const slow = (name: string) =>
      `command=sh -c 'trap "echo ${name} >>${at.file('order')}; exit 0" TERM; echo >${at.file(name)}; while :; do sleep 0.02; done'\nstartsecs=0`;
    const supervised = await supervise(
      at,
      `[program:db]\n${slow('db')}\npriority=999\n[program:web]\n${slow('web')}\ndepends_on=db\npriority=1`,
    );
    await supervised.reaches('web', 'RUNNING');
    const { existsSync, readFileSync } = await import('node:fs');
    await eventually('both listen', () => existsSync(at.file('db')) && existsSync(at.file('web')));
    await supervised.shutdown();
    expect(readFileSync(at.file('order'), 'utf8')).toBe('web\ndb\n');
  });
});
