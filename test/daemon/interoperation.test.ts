/** The same pidfile in the hands of other tools, both ways: what they say and do is asked of them and of /proc. */
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import { describe, expect, it } from 'vitest';
import {
  expectUntouched,
  hasProgram,
  isRoot,
  readPid,
  SILENT,
  settled,
  startDaemon,
} from '../helpers/daemons';
import { eventually } from '../helpers/eventually';
import * as procfs from '../helpers/procfs';
import { endLater, type Scratch, scratch } from '../helpers/scratch';
import { run, shell, tdaemon } from '../helpers/tdaemon';

const SLEEP = '/bin/sleep';

async function status(pidfile: string): Promise<number | null> {
  return (await tdaemon(['status', '-q', '-p', pidfile])).status;
}

/** Other tools return before the pidfile is written: it is empty or absent until then. */
function written(pidfile: string): Promise<number> {
  return eventually('a pidfile', () => {
    const pid = fs.existsSync(pidfile) ? Number(fs.readFileSync(pidfile, 'latin1')) : 0;
    return pid > 0 && pid;
  });
}

/** tdaemon sees, signals and ends what another tool has started. */
async function expectManaged(pidfile: string): Promise<void> {
  const pid = endLater(await written(pidfile));
  await settled(pid);
  expect(await status(pidfile)).toBe(0);
  expect(await tdaemon(['signal', '-p', pidfile, 'STOP'])).toEqual(SILENT);
  await eventually('it has stopped', () => procfs.stat(pid)?.state === 'T');
  expect(await tdaemon(['signal', '-p', pidfile, 'CONT'])).toEqual(SILENT);
  expect(await tdaemon(['-p', pidfile, '--', 'sleep', '1'])).toMatchObject({ status: 1 });
  expect(await tdaemon(['stop', '-p', pidfile])).toEqual(SILENT);
  expect(procfs.isAlive(pid)).toBe(false);
  expect(await status(pidfile)).toBe(3);
}

/** Its pidfile stays behind a daemon that was killed. */
async function kill(pid: number): Promise<void> {
  process.kill(pid, 'SIGKILL');
  // Gone altogether: some tools take a zombie for alive.
  await eventually('it is reaped', () => procfs.stat(pid) === undefined);
}

describe.skipIf(!hasProgram('start-stop-daemon'))("start-stop-daemon (needs Debian's)", () => {
  const ssd = (...args: string[]) => run('start-stop-daemon', args);

  it('starts what tdaemon manages', async () => {
    const at = scratch();
    const ran = await ssd('-S', '-q', '-b', '-m', '-p', at.file('pid'), '-x', SLEEP, '--', '1000');
    expect(ran.status).toBe(0);
    await expectManaged(at.file('pid'));
  });

  it('--status agrees with tdaemon status: running, dead, none', async () => {
    const { pid, pidfile } = await startDaemon(scratch());
    const both = async () => [(await ssd('--status', '-p', pidfile)).status, await status(pidfile)];
    expect(await both()).toEqual([0, 0]);
    await kill(pid);
    expect(await both()).toEqual([1, 1]);
    fs.rmSync(pidfile);
    expect(await both()).toEqual([3, 3]);
  });

  it('--stop ends what tdaemon has started, with the same criteria', async () => {
    const { pid, pidfile } = await startDaemon(scratch(), [SLEEP, '1000']);
    const args = ['-K', '-q', '--retry', 'TERM/10/KILL/5', '-p', pidfile];
    expect((await ssd(...args, '--exec', '/bin/sh')).status).toBe(1);
    expectUntouched(pid);
    expect(
      (await ssd(...args, '--exec', SLEEP, '--user', os.userInfo().username, '--name', 'sleep')).status,
    ).toBe(0);
    expect(procfs.isAlive(pid)).toBe(false);
    expect(await status(pidfile)).toBe(1);
    expect(await tdaemon(['stop', '--oknodo', '-p', pidfile])).toEqual(SILENT);
    expect(await status(pidfile)).toBe(3);
  });

  it('--start does not start beside what tdaemon has started, nor the other way', async () => {
    const { pid, pidfile } = await startDaemon(scratch(), [SLEEP, '1000']);
    const ran = await ssd('-S', '-b', '-m', '-p', pidfile, '-x', SLEEP, '--', '1000');
    expect(ran.status).toBe(1);
    expect(readPid(pidfile)).toBe(pid);
  });

  it('takes the same schedules', async () => {
    const at = scratch();
    for (const schedule of [
      '5',
      'TERM/5',
      '-TERM/5/-9/5',
      'TERM/1/forever/KILL/1',
      '15/HUP/0.5',
      'TERM',
      'NONSENSE/5',
      'TERM/',
    ]) {
      const theirs = await ssd('-K', '--test', '--oknodo', '-p', at.file('none'), '-R', schedule);
      const ours = await tdaemon(['stop', '--oknodo', '-p', at.file('none'), '-R', schedule]);
      // A fraction of a second is ours alone.
      if (!schedule.includes('.'))
        expect([schedule, ours.status === 0]).toEqual([schedule, theirs.status === 0]);
      else expect(ours.status).toBe(0);
    }
  });
});

describe.skipIf(!hasProgram('daemonize'))('daemonize (needs daemonize)', () => {
  it('starts what tdaemon manages', async () => {
    const at = scratch();
    expect((await run('daemonize', ['-p', at.file('pid'), SLEEP, '1000'])).status).toBe(0);
    await expectManaged(at.file('pid'));
  });

  it('and tdaemon exclude each other by the lock file', async () => {
    const at = scratch();
    const lock = at.file('lock');
    const { pidfile } = await startDaemon(at, ['sleep', '1000'], ['--lock', lock]);
    expect((await run('daemonize', ['-l', lock, SLEEP, '1000'])).status).not.toBe(0);
    expect(await tdaemon(['stop', '-p', pidfile])).toEqual(SILENT);
    expect((await run('daemonize', ['-l', lock, '-p', pidfile, SLEEP, '1000'])).status).toBe(0);
    endLater(await written(pidfile));
    const ran = await tdaemon(['-p', at.file('other'), '-l', lock, '--', 'sleep', '1000']);
    expect(ran).toMatchObject({ status: 1 });
    expect(await tdaemon(['stop', '-p', pidfile])).toEqual(SILENT);
  });
});

describe.skipIf(!fs.existsSync('/lib/lsb/init-functions'))(
  'LSB init-functions (needs sysvinit-utils)',
  () => {
    const lsb = (line: string, pidfile: string) =>
      shell(`. /lib/lsb/init-functions; ${line}`, { env: { F: pidfile, D: SLEEP } });

    it('pidofproc and status_of_proc agree with tdaemon status: running, dead, none', async () => {
      const { pid, pidfile } = await startDaemon(scratch(), [SLEEP, '1000']);
      expect(await lsb('pidofproc -p "$F" "$D"', pidfile)).toMatchObject({ status: 0, stdout: `${pid}\n` });
      const both = async () => [
        (await lsb('status_of_proc -p "$F" "$D" test >/dev/null', pidfile)).status,
        await status(pidfile),
      ];
      expect(await both()).toEqual([0, 0]);
      await kill(pid);
      expect(await both()).toEqual([1, 1]);
      fs.rmSync(pidfile);
      expect(await status(pidfile)).toBe(3);
    });

    it('killproc ends what tdaemon has started, and leaves a pidfile that hinders nobody', async () => {
      const at = scratch();
      const { pid, pidfile } = await startDaemon(at, [SLEEP, '1000']);
      expect((await lsb('killproc -p "$F" "$D"', pidfile)).status).toBe(0);
      expect(procfs.isAlive(pid)).toBe(false);
      expect(await status(pidfile)).toBe(1);
      const next = await startDaemon(at, [SLEEP, '1000']);
      expect(await status(next.pidfile)).toBe(0);
    });

    it('killproc with a signal ends nothing', async () => {
      const { pid, pidfile } = await startDaemon(scratch(), [SLEEP, '1000']);
      expect((await lsb('killproc -p "$F" "$D" STOP', pidfile)).status).toBe(0);
      await eventually('it has stopped', () => procfs.stat(pid)?.state === 'T');
      expect(await status(pidfile)).toBe(0);
    });

    it('start_daemon starts what tdaemon manages, when that writes its pidfile itself', async () => {
      const at = scratch();
      const script = at.write(
        'own-daemon',
        `#!/bin/sh\n(exec sleep 1000) >/dev/null 2>&1 &\necho $! > ${at.file('pid')}\n`,
      );
      expect((await lsb(`start_daemon -p "$F" ${script}`, at.file('pid'))).status).toBe(0);
      await expectManaged(at.file('pid'));
    });
  },
);

describe.skipIf(!hasProgram('pkill'))(
  'pkill and pgrep (need procps; but for -L, which means a write lock)',
  () => {
    it('-F read the pidfile', async () => {
      const { pid, pidfile } = await startDaemon(scratch());
      expect(await run('pgrep', ['-F', pidfile])).toMatchObject({ status: 0, stdout: `${pid}\n` });
      expect((await run('pkill', ['-STOP', '-F', pidfile])).status).toBe(0);
      await eventually('it has stopped', () => procfs.stat(pid)?.state === 'T');
      expect((await run('pkill', ['-KILL', '-F', pidfile])).status).toBe(0);
      await eventually('its end', () => !procfs.isAlive(pid));
      expect(await status(pidfile)).toBe(1);
    });
  },
);

describe.skipIf(!hasProgram('monit') || !isRoot)('monit (needs root and monit)', () => {
  async function startMonit(at: Scratch, pidfile: string) {
    const socket = at.file('monit.socket');
    const lines = [
      ...['set daemon 1', 'set log /dev/null', `set pidfile ${at.file('monit.pid')}`],
      ...[`set idfile ${at.file('monit.id')}`, `set statefile ${at.file('monit.state')}`],
      `set httpd unixsocket ${socket} allow monit:open-sesame`,
      `check process probe with pidfile ${pidfile}`,
    ];
    const config = at.write('monitrc', `${lines.join('\n')}\n`);
    fs.chmodSync(config, 0o600);
    const child = spawn('monit', ['-I', '-c', config], { stdio: 'ignore' });
    endLater(child.pid as number);
    await eventually('monit listens', () => fs.existsSync(socket));
    /** What it reports, once that is as expected. */
    return async (expected: RegExp) => {
      for (;;) {
        const { stdout } = await run('monit', ['-B', '-c', config, 'status', 'probe']);
        if (expected.test(stdout)) return;
        expect(procfs.isAlive(child.pid as number)).toBe(true);
      }
    };
  }

  it('watches a daemon by its pidfile: it runs, it is restarted, it does not run', async () => {
    const at = scratch();
    const { pid, pidfile } = await startDaemon(at);
    const reports = await startMonit(at, pidfile);
    await reports(new RegExp(`status +OK[^]*\\n +pid +${pid}\\n`));
    const mark = `TEST_DIRECTORY=${at.directory}`;
    expect(await tdaemon(['restart', '-p', pidfile, '-E', mark, '--', 'sleep', '1000'])).toEqual(SILENT);
    await reports(new RegExp(`\\n +pid +${readPid(pidfile)}\\n`));
    expect(await tdaemon(['stop', '-p', pidfile])).toEqual(SILENT);
    await reports(/status .*Does not exist/);
  });
});
