/** Restart: the old one has ended before the new one starts, and what cannot be started stops nothing. */
import fs from 'node:fs';
import { describe, expect, it } from 'vitest';
import {
  deadPid,
  expectRefused,
  expectUntouched,
  readPid,
  SILENT,
  startDaemon,
  startStubborn,
  stranger,
  writePidfile,
} from '../helpers/daemons';
import { eventually } from '../helpers/eventually';
import * as procfs from '../helpers/procfs';
import { type Scratch, scratch } from '../helpers/scratch';
import { type Ran, tdaemon } from '../helpers/tdaemon';

const SLEEP = ['sleep', '1000'];

function restart(at: Scratch, options: readonly string[] = [], command: readonly string[] = SLEEP) {
  const mark = `TEST_DIRECTORY=${at.directory}`;
  return tdaemon(['restart', '-p', at.file('pid'), '--env', mark, ...options, '--', ...command]);
}

function start(at: Scratch) {
  return tdaemon(['-p', at.file('pid'), '--env', `TEST_DIRECTORY=${at.directory}`, '--', ...SLEEP]);
}

/** Only daemons carry the directory in their environment and sleep. */
function daemonsOf(at: Scratch): number[] {
  const entry = `TEST_DIRECTORY=${at.directory}`;
  return procfs.mentioning(entry).filter((pid) => {
    const now = procfs.stat(pid);
    return now?.name === 'sleep' && procfs.isAlive(pid);
  });
}

describe('restart', () => {
  it('ends the old one and starts the new one', async () => {
    const at = scratch();
    const old = await startDaemon(at);
    expect(await restart(at, [], ['sleep', '1001'])).toEqual(SILENT);
    const pid = readPid(old.pidfile);
    expect(pid).not.toBe(old.pid);
    expect(procfs.isAlive(old.pid)).toBe(false);
    expect(procfs.commandLine(pid).map(String)).toEqual(['sleep', '1001']);
    expect(daemonsOf(at)).toEqual([pid]);
  });

  it.each([
    ['no pidfile', () => undefined],
    ['a stale pidfile', (at: Scratch) => writePidfile(at, deadPid())],
    ['an empty pidfile', (at: Scratch) => writePidfile(at, '')],
  ])('starts where there is %s', async (_, prepare) => {
    const at = scratch();
    prepare(at);
    expect(await restart(at)).toEqual(SILENT);
    expect(daemonsOf(at)).toEqual([readPid(at.file('pid'))]);
  });

  it('spares a stranger to whom the pid went, and starts', async () => {
    const at = scratch();
    const pid = stranger();
    const pidfile = writePidfile(at, pid);
    const before = Date.now() / 1000 - 3600;
    fs.utimesSync(pidfile, before, before);
    expect(await restart(at)).toEqual(SILENT);
    expectUntouched(pid);
    expect(readPid(pidfile)).not.toBe(pid);
  });

  it('stops by the schedule that it is given', async () => {
    const at = scratch();
    const old = await startStubborn(at);
    expect(await restart(at, ['--retry', 'TERM/0.1/KILL/20'])).toEqual(SILENT);
    expect(procfs.isAlive(old.pid)).toBe(false);
    expect(daemonsOf(at)).toEqual([readPid(old.pidfile)]);
  });

  it('starts nothing where the old one does not end', async () => {
    const at = scratch();
    const old = await startStubborn(at);
    expectRefused(await restart(at, ['--retry', 'TERM/0.1']), 124, 'still running');
    expectUntouched(old.pid);
    expect(daemonsOf(at)).toEqual([old.pid]);
    expect(readPid(old.pidfile)).toBe(old.pid);
  });

  it('tells in JSON what runs now', async () => {
    const at = scratch();
    await startDaemon(at);
    const ran = await restart(at, ['--json']);
    expect(JSON.parse(ran.stdout)).toMatchObject({ ok: true, pid: readPid(at.file('pid')) });
  });
});

/** The new command, and the status that a start of it would have. */
const IMPOSSIBLE: [string, number, (at: Scratch) => string[]][] = [
  ['is not found', 127, () => ['tdaemon-test-no-such-command']],
  ['is not found by its path', 127, (at) => [at.file('missing')]],
  ['is below a file', 127, (at) => [`${at.write('file', '')}/command`]],
  ['is not executable', 126, (at) => [at.write('plain', 'echo')]],
  ['is a directory', 126, (at) => [at.directory]],
  ['lacks its interpreter', 126, (at) => [at.write('script', '#!/no/such/interpreter\n')]],
  [
    'has no #! line',
    126,
    (at) => {
      fs.chmodSync(at.write('script', 'echo hello\n'), 0o755);
      return [at.file('script')];
    },
  ],
  [
    'is empty',
    126,
    (at) => {
      fs.chmodSync(at.write('script', ''), 0o755);
      return [at.file('script')];
    },
  ],
];

async function expectNothingStopped(status: number, prepare: (at: Scratch) => Promise<Ran>): Promise<void> {
  const at = scratch();
  const old = await startDaemon(at);
  const ran = await prepare(at);
  expectUntouched(old.pid);
  expectRefused(ran, status);
  expect(readPid(old.pidfile)).toBe(old.pid);
  expect((await tdaemon(['status', '-q', '-p', old.pidfile])).status).toBe(0);
}

describe('the old one is not stopped when the new command', () => {
  it.each(IMPOSSIBLE)('%s (%d)', (_, status, command) =>
    expectNothingStopped(status, (at) => restart(at, [], command(at))),
  );

  it('is missing from the command line', () => expectNothingStopped(2, (at) => restart(at, [], [])));

  it('is to run as a user who does not exist', () =>
    expectNothingStopped(125, (at) => restart(at, ['--user', 'tdaemon-test-no-such-user'])));

  it.each([
    ['--retry', 'TERM/5/forever'],
    ['--retry', 'nonsense'],
    ['--signal', 'NONSENSE'],
    ['--timeout', 'soon'],
    ['--umask', '9'],
  ])('has a wrong option: %s %s', (...options) => expectNothingStopped(2, (at) => restart(at, options)));

  it('would only be planned', async () => {
    const at = scratch();
    const old = await startDaemon(at);
    expect((await restart(at, ['--dry-run'])).status).toBe(0);
    expectUntouched(old.pid);
  });
});

describe('several at once', () => {
  const ROUNDS = [1, 2, 3, 4];

  /** Whatever came first: one daemon, and the pidfile names it. */
  async function expectOne(at: Scratch): Promise<void> {
    const pid = readPid(at.file('pid'));
    expect(daemonsOf(at)).toEqual([pid]);
    expect((await tdaemon(['status', '-q', '-p', at.file('pid')])).status).toBe(0);
  }

  // One that came too late says so. Another's stop can meet a daemon that has its pidfile and does not execute yet: that
  // start fails, and says by what. One of them has always started.
  function expectHonest(all: Ran[]): void {
    for (const { status, stderr } of all) {
      if (status === 125) expect(stderr).toMatch(/killed before it could execute \(signal 15\)/);
      else expect([0, 1]).toContain(status);
    }
    expect(all.map(({ status }) => status)).toContain(0);
  }

  it.each(ROUNDS)('two restarts end in exactly one daemon (round %d)', async () => {
    const at = scratch();
    await startDaemon(at);
    expectHonest(await Promise.all([restart(at), restart(at)]));
    await expectOne(at);
  });

  it('ten restarts, from nothing, end in exactly one daemon', async () => {
    const at = scratch();
    expectHonest(await Promise.all(Array.from({ length: 10 }, () => restart(at))));
    await expectOne(at);
  });

  it.each(ROUNDS)('a stop and a start end in one daemon or none, never two (round %d)', async () => {
    const at = scratch();
    const old = await startDaemon(at);
    const [stopped, started] = await Promise.all([tdaemon(['stop', '-p', old.pidfile]), start(at)]);
    expect(procfs.isAlive(old.pid)).toBe(false);
    expectHonest([stopped, started]);
    expect(stopped.status).toBe(0);
    if (fs.existsSync(old.pidfile)) await expectOne(at);
    else expect(daemonsOf(at)).toEqual([]);
    // And whatever it was, a start now gives exactly one.
    await start(at);
    await expectOne(at);
  });

  it('two stops: both are done, neither hangs', async () => {
    const at = scratch();
    const old = await startDaemon(at);
    const both = await Promise.all([
      tdaemon(['stop', '-p', old.pidfile]),
      tdaemon(['stop', '-p', old.pidfile]),
    ]);
    const statuses = both.map(({ status }) => status);
    expect([0, 1]).toEqual(expect.arrayContaining(statuses));
    expect(statuses).toContain(0);
    expect(fs.existsSync(old.pidfile)).toBe(false);
    await eventually('its end', () => !procfs.isAlive(old.pid));
  });
});
