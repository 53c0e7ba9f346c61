/** What a program finds when it begins: limits, environment, directory, user; asked of the kernel. */
import fs from 'node:fs';
import { describe, expect, it } from 'vitest';
import { asleep } from '../helpers/asleep';
import { notRoot } from '../helpers/needs';
import * as procfs from '../helpers/procfs';
import { scratch } from '../helpers/scratch';
import { configuration, type Supervised, supervise, supervisedLater } from '../helpers/supervise';
import { shell } from '../helpers/tdaemon';

async function pidOf(supervised: Supervised, name = 'a'): Promise<number> {
  return asleep((await supervised.reaches(name, 'RUNNING')).pid);
}

const environmentOf = (pid: number) =>
  new Map(
    procfs.environment(pid).map((entry) => {
      const text = String(entry);
      return [text.slice(0, text.indexOf('=')), text.slice(text.indexOf('=') + 1)] as const;
    }),
  );

const SLEEPS = 'command=sleep 1000\nstartsecs=0';

describe('a program has', () => {
  it('the variables that supervisord gives, and its own', async () => {
    const at = scratch();
    const supervised = await supervise(
      at,
      `[program:a]\n${SLEEPS}\nenvironment=ONE="1 x",TWO=two\n[group:g]\nprograms=a`,
      'environment=TWO="general",THREE=3',
    );
    const environment = environmentOf(await pidOf(supervised, 'g:a'));
    expect(Object.fromEntries(environment)).toMatchObject({
      SUPERVISOR_ENABLED: '1',
      SUPERVISOR_PROCESS_NAME: 'a',
      SUPERVISOR_GROUP_NAME: 'g',
      ONE: '1 x',
      TWO: 'two',
      THREE: '3',
      TDAEMON_TEST: at.directory,
    });
    for (const name of environment.keys()) expect(name).not.toMatch(/^TDAEMON_(KEEPER|HELD|CALLER)/);
  });

  it('what is in its env_file, read at each start', async () => {
    const at = scratch();
    at.write('env', 'FROM=file\n');
    const supervised = await supervise(at, `[program:a]\n${SLEEPS}\nenv_file=${at.file('env')}`);
    expect(environmentOf(await pidOf(supervised)).get('FROM')).toBe('file');
    at.write('env', 'FROM=again\n');
    await supervised.ask('stop', 'a');
    await supervised.ask('start', 'a');
    expect(environmentOf(await pidOf(supervised)).get('FROM')).toBe('again');
  });

  it('a session and a group of its own, standard descriptors and no others', async () => {
    const at = scratch();
    const supervised = await supervise(at, `[program:a]\n${SLEEPS}`);
    const pid = await pidOf(supervised);
    expect(procfs.stat(pid)).toMatchObject({ session: pid, group: pid, ppid: supervised.supervisor });
    expect([...procfs.descriptors(pid).keys()]).toEqual([0, 1, 2]);
    const fifo = fs.statSync(`/proc/${pid}/fd/1`);
    expect(fifo.isFIFO()).toBe(true);
    expect(fifo.mode & 0o777).toBe(0o622);
  });

  it('its directory, umask and nice', async () => {
    const at = scratch();
    fs.mkdirSync(at.file('work'));
    const supervised = await supervise(
      at,
      `[program:a]\n${SLEEPS}\ndirectory=${at.file('work')}\numask=027\nnice=5`,
    );
    const pid = await pidOf(supervised);
    expect(procfs.link(pid, 'cwd')).toBe(at.file('work'));
    expect(procfs.status(pid, 'Umask')).toBe('0027');
    expect(Number(fs.readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ')[16])).toBe(5);
  });

  it.skipIf(notRoot())('its user, with HOME and USER of that user', async () => {
    const at = scratch();
    const supervised = await supervise(at, `[program:a]\n${SLEEPS}\nuser=nobody`);
    const pid = await pidOf(supervised);
    expect(procfs.status(pid, 'Uid')).toMatch(/^65534\s+65534\s+65534\s+65534$/);
    expect(environmentOf(pid).get('USER')).toBe('nobody');
  });

  it('the limits that it asks for, or minfds, or its caller’s; never those that Node has raised for itself', async () => {
    const at = scratch();
    configuration(
      at,
      `[program:a]\n${SLEEPS}\nrlimit_nofile=777:888\nrlimit_core=0\n[program:b]\n${SLEEPS}`,
      'minfds=900',
    );
    const supervised = supervisedLater(at);
    const env = { TDAEMON_TEST: at.directory };
    const command = `ulimit -Sn 600; exec "$TDAEMON" supervise -c ${supervised.configFile}`;
    expect((await shell(command, { env })).status).toBe(0);
    expect(procfs.limit(await pidOf(supervised), 'Max open files')).toEqual({ soft: '777', hard: '888' });
    expect(procfs.limit(await pidOf(supervised), 'Max core file size')?.soft).toBe('0');
    expect(procfs.limit(await pidOf(supervised, 'b'), 'Max open files')?.soft).toBe('900');
    const { soft } = procfs.limit(supervised.supervisor as number, 'Max open files') ?? {};
    expect(soft).not.toBe('900');
    expect(await supervised.ask('stop', 'b')).toBe(true);
  });

  it('other limits at once after a reread, without a restart', async () => {
    const at = scratch();
    const supervised = await supervise(at, `[program:a]\n${SLEEPS}\nrlimit_nofile=777`);
    const pid = await pidOf(supervised);
    configuration(at, `[program:a]\n${SLEEPS}\nrlimit_nofile=555\nautorestart=false`);
    expect(await supervised.ask('reread')).toEqual({ added: [], changed: [], removed: [] });
    expect(procfs.limit(pid, 'Max open files')?.soft).toBe('555');
    process.kill(pid, 'SIGKILL');
    expect((await supervised.reaches('a', 'EXITED')).restarts).toBe(0);
  });

  it('numbers, where there are several of it', async () => {
    const at = scratch();
    const supervised = await supervise(
      at,
      `[program:a]\n${SLEEPS}\nnumprocs=3\nprocess_name=%(program_name)s_%(process_num)02d\nenvironment=N="%(process_num)d"`,
    );
    const numbers = await Promise.all(
      ['a_00', 'a_01', 'a_02'].map(async (name) =>
        environmentOf(await pidOf(supervised, `a:${name}`)).get('N'),
      ),
    );
    expect(numbers).toEqual(['0', '1', '2']);
  });
});

describe('another configuration', () => {
  it('adds, removes and changes groups when it is told to, and not before', async () => {
    const at = scratch();
    const supervised = await supervise(at, `[program:a]\n${SLEEPS}\n[program:b]\n${SLEEPS}`);
    const a = await pidOf(supervised, 'a');
    const b = await pidOf(supervised, 'b');
    configuration(at, `[program:b]\n${SLEEPS}\nstopsignal=INT\n[program:c]\n${SLEEPS}`);
    expect(await supervised.ask('reread')).toEqual({ added: ['c'], changed: ['b'], removed: ['a'] });
    expect((await supervised.status()).map(({ name, pid }) => [name, pid])).toEqual([
      ['a', a],
      ['b', b],
    ]);
    expect(await supervised.ask('remove', 'a')).toBe(false);
    await supervised.ask('stop', 'a');
    expect(await supervised.ask('remove', 'a')).toBe(true);
    expect(await supervised.ask('add', 'c')).toBe(true);
    expect(await supervised.ask('add', 'c')).toBe(false);
    await pidOf(supervised, 'c');
    expect((await supervised.status()).map(({ name }) => name)).toEqual(['b', 'c']);
    const fifos = fs.readdirSync(`${supervised.runtimeDirectory}/fifo`);
    expect(fifos.filter((name) => name.startsWith('a'))).toEqual([]);
  });
});
