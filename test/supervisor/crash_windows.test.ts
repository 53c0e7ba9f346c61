/** Whoever is killed in a moment that is easily forgotten: what is found, and done, by the next one. */
import fs from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { eventually } from '../helpers/eventually';
import { killAt, killAtRemovalOf, slowDown } from '../helpers/kill_at';
import { hearsOf, listener } from '../helpers/listeners';
import { because, missing } from '../helpers/needs';
import * as procfs from '../helpers/procfs';
import { type Scratch, scratch } from '../helpers/scratch';
import {
  configuration,
  type Supervised,
  supervise,
  superviseCommand,
  WITHOUT_CGROUPS,
} from '../helpers/supervise';

const noStrace = missing('strace');

const UNENDING = `[program:a]\ncommand=sh -c 'trap "" TERM; exec sleep 1000'\nstartsecs=0\nstopwaitsecs=1000`;

/** The keeper is killed while a program takes its time to end. */
async function loseKeeper(
  at: Scratch,
  signal: NodeJS.Signals,
): Promise<{ supervised: Supervised; pid: number }> {
  const supervised = await supervise(at, UNENDING);
  const { pid } = await supervised.reaches('a', 'RUNNING');
  // It has executed, and so ignores what is sent to it.
  await eventually('sleep', () => String(procfs.commandLine(pid)[0]) === 'sleep');
  const { keeper } = supervised;
  process.kill(keeper, signal);
  await supervised.reaches('a', 'STOPPING');
  process.kill(keeper, 'SIGKILL');
  await eventually('the end of the keeper', () => !procfs.isAlive(keeper));
  return { supervised, pid };
}

describe('the keeper is killed while all is being stopped', () => {
  it('to be started anew: that happens', async () => {
    const { supervised, pid } = await loseKeeper(scratch(), 'SIGHUP');
    process.kill(pid, 'SIGKILL');
    const again = await supervised.until('a', 'runs again', (a) => a.state === 'RUNNING' && a.pid !== pid);
    expect(again.restarts).toBe(0);
  });

  it('for good: nothing is left', async () => {
    const at = scratch();
    const { supervised, pid } = await loseKeeper(at, 'SIGTERM');
    process.kill(pid, 'SIGKILL');
    await eventually('the end of all', () => procfs.mentioning(at.directory).length === 0);
    expect(fs.existsSync(supervised.runtimeDirectory)).toBe(false);
    expect(fs.existsSync(at.file('supervisord.pid'))).toBe(false);
  });
});

describe('the supervisor is killed while it stops all', () => {
  /** `a` has been stopped, `b` takes its time. */
  async function killed(at: Scratch, what: 'restart' | 'shutdown') {
    const supervised = await supervise(
      at,
      `[program:a]\ncommand=sleep 1000\nstartsecs=0\npriority=2\n${UNENDING.replace(':a', ':b')}\npriority=1`,
    );
    const { pid } = await supervised.reaches('b', 'RUNNING');
    await eventually('sleep', () => String(procfs.commandLine(pid)[0]) === 'sleep');
    await supervised.ask(what);
    await supervised.reaches('b', 'STOPPING');
    process.kill(supervised.supervisor as number, 'SIGKILL');
    process.kill(pid, 'SIGKILL');
    return { supervised, pid };
  }

  it('to start anew: the next one does', async () => {
    const { supervised, pid } = await killed(scratch(), 'restart');
    await supervised.until('b', 'runs again', (b) => b.state === 'RUNNING' && b.pid !== pid);
    await supervised.reaches('a', 'RUNNING');
  });

  it('for good: the next one ends', async () => {
    const at = scratch();
    const { supervised } = await killed(at, 'shutdown');
    await eventually('the end of all', () => procfs.mentioning(at.directory).length === 0);
    expect((await superviseCommand(at)).status).toBe(0);
    await supervised.reaches('a', 'RUNNING');
  });
});

describe('a program that is up at once, and was started again at once', () => {
  it('has its pid in the events that follow', async () => {
    const at = scratch();
    const supervised = await supervise(
      at,
      `[program:a]\ncommand=sleep 1000\nstartsecs=0\n${listener(at, 'PROCESS_STATE')}`,
    );
    const first = await supervised.reaches('a', 'RUNNING');
    process.kill(first.pid, 'SIGKILL');
    const second = await supervised.until(
      'a',
      'runs again',
      (a) => a.state === 'RUNNING' && a.pid !== first.pid,
    );
    await supervised.ask('stop', 'a');
    const { payload } = await hearsOf(at, 'PROCESS_STATE_STOPPING', 'processname:a');
    expect(payload).toContain(`pid:${second.pid}`);
  });
});

describe('what was written down before the machine was started anew', () => {
  it('is not what is started now, if the file says otherwise', async () => {
    const at = scratch();
    const program = (name: string, seconds: number) =>
      `[program:${name}]\ncommand=sleep ${seconds}\nstartsecs=0\n`;
    const supervised = await supervise(at, program('a', 1000) + program('gone', 1000));
    const pids = [
      (await supervised.reaches('a', 'RUNNING')).pid,
      (await supervised.reaches('gone', 'RUNNING')).pid,
    ];
    const { keeper, supervisor = 0, logger = 0 } = supervised;
    process.kill(supervisor, 'SIGSTOP');
    for (const pid of [keeper, supervisor, logger, ...pids]) process.kill(pid, 'SIGKILL');
    await eventually('the end of all', () => procfs.mentioning(at.directory).length === 0);
    const folder = `${supervised.runtimeDirectory}/programs`;
    for (const name of fs.readdirSync(folder).filter((each) => each.endsWith('.json'))) {
      const record = JSON.parse(fs.readFileSync(`${folder}/${name}`, 'utf8')) as object;
      fs.writeFileSync(`${folder}/${name}`, JSON.stringify({ ...record, bootId: 'another' }));
    }
    configuration(at, program('a', 2000));
    expect((await superviseCommand(at)).status).toBe(0);
    const { pid } = await supervised.reaches('a', 'RUNNING');
    await eventually('sleep', () => procfs.commandLine(pid).map(String).join(' ') === 'sleep 2000');
    expect((await supervised.status()).map(({ name }) => name)).toEqual(['a']);
    expect(fs.readdirSync(folder).filter((name) => name.startsWith('gone'))).toEqual([]);
  });
});

describe.skipIf(noStrace)(`the supervisor is killed${because(noStrace)}`, () => {
  it('before it is written down that a program is up at once: that it was done is known', async () => {
    const at = scratch();
    const supervised = await supervise(
      at,
      `[program:a]\ncommand=sh -c 'echo >>${at.file('lives')}'\nstartsecs=0\nautostart=false`,
    );
    const before = supervised.supervisor as number;
    // The first is the intent.
    await killAt(before, 'rename', 2);
    await supervised.ask('start', 'a').catch(() => undefined);
    await eventually('the end of the supervisor', () => !procfs.isAlive(before));
    const { exitStatus } = await supervised.reaches('a', 'EXITED');
    expect(exitStatus).toBe(0);
    expect(fs.statSync(at.file('lives')).size).toBe(1);
  });

  it('while it clears up at the end: the keeper ends too', async () => {
    const at = scratch();
    const program = '[program:a]\ncommand=sleep 1000\nstartsecs=0';
    const supervised = await supervise(at, program);
    const { keeper } = supervised;
    const before = supervised.supervisor as number;
    await killAtRemovalOf(before, at.file('supervisord.pid'));
    process.kill(keeper, 'SIGTERM');
    await eventually('the end of the keeper', () => !procfs.isAlive(keeper));
    expect(procfs.mentioning(at.directory).filter((pid) => pid !== before)).toEqual([]);
  });

  it('and the next one is about to look at a program that ends just then: how is known', async () => {
    const at = scratch();
    const supervised = await supervise(
      at,
      `[program:a]
command=sh -c 'while ! test -e ${at.file('go')}; do sleep 0.02; done; exit 7'
startsecs=0
autorestart=false`,
    );
    const { pid } = await supervised.reaches('a', 'RUNNING');
    const before = supervised.supervisor as number;
    await slowDown(supervised.keeper, 'pidfd_open', 2);
    process.kill(before, 'SIGKILL');
    await eventually('the next one looks', () => {
      const next = supervised.supervisor;
      return (
        next !== undefined &&
        next !== before &&
        /^434 /.test(fs.readFileSync(`/proc/${next}/syscall`, 'latin1'))
      );
    });
    at.write('go', '');
    await eventually('its end', () => procfs.stat(pid) === undefined);
    expect(await supervised.reaches('a', 'EXITED')).toMatchObject({
      exitStatus: 7,
      spawnError: 'Bad exit code 7',
    });
  });

  it('after a process was replaced, and that one has ended: nobody starts it again', async () => {
    const at = scratch();
    const supervised = await supervise(
      at,
      `[program:web]
command=sleep 1000
startsecs=1
sockets=unix:${at.file('web.sock')}`,
    );
    const old = await supervised.reaches('web', 'RUNNING');
    const before = supervised.supervisor as number;
    // Intent, RUNNING, the two that change places; and then that the old one is being stopped.
    await killAt(before, 'rename', 5);
    await supervised.ask('rolling-restart', 'web').catch(() => undefined);
    await eventually('the end of the supervisor', () => !procfs.isAlive(before));
    process.kill(old.pid, 'SIGKILL');
    const next = await supervised.until('web', 'is alone', (web) => web.adopted && web.pidBeside === 0);
    expect(next.pid).not.toBe(old.pid);
    await supervised.shutdown();
    const spawned = supervised.mainLog.matchAll(/spawned: 'web' with pid (\d+)/g);
    expect([...spawned].map(([, pid]) => Number(pid))).toEqual([old.pid, next.pid]);
  });
});

describe('a program that was to be stopped, and ended while there was no supervisor', () => {
  it.each([
    ['its cgroup', []],
    ['its process group', WITHOUT_CGROUPS],
  ])('what it has left behind goes too: by %s', async (_, within) => {
    const at = scratch();
    const supervised = await supervise(
      at,
      `[program:a]
command=sh -c 'trap "" TERM; sleep 1000 & exec sleep 1000'
startsecs=0
stopwaitsecs=1000
killasgroup=true`,
      '',
      within,
    );
    const { pid } = await supervised.reaches('a', 'RUNNING');
    const [child = 0] = await eventually('its child', () => {
      const executed = [pid, ...procfs.childrenOf(pid)].filter(
        (each) => String(procfs.commandLine(each)[0]) === 'sleep',
      );
      return executed.length === 2 && executed.slice(1);
    });
    const stopped = supervised.ask('stop', 'a').catch(() => undefined);
    await supervised.reaches('a', 'STOPPING');
    process.kill(supervised.supervisor as number, 'SIGKILL');
    process.kill(pid, 'SIGKILL');
    await stopped;
    await supervised.reaches('a', 'STOPPED');
    expect(procfs.isAlive(child)).toBe(false);
  });
});

describe('an adopted process that has ended', () => {
  it('and is replaced before the keeper says how: its successor is not taken for it', async () => {
    const at = scratch();
    const supervised = await supervise(
      at,
      `[program:web]\ncommand=sleep 1000\nstartsecs=1\nsockets=unix:${at.file('web.sock')}`,
    );
    const old = await supervised.reaches('web', 'RUNNING');
    process.kill(supervised.supervisor as number, 'SIGKILL');
    await supervised.until('web', 'is adopted', ({ adopted }) => adopted);
    const { keeper } = supervised;
    const rolled = supervised.ask('rolling-restart', 'web');
    const { pidBeside } = await supervised.until('web', 'has one beside it', (web) => web.pidBeside !== 0);
    process.kill(keeper, 'SIGSTOP');
    process.kill(old.pid, 'SIGKILL');
    try {
      await rolled.catch(() => undefined);
    } finally {
      process.kill(keeper, 'SIGCONT');
    }
    const after = await supervised.until(
      'web',
      'is alone',
      (web) => web.state === 'RUNNING' && web.pidBeside === 0,
    );
    if (after.pid !== pidBeside) expect(procfs.isAlive(pidBeside)).toBe(false);
    await supervised.shutdown();
    expect(procfs.mentioning(at.directory)).toEqual([]);
  });
});

describe('a program that has not said yet that it is ready', () => {
  it('leaves no notification socket behind when its supervisor is killed', async () => {
    const at = scratch();
    const program = 'command=sh -c \'echo "$NOTIFY_SOCKET" >"$FILE"; exec sleep 1000\'';
    const supervised = await supervise(
      at,
      `[program:a]\n${program}\nenvironment=FILE=${at.file('address')}\nready=notify\nready_timeout=1000`,
    );
    const address = await eventually(
      'the address',
      () => fs.existsSync(at.file('address')) && fs.readFileSync(at.file('address'), 'utf8').trim(),
    );
    expect(fs.existsSync(address)).toBe(true);
    await supervised.killSupervisor();
    // What it says now nobody could tell from what it has said before.
    await supervised.reaches('a', 'RUNNING');
    expect(fs.existsSync(address)).toBe(false);
    expect(fs.existsSync(path.dirname(address))).toBe(false);
  });
});

describe('a program that did not become ready in time', () => {
  it('has to live for startsecs in its next life too', async () => {
    const at = scratch();
    const supervised = await supervise(
      at,
      `[program:a]\ncommand=sleep 1000\nstartsecs=3\nready=cmd:test -e ${at.file('go')}\nready_timeout=1`,
    );
    await supervised.reaches('a', 'BACKOFF');
    at.write('go', '');
    const { startTime } = await supervised.reaches('a', 'RUNNING');
    const uptime = Number(fs.readFileSync('/proc/uptime', 'latin1').split(' ')[0]);
    expect(uptime - startTime / 100).toBeGreaterThanOrEqual(2.9);
  });
});

describe('a group that is added while it is being removed', () => {
  it('is a new one, and stays known to the next supervisor', async () => {
    const at = scratch();
    const supervised = await supervise(at, '[program:a]\ncommand=sleep 1000\nstartsecs=0');
    await supervised.reaches('a', 'RUNNING');
    await supervised.ask('stop', 'a');
    const logger = supervised.logger as number;
    process.kill(logger, 'SIGSTOP');
    const removed = supervised.ask('remove', 'a');
    await eventually('it is being removed', async () => (await supervised.status()).length === 0);
    const added = supervised.ask('add', 'a');
    await supervised.status();
    process.kill(logger, 'SIGCONT');
    expect([await removed, await added]).toEqual([true, true]);
    const { pid } = await supervised.reaches('a', 'RUNNING');
    process.kill(supervised.supervisor as number, 'SIGKILL');
    const after = await supervised.until('a', 'is there again', ({ state }) => state === 'RUNNING');
    expect(after).toMatchObject({ pid, adopted: true });
  });
});
