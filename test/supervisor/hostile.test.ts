/** Programs that do not want to end, or leave others behind: with `killasgroup` nothing of them stays, where that can be had. */
import fs from 'node:fs';
import { describe, expect, it } from 'vitest';
import { ownCgroup } from '../../src/process/own_cgroup';
import { cgroupBase } from '../../src/supervisor/cgroups';
import { eventually } from '../helpers/eventually';
import { because, noMounts, notRoot } from '../helpers/needs';
import { fixture } from '../helpers/paths';
import * as procfs from '../helpers/procfs';
import { type Scratch, scratch } from '../helpers/scratch';
import { type Supervised, supervise, WITHOUT_CGROUPS } from '../helpers/supervise';

/** Nobody else's in the tests: limits of processes count all of a user. */
const LIMITED_USER = 'news';
const MOST_PROCESSES = 40;

function noCgroups(): string | undefined {
  const own = ownCgroup();
  if (own === undefined) return 'needs cgroup2';
  try {
    fs.accessSync(own, fs.constants.W_OK);
    return undefined;
  } catch {
    return 'needs a cgroup that we may write to';
  }
}

/** All that the program and its offspring have in their environment. */
const mark = (at: Scratch) => `${at.directory}/program`;
const left = (at: Scratch) => procfs.mentioning(mark(at)).filter((pid) => procfs.isAlive(pid));

const program = (at: Scratch, command: string, more = '') => `[program:a]
command=${command}
environment=MARK="${mark(at)}"
startsecs=0
stopwaitsecs=1
killasgroup=true
${more}`;

/** Not where other users cannot go. */
function forkBomb(at: Scratch, ...args: string[]): string {
  fs.copyFileSync(fixture('fork_bomb'), at.file('fork_bomb'));
  return program(
    at,
    [at.file('fork_bomb'), ...args].join(' '),
    `user=${LIMITED_USER}\nrlimit_nproc=${MOST_PROCESSES}`,
  );
}

const WAYS = [
  { isolation: 'cgroup', within: [], without: noCgroups() },
  { isolation: 'group', within: WITHOUT_CGROUPS, without: noMounts() },
] as const;

for (const { isolation, within, without } of WAYS)
  describe.skipIf(without)(`isolated by ${isolation}${because(without)}, killasgroup:`, () => {
    const begin = async (at: Scratch, programs: string): Promise<Supervised> => {
      const supervised = await supervise(at, programs, '', within);
      expect((await supervised.of('a')).isolation).toBe(isolation);
      return supervised;
    };
    const stops = async (supervised: Supervised, at: Scratch) => {
      await supervised.ask('stop', 'a');
      expect((await supervised.of('a')).state).toBe('STOPPED');
      expect(left(at)).toEqual([]);
    };

    it('all ignore TERM', async () => {
      const at = scratch();
      const ignores = `trap "" TERM; echo >>${at.file('ready')}; while :; do sleep 1000; done`;
      const supervised = await begin(at, program(at, `sh -c '(${ignores}) & ${ignores}'`));
      await eventually('both ignore it', () => fs.existsSync(at.file('ready')) && left(at).length === 4);
      await stops(supervised, at);
    });

    it('its children outlive it', async () => {
      const at = scratch();
      const supervised = await begin(at, program(at, "sh -c 'nohup sleep 1000 & exec sleep 1000'"));
      await eventually('both run', () => left(at).length === 2);
      await stops(supervised, at);
    });

    it('a child has a session of its own', async () => {
      const at = scratch();
      const supervised = await begin(at, program(at, "sh -c 'setsid sleep 1000 & exec sleep 1000'"));
      await eventually('both run', () => left(at).length === 2);
      await stops(supervised, at);
    });

    it('adopted by another supervisor', async () => {
      const at = scratch();
      const supervised = await begin(at, program(at, "sh -c 'setsid sleep 1000 & exec sleep 1000'"));
      await eventually('both run', () => left(at).length === 2);
      process.kill(supervised.supervisor as number, 'SIGKILL');
      const { isolation: now } = await supervised.until('a', 'is adopted', ({ adopted }) => adopted);
      expect(now).toBe(isolation);
      await stops(supervised, at);
    });

    it('one that has been left behind, in a session of its own', async () => {
      const at = scratch();
      const supervised = await begin(at, program(at, "sh -c '(setsid sleep 1000 &); exec sleep 1000'"));
      await eventually('both run, and one is nobody’s child', () => {
        const parents = left(at).map((pid) => procfs.stat(pid)?.ppid);
        return parents.length === 2 && parents.includes(supervised.keeper);
      });
      await supervised.ask('stop', 'a');
      // That is what a cgroup is for.
      expect(left(at)).toHaveLength(isolation === 'cgroup' ? 0 : 1);
    });

    it.skipIf(notRoot()).each([
      ['a fork bomb', []],
      ['a fork bomb of many sessions', ['sessions']],
    ])('%s (needs root)', async (_, args) => {
      const at = scratch();
      const supervised = await begin(at, forkBomb(at, ...args));
      await eventually('it has all that it may have', () => left(at).length >= MOST_PROCESSES);
      await stops(supervised, at);
    });

    it('leaves nothing of its own', async () => {
      const at = scratch();
      const supervised = await begin(at, program(at, 'sleep 1000'));
      const { pid } = await supervised.of('a');
      const within = fs.readFileSync(`/proc/${pid}/cgroup`, 'utf8');
      expect(within.includes('tdaemon-supervisor-')).toBe(isolation === 'cgroup');
      await supervised.shutdown();
      expect(fs.existsSync(cgroupBase(supervised.runtimeDirectory) ?? '')).toBe(false);
    });
  });

describe('a cgroup', () => {
  it.skipIf(noCgroups())(`is entered where nobody can be born in one${because(noCgroups())}`, async () => {
    const at = scratch();
    const without = [fixture('deny'), 'clone3/ENOSYS', '--'];
    const supervised = await supervise(at, program(at, 'sleep 1000'), '', without);
    const { pid, isolation } = await supervised.reaches('a', 'RUNNING');
    expect(isolation).toBe('cgroup');
    expect(fs.readFileSync(`/proc/${pid}/cgroup`, 'utf8')).toMatch(/^0::.*tdaemon-supervisor-.*a%3Aa$/m);
  });

  it.skipIf(noCgroups() ?? noMounts())(
    `is done without where none can be made${because(noCgroups(), noMounts())}`,
    async () => {
      const at = scratch();
      const hierarchy = `$(findmnt --noheadings --output TARGET --target ${ownCgroup()})`;
      const script = `mount --options remount,bind,ro ${hierarchy} && exec "$@"`;
      const within = ['unshare', '--mount', 'sh', '-c', script, 'sh'];
      const supervised = await supervise(at, program(at, 'sleep 1000'), '', within);
      expect(await supervised.reaches('a', 'RUNNING')).toMatchObject({ isolation: 'group' });
      expect(supervised.mainLog).toMatch(/no cgroups of our own below .* \(EROFS\)/);
    },
  );
});

describe('a program that', () => {
  it('closes its outputs goes on, and stops', async () => {
    const at = scratch();
    const supervised = await supervise(at, program(at, "sh -c 'exec sleep 1000 >&- 2>&-'"));
    const { pid } = await supervised.reaches('a', 'RUNNING');
    await eventually('they are closed', () => !procfs.descriptors(pid).has(1));
    expect(await supervised.of('a')).toMatchObject({ state: 'RUNNING', pid, restarts: 0 });
    await supervised.ask('stop', 'a');
    expect((await supervised.of('a')).state).toBe('STOPPED');
  });

  it('ends is known to have ended, although an orphan holds its output', async () => {
    const at = scratch();
    const supervised = await supervise(
      at,
      program(at, "sh -c 'sleep 1000 & exit 3'", 'autorestart=false\nkillasgroup=false'),
    );
    const { exitStatus } = await supervised.reaches('a', 'EXITED');
    expect(exitStatus).toBe(3);
    expect(left(at)).toHaveLength(1);
  });
});
