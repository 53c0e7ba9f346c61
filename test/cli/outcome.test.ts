/** Statuses 0, 1 and 125 of start, and what is said of them in each voice. */
import fs from 'node:fs';
import { describe, expect, it } from 'vitest';
import { HOLD, held, startHold } from '../helpers/hold';
import { expectNothingLeft } from '../helpers/leftovers';
import { isAlive } from '../helpers/procfs';
import { type Scratch, scratch } from '../helpers/scratch';
import { tdaemon } from '../helpers/tdaemon';

const readPid = (at: Scratch) => Number(fs.readFileSync(at.file('pid'), 'utf8'));

describe('success', () => {
  it('is silent', async () => {
    const at = scratch();
    const ran = await tdaemon(['-p', at.file('pid'), '--', HOLD, at.directory]);
    expect(ran).toEqual({ status: 0, signal: null, stdout: '', stderr: '' });
    expect(isAlive((await held(readPid(at))).pid)).toBe(true);
  });

  it('is one line with --verbose', async () => {
    const at = scratch();
    const ran = await tdaemon(['-vp', at.file('pid'), '--', HOLD, at.directory]);
    const { pid } = await held(readPid(at));
    expect(ran).toEqual({
      status: 0,
      signal: null,
      stdout: '',
      stderr: `tdaemon: started '${HOLD}' as process ${pid}\n`,
    });
  });

  it('is an object with --json, with or without a pidfile', async () => {
    const at = scratch();
    const ran = await tdaemon(['--json', '-p', at.file('pid'), '--', HOLD, at.directory]);
    expect(ran).toMatchObject({ status: 0, stderr: '' });
    expect(ran.stdout.endsWith('}\n')).toBe(true);
    expect(JSON.parse(ran.stdout)).toEqual({
      ok: true,
      status: 0,
      pid: (await held(readPid(at))).pid,
      pidfile: at.file('pid'),
      command: [HOLD, at.directory],
    });
    const { pid, ...rest } = JSON.parse((await tdaemon(['--json', '--', HOLD, at.directory])).stdout);
    expect(rest).toEqual({ ok: true, status: 0, command: [HOLD, at.directory] });
    expect((await held(pid)).arguments.map(String)).toEqual([HOLD, at.directory]);
  });

  it('is silent with --quiet, but not in JSON, which was asked for', async () => {
    const at = scratch();
    expect(await tdaemon(['-q', '--', HOLD, at.directory])).toMatchObject({
      status: 0,
      stdout: '',
      stderr: '',
    });
    const ran = await tdaemon(['-q', '--json', '--', HOLD, at.directory]);
    expect(JSON.parse(ran.stdout)).toMatchObject({ ok: true });
  });
});

describe('already running', () => {
  it('is 1, and nothing changes', async () => {
    const at = scratch();
    const { pid } = await startHold(at, []);
    const pidfile = at.file('hold.pid');
    const message = `already running: process ${pid} (pidfile '${pidfile}')`;
    const args = ['-p', pidfile, '--', HOLD, at.directory];
    expect(await tdaemon(args)).toEqual({
      status: 1,
      signal: null,
      stdout: '',
      stderr: `tdaemon: ${message}\n`,
    });
    expect(await tdaemon(['-q', ...args])).toEqual({ status: 1, signal: null, stdout: '', stderr: '' });
    const inJson = await tdaemon(['--json', ...args]);
    expect(inJson).toMatchObject({ status: 1, stderr: '' });
    expect(JSON.parse(inJson.stdout)).toEqual({
      ok: false,
      status: 1,
      stage: 'pidfile',
      code: 'EEXIST',
      path: pidfile,
      pid,
      message,
    });
    expect(Number(fs.readFileSync(pidfile, 'utf8'))).toBe(pid);
    expect(isAlive(pid)).toBe(true);
  });

  it('is 0 with --oknodo', async () => {
    const at = scratch();
    const { pid } = await startHold(at, []);
    const pidfile = at.file('hold.pid');
    const args = ['--oknodo', '-p', pidfile, '--', HOLD, at.directory];
    expect(await tdaemon(args)).toEqual({ status: 0, signal: null, stdout: '', stderr: '' });
    expect(await tdaemon(['-v', ...args])).toMatchObject({
      status: 0,
      stderr: `tdaemon: already running: process ${pid} (pidfile '${pidfile}')\n`,
    });
    expect(JSON.parse((await tdaemon(['--json', ...args])).stdout)).toEqual({
      ok: true,
      status: 0,
      pid,
      pidfile,
      alreadyRunning: true,
    });
  });

  it('is 1 too where the lock file is held', async () => {
    const at = scratch();
    await startHold(at, ['--lock', at.file('lock')]);
    const args = ['-p', at.file('other'), '--lock', at.file('lock'), '--', HOLD, at.directory];
    expect(await tdaemon(args)).toMatchObject({
      status: 1,
      stderr: `tdaemon: already running: another process holds the lock '${at.file('lock')}'\n`,
    });
    expect(fs.existsSync(at.file('other'))).toBe(false);
    expect(await tdaemon(['--oknodo', ...args])).toMatchObject({ status: 0, stderr: '' });
  });

  it('--oknodo forgives nothing else', async () => {
    expect(await tdaemon(['--oknodo', '/no/such'])).toMatchObject({ status: 127 });
    expect(await tdaemon(['--oknodo', '-p', '/no/such/pid', 'true'])).toMatchObject({ status: 125 });
    expect(await tdaemon(['--oknodo', '--no-such', 'true'])).toMatchObject({ status: 2 });
  });
});

interface Refused {
  name: string;
  words: string[];
  stage?: string;
  code: string;
  path?: string;
  message: string;
}

const noSuch = 'no such file or directory (ENOENT)';

const refused: Refused[] = [
  {
    name: 'the directory of the pidfile is missing',
    words: ['-p', '/no/such/pid'],
    stage: 'pidfile',
    code: 'ENOENT',
    path: '/no/such/pid',
    message: `cannot create pidfile '/no/such/pid': ${noSuch}`,
  },
  {
    name: 'the directory of the lock file is missing',
    words: ['--lock', '/no/such/lock'],
    stage: 'lock',
    code: 'ENOENT',
    path: '/no/such/lock',
    message: `cannot lock '/no/such/lock': ${noSuch}`,
  },
  {
    name: 'the directory of the log is missing',
    words: ['-p', 'pid', '--log', '/no/such/log'],
    stage: 'stdout',
    code: 'ENOENT',
    path: '/no/such/log',
    message: `cannot open '/no/such/log' for stdout: ${noSuch}`,
  },
  {
    name: 'the input is missing',
    words: ['-p', 'pid', '--stdin', '/no/such/input'],
    stage: 'stdin',
    code: 'ENOENT',
    path: '/no/such/input',
    message: `cannot open '/no/such/input' for stdin: ${noSuch}`,
  },
  {
    name: 'an output is a directory',
    words: ['-p', 'pid', '--stderr', '/tmp'],
    stage: 'stderr',
    code: 'EISDIR',
    path: '/tmp',
    message: "cannot open '/tmp' for stderr: it is a directory (EISDIR)",
  },
  {
    name: 'the working directory is missing',
    words: ['-p', 'pid', '--chdir', '/no/such'],
    stage: 'chdir',
    code: 'ENOENT',
    path: '/no/such',
    message: `cannot change directory to '/no/such': ${noSuch}`,
  },
  {
    name: 'the working directory is a file',
    words: ['-p', 'pid', '--chdir', '/etc/passwd'],
    stage: 'chdir',
    code: 'ENOTDIR',
    path: '/etc/passwd',
    message: "cannot change directory to '/etc/passwd': a part of the path is not a directory (ENOTDIR)",
  },
  {
    name: 'the user is unknown',
    words: ['-p', 'pid', '-u', 'no-such-user'],
    code: 'ERR_TDAEMON_UNKNOWN_ACCOUNT',
    message: "unknown user 'no-such-user'",
  },
  {
    name: 'the group is unknown',
    words: ['-p', 'pid', '-g', 'no-such-group'],
    code: 'ERR_TDAEMON_UNKNOWN_ACCOUNT',
    message: "unknown group 'no-such-group'",
  },
];

describe('what cannot be set up is 125', () => {
  it.each(refused)('$name', async ({ words, stage, code, path, message }) => {
    const at = scratch();
    const args = [...words, '--', HOLD, at.directory];
    expect(await tdaemon(args, { cwd: at.directory })).toEqual({
      status: 125,
      signal: null,
      stdout: '',
      stderr: `tdaemon: ${message}\n`,
    });
    const inJson = await tdaemon(['--json', ...args], { cwd: at.directory });
    expect(inJson).toMatchObject({ status: 125, stderr: '' });
    expect(JSON.parse(inJson.stdout)).toEqual({
      ok: false,
      status: 125,
      code,
      message,
      ...(stage && { stage }),
      ...(path && { path }),
    });
    expect(await tdaemon(['-q', ...args], { cwd: at.directory })).toMatchObject({ status: 125, stderr: '' });
    expectNothingLeft(at);
  });

  it('a closed stdout or stderr changes no status', async () => {
    const at = scratch();
    const closed = { stdio: ['ignore', 'ignore', 'ignore'] as const };
    expect(await tdaemon(['--json', '/no/such'], { stdio: [...closed.stdio] })).toMatchObject({
      status: 127,
    });
    expect(await tdaemon(['-v', '--', HOLD, at.directory], { stdio: [...closed.stdio] })).toMatchObject({
      status: 0,
    });
  });
});
