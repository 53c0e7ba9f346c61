/** daemonize(): what it resolves with, and what it rejects with. */
import fs from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { DaemonizeOptions, TdaemonError } from '../../src/index';
import { eventually } from '../helpers/eventually';
import { HOLD, held } from '../helpers/hold';
import { expectNothingLeft } from '../helpers/leftovers';
import { library } from '../helpers/library';
import * as procfs from '../helpers/procfs';
import { type Scratch, scratch } from '../helpers/scratch';

const { daemonize } = library;

async function rejection(options: DaemonizeOptions): Promise<TdaemonError> {
  try {
    await daemonize(options);
  } catch (error) {
    expect(error).toBeInstanceOf(library.TdaemonError);
    expect((error as Error).name).toBe('TdaemonError');
    return error as TdaemonError;
  }
  throw new Error('it was accepted');
}

describe('daemonize resolves', () => {
  it('when the command executes, with what identifies it', async () => {
    const at = scratch();
    const daemon = await daemonize({ command: HOLD, args: [at.directory], pidfile: at.file('pid') });
    const { pid } = await held(daemon.pid);
    expect(daemon).toMatchObject({ pid, pidfile: at.file('pid'), startTime: procfs.stat(pid)?.startTime });
    expect(procfs.link(pid, 'exe')).toBe(HOLD);
    expect(fs.readFileSync(at.file('pid'), 'utf8')).toBe(`${pid}\n`);
    expect(daemon.isRunning()).toBe(true);
    process.kill(pid, 'SIGKILL');
    await eventually(`the end of ${pid}`, () => !procfs.isAlive(pid));
    expect(daemon.isRunning()).toBe(false);
  });

  it('with a daemon like that of the command line', async () => {
    const at = scratch();
    const { pid } = await held((await daemonize({ command: HOLD, args: [at.directory] })).pid);
    const { session, group, tty } = procfs.stat(pid) ?? {};
    expect(tty).toBe(0);
    expect(session).toBe(group);
    expect(session).not.toBe(pid);
    expect(Object.fromEntries(procfs.descriptors(pid))).toEqual({
      0: '/dev/null',
      1: '/dev/null',
      2: '/dev/null',
    });
    expect(procfs.link(pid, 'cwd')).toBe('/');
    expect(procfs.status(pid, 'Umask')).toBe('0022');
    for (const set of ['SigBlk', 'SigIgn', 'SigCgt'])
      expect(procfs.status(pid, set)).toBe('0000000000000000');
    expect(Number(procfs.limit(pid, 'Max open files')?.soft)).toBeLessThanOrEqual(1024);
  });

  it('with what it was given as bytes', async () => {
    const at = scratch();
    const bytes = Buffer.from([0x61, 0xff, 0x0a]);
    const daemon = await daemonize({
      command: Buffer.from(HOLD),
      argv0: bytes,
      args: ['', 'é', bytes, new Uint8Array([0xfe])],
      env: { X: bytes, SCRATCH: at.directory },
      clearEnv: true,
    });
    const { arguments: found, environment } = await held(daemon.pid);
    const latin1 = (buffer: Buffer) => buffer.toString('latin1');
    expect(found.map(latin1)).toEqual([latin1(bytes), '', latin1(Buffer.from('é')), latin1(bytes), '\xfe']);
    expect(Object.fromEntries(environment)).toEqual({ X: latin1(bytes), SCRATCH: at.directory, PWD: '/' });
  });

  it('with the variables of a file, of an object or of a map, and those of baseEnv', async () => {
    const at = scratch();
    const envFile = [at.write('one', 'A=1\nB=1\nC=1\n'), at.write('two', 'B=2\nC=2\n')];
    const wanted = { PWD: '/', S: at.directory, Z: 'z', A: '1', B: '2', C: '3' };
    const baseEnv = ['Z=z', 'A=0', `S=${at.directory}`];
    for (const env of [{ C: '3' }, new Map([['C', '3']])]) {
      const daemon = await daemonize({ command: HOLD, envFile, env, baseEnv });
      expect(Object.fromEntries((await held(daemon.pid)).environment)).toEqual(wanted);
    }
  });

  it('where an option is undefined as where it is absent', async () => {
    const at = scratch();
    const names = [
      'argv0',
      'pidfile',
      'lock',
      'chdir',
      'chroot',
      'user',
      'group',
      'umask',
      'stdin',
      'stdout',
      'stderr',
    ];
    const more = ['truncate', 'env', 'envFile', 'clearEnv', 'baseEnv', 'limits', 'nice', 'ionice', 'sched'];
    const last = ['oomScoreAdj', 'noNewPrivs', 'keepFds'];
    const absent = Object.fromEntries([...names, ...more, ...last].map((name) => [name, undefined]));
    const daemon = await daemonize({ command: HOLD, args: [at.directory], ...absent });
    expect((await held(daemon.pid)).arguments.map(String)).toEqual([HOLD, at.directory]);
  });
});

interface Failing {
  name: string;
  options: (at: Scratch) => DaemonizeOptions;
  facts: (at: Scratch) => Partial<TdaemonError>;
}

const failing: Failing[] = [
  {
    name: 'a command that is not there',
    options: (at) => ({ command: at.file('none') }),
    facts: (at) => ({
      message: `cannot execute '${at.file('none')}': no such file (ENOENT)`,
      reason: 'not-found',
      code: 'ENOENT',
      stage: 'exec',
      errno: 2,
      syscall: 'execve',
      path: at.file('none'),
    }),
  },
  {
    name: 'a command that PATH does not have',
    options: () => ({ command: 'no-such-program' }),
    facts: () => ({ reason: 'not-found', code: 'ENOENT', stage: 'exec', path: 'no-such-program' }),
  },
  {
    name: 'a directory for a command',
    options: (at) => ({ command: at.directory }),
    facts: (at) => ({
      reason: 'not-executable',
      code: 'EACCES',
      errno: 13,
      stage: 'exec',
      path: at.directory,
    }),
  },
  {
    name: 'an argument of 200 KB',
    options: () => ({ command: HOLD, args: ['x'.repeat(200_000)] }),
    facts: () => ({
      message: `cannot execute '${HOLD}': argument list too long (E2BIG)`,
      reason: 'not-executable',
      code: 'E2BIG',
      errno: 7,
      stage: 'exec',
      syscall: 'execve',
      path: HOLD,
    }),
  },
  {
    name: 'a log that cannot be opened',
    options: () => ({ command: HOLD, stdout: '/no/such/log' }),
    facts: () => ({
      reason: 'setup',
      code: 'ENOENT',
      errno: 2,
      stage: 'stdout',
      syscall: 'open',
      path: '/no/such/log',
    }),
  },
  {
    name: 'a working directory that is not there',
    options: () => ({ command: HOLD, chdir: '/no/such' }),
    facts: () => ({
      reason: 'setup',
      code: 'ENOENT',
      errno: 2,
      stage: 'chdir',
      syscall: 'chdir',
      path: '/no/such',
    }),
  },
  {
    name: 'an unknown user',
    options: () => ({ command: HOLD, user: 'no-such-user' }),
    facts: () => ({
      reason: 'setup',
      code: 'ERR_TDAEMON_UNKNOWN_ACCOUNT',
      message: "unknown user 'no-such-user'",
    }),
  },
  {
    name: 'a descriptor that is not open',
    options: () => ({ command: HOLD, keepFds: [900] }),
    facts: () => ({ reason: 'setup', code: 'EBADF', stage: 'keep-fd' }),
  },
];

describe('daemonize rejects', () => {
  it.each(failing)('$name', async ({ options, facts }) => {
    const at = scratch();
    const env = { SCRATCH: at.directory };
    expect(await rejection({ env, pidfile: at.file('pid'), ...options(at) })).toMatchObject(facts(at));
    expectNothingLeft(at);
  });

  it('a second daemon with the same pidfile, and says which is running', async () => {
    const at = scratch();
    const options = { command: HOLD, args: [at.directory], pidfile: at.file('pid') };
    const { pid } = await held((await daemonize(options)).pid);
    expect(await rejection(options)).toMatchObject({ reason: 'already-running', pid, path: at.file('pid') });
    expect(procfs.isAlive(pid)).toBe(true);
  });

  // What a program without types can pass by mistake.
  it.each<[string, Record<string, unknown>]>([
    ['no command', { command: undefined }],
    ['a number for the command', { command: 5 }],
    ['a command with a NUL', { command: '/bin/a\0b' }],
    ['a number for an argument', { args: [5] }],
    ['an argument with a NUL', { args: ['a\0b'] }],
    ['text for the arguments', { args: 'abc' }],
    ['a number for argv[0]', { argv0: 5 }],
    ['a number for the pidfile', { pidfile: 5 }],
    ['a number for a directory', { chdir: 5 }],
    ['a number for a variable', { env: { A: 5 } }],
    ['a variable with a NUL', { env: { A: 'a\0b' } }],
    ['an unknown I/O class', { ionice: { class: 'slow' } }],
    ['an unknown policy', { sched: { policy: 'fast' } }],
    ['a descriptor below 3', { keepFds: [1] }],
    ['text for a switch', { noNewPrivs: 'yes' }],
    ['a user that is no name', { user: {} }],
    ['an empty command', { command: '' }],
    ['a pidfile with a NUL', { pidfile: '/tmp/a\0b' }],
    ['an empty pidfile', { pidfile: '' }],
    ['an umask of text', { umask: '022' }],
    ['an umask beyond 777', { umask: 0o1000 }],
    ['half a nice', { nice: 0.5 }],
    ['a nice beyond 19', { nice: 20 }],
    ['null for a number', { nice: null }],
    ['an oom_score_adj beyond 1000', { oomScoreAdj: -1001 }],
    ['an unknown limit', { limits: { toString: { soft: 1 } } }],
    ['a number for a limit', { limits: { nofile: 5 } }],
    ['a negative limit', { limits: { nofile: { soft: -1 } } }],
    ['text for a limit', { limits: { nofile: { soft: '5' } } }],
    ['a soft limit above the hard one', { limits: { nofile: { soft: 5, hard: 4 } } }],
    ['an unknown level', { ionice: { class: 'best-effort', level: 8 } }],
    ['a priority of a policy that has none', { sched: { policy: 'batch', priority: 1 } }],
    ['a name with =', { env: { 'A=B': 'x' } }],
    ['a name that is empty', { env: { '': 'x' } }],
  ])('%s, as invalid, before anything is done', async (_, wrong) => {
    const at = scratch();
    const right = {
      command: HOLD,
      args: [at.directory],
      pidfile: at.file('pid'),
      baseEnv: [`S=${at.directory}`],
    };
    expect(await rejection({ ...right, ...wrong } as DaemonizeOptions)).toMatchObject({
      reason: 'invalid',
      code: 'ERR_TDAEMON_INVALID',
    });
    expectNothingLeft(at);
  });
});
