/** `tdaemon.*`: what it says of processes is what the kernel says. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { version } from '../../package.json';
import { rpc, type Server } from '../helpers/control';
import { descriptors } from '../helpers/procfs';
import { scratch } from '../helpers/scratch';
import { supervise } from '../helpers/supervise';

interface Status {
  name: string;
  group: string;
  statename: string;
  pid: number;
  restarts: number;
  waitingFor: string[];
  adopted: boolean;
  isolation: string;
  pidBeside: number;
  cpuSeconds?: number;
  residentBytes?: number;
  threads?: number;
  openFiles?: number;
  openFilesSoftLimit?: number;
  openFilesHardLimit?: number;
}

async function start(programs: string) {
  const at = scratch();
  const socketPath = at.file('s.sock');
  const supervised = await supervise(at, `[unix_http_server]\nfile=${socketPath}\n${programs}`);
  const unix: Server = { socketPath };
  return { supervised, unix };
}

const PROGRAMS = `[program:web]
command=sleep 1000
startsecs=0
rlimit_nofile=77:99
[program:waits]
command=sleep 1000
depends_on=never
[program:never]
command=sleep 1000
autostart=false
startsecs=3600
[program:n]
command=sleep 1000
process_name=%(program_name)s_%(process_num)d
numprocs=2
startsecs=0
`;

describe('tdaemon.*', () => {
  it('says of each process what it takes, and what holds it up', async () => {
    const { supervised, unix } = await start(PROGRAMS);
    const { pid } = await supervised.reaches('web', 'RUNNING');
    await supervised.reaches('n:n_1', 'RUNNING');
    const all = await rpc<Status[]>(unix, 'tdaemon.getAllProcessStatus');
    expect(all.map(({ group, name }) => `${group}:${name}`)).toEqual([
      ...['n:n_0', 'n:n_1', 'never:never', 'waits:waits', 'web:web'],
    ]);
    const web = all.at(-1);
    expect(web).toMatchObject({
      pid,
      statename: 'RUNNING',
      restarts: 0,
      waitingFor: [],
      adopted: false,
      isolation: (await supervised.of('web')).isolation,
      pidBeside: 0,
      threads: 1,
      openFiles: descriptors(pid).size,
      openFilesSoftLimit: 77,
      openFilesHardLimit: 99,
    });
    const resident = Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]);
    expect(web?.residentBytes).toBe(resident * 1024);
    expect(web?.cpuSeconds).toBeGreaterThanOrEqual(0);
    // Of what does not run there is nothing to say.
    const waits = all.at(-2);
    expect(waits).toMatchObject({ pid: 0, waitingFor: ['never'] });
    expect(waits).not.toHaveProperty('residentBytes');
    expect(waits).not.toHaveProperty('openFilesSoftLimit');
    // What getAllProcessInfo says, it says too.
    const infos = await rpc<Record<string, unknown>[]>(unix, 'getAllProcessInfo');
    for (const [at, { now: _, description: __, ...info }] of infos.entries())
      expect(all[at]).toMatchObject(info);
  });

  it('says it of those that are named', async () => {
    const { supervised, unix } = await start(PROGRAMS);
    await supervised.reaches('n:n_1', 'RUNNING');
    const names = async (...wanted: string[]) =>
      (await rpc<Status[]>(unix, 'tdaemon.getProcessStatus', wanted)).map(({ name }) => name);
    expect(await names('web', 'n:*', 'n:n_0')).toEqual(['web', 'n_0', 'n_1']);
    expect(await names()).toEqual([]);
    expect((await names('all')).length).toBe(5);
    await expect(names('nope')).rejects.toMatchObject({ code: 10 });
    await expect(rpc(unix, 'tdaemon.getProcessStatus', [1])).rejects.toMatchObject({ code: 2 });
    await expect(rpc(unix, 'tdaemon.getProcessStatus', 'web')).rejects.toMatchObject({ code: 2 });
    await expect(rpc(unix, 'tdaemon.getProcessStatus')).rejects.toMatchObject({ code: 2 });
  });

  it('says who the supervisor is, and lets another take over', async () => {
    const { supervised, unix } = await start(PROGRAMS);
    const { pid } = await supervised.reaches('web', 'RUNNING');
    const former = supervised.supervisor;
    expect(await rpc(unix, 'tdaemon.getVersion')).toBe(version);
    expect(await rpc(unix, 'tdaemon.getSupervisorInfo')).toEqual({
      version,
      pid: former,
      keeperPid: supervised.keeper,
      identification: 'supervisor',
      statename: 'RUNNING',
    });
    expect(await rpc(unix, 'tdaemon.handover', false)).toBe(true);
    await supervised.until('web', 'is adopted', ({ adopted }) => adopted);
    expect(await rpc(unix, 'tdaemon.getSupervisorInfo')).toMatchObject({ pid: supervised.supervisor });
    expect(supervised.supervisor).not.toBe(former);
    expect((await rpc<Status[]>(unix, 'tdaemon.getProcessStatus', ['web']))[0]).toMatchObject({
      pid,
      adopted: true,
    });
  });

  it('replaces nothing when a name is wrong', async () => {
    const { supervised, unix } = await start(PROGRAMS);
    const { pid } = await supervised.reaches('web', 'RUNNING');
    await expect(rpc(unix, 'tdaemon.rollingRestart', ['web', 'nope'])).rejects.toMatchObject({ code: 10 });
    expect(await rpc(unix, 'tdaemon.rollingRestart', ['web'])).toEqual([
      {
        name: 'web',
        group: 'web',
        status: 30,
        description: "it has no sockets that two could share: give it 'sockets='",
        pid,
      },
    ]);
  });
});
