/** Root reads a log in a directory of the daemon's user: it must print nothing that this user may not read. */
import fs from 'node:fs';
import { describe, expect, it } from 'vitest';
import { eventually } from '../helpers/eventually';
import { strace } from '../helpers/nothing_left';
import { descriptors } from '../helpers/procfs';
import { awaitReady, begin, expectReady, expectStopped } from '../helpers/ready';
import { type Scratch, scratch } from '../helpers/scratch';
import { failReady } from '../helpers/start_ready';
import { giveAway, isRoot, makeDirectory, TARGET } from '../helpers/users';

const SECRET = 'match root-only';

/** The log is in a directory of the daemon's user, where that user's own line of sh does as it likes. */
function awaitIn(at: Scratch, script: string, options: readonly string[] = []) {
  makeDirectory(at.file('home'), TARGET);
  fs.writeFileSync(at.file('secret'), `${SECRET}\n`, { mode: 0o600 });
  const all = ['--user', TARGET.option, '--chdir', at.file('home'), '--log', at.file('home/log'), ...options];
  return awaitReady(at, 'line:^match', all, ['sh', '-c', `${script}; exec sleep 1000`]);
}

const SWAPS: [string, string][] = [
  ['a symbolic link to a root-only file', 'rm log; ln -s ../secret log'],
  ['a symbolic link, by rename', 'ln -s ../secret new; mv new log'],
  [
    'a directory that is a link to where the file has that name',
    'cd ..; mv home/log home/old; ln -s ../other home/log',
  ],
  ['a FIFO', 'rm log; mkfifo log'],
  ['a directory', 'rm log; mkdir log'],
  ['a link to itself', 'rm log; ln -s log log'],
  ['a link to an endless device', 'rm log; ln -s /dev/zero log'],
  ['a link into /proc', 'rm log; ln -s /proc/1/environ log'],
];

describe.skipIf(!isRoot)('a daemon of another user (needs root)', () => {
  it('is ready by its own log in its own directory', async () => {
    const at = scratch();
    expectReady(at, await awaitIn(at, 'echo match own'), 'match own\n');
  });

  it.each(['mv log log.1; exec >log; echo match own', 'rm log; exec >log; sleep 0.1; echo match own'])(
    'may rotate it: %s',
    async (script) => {
      const at = scratch();
      expectReady(at, await awaitIn(at, script), 'match own\n');
    },
  );

  it.each(SWAPS)('that puts %s in its place makes root print nothing of it', async (_, script) => {
    const at = scratch();
    const ran = await awaitIn(at, `${script}; exit 3`);
    expectStopped(at, ran, 123, 'exit status 3');
    expect(ran.stderr).not.toMatch('root-only');
  });

  it('that has put a link in its place and has ended before root looks is told as one that ended', async () => {
    const at = scratch();
    makeDirectory(at.file('home'), TARGET);
    fs.writeFileSync(at.file('secret'), `${SECRET}\n`, { mode: 0o600 });
    const log = at.file('home/log');
    const oneSecondLater = ['-P', log, '-e', 'inject=openat:delay_enter=1s'];
    const options = ['--user', TARGET.option, '--chdir', at.file('home'), '--log', log];
    const command = ['sh', '-c', 'ln -s ../secret new; mv new log; exit 3'];
    const ran = await failReady(at, 'line:^match', command, options, {
      under: strace(at, ...oneSecondLater),
    });
    expect(ran.status, ran.stderr).toBe(123);
    expect(ran.stderr).toContain('exit status 3');
    expect(ran.stderr).not.toMatch('root-only');
  });

  it.each(SWAPS)('that puts %s there is not ready by it', async (_, script) => {
    const at = scratch();
    const ran = await awaitIn(at, script, ['--ready-timeout', '300ms']);
    expectStopped(at, ran, 124, 'no such line yet');
    expect(ran.stderr).not.toMatch('root-only');
  });

  it('gets nothing of a root-only file in its own directory by giving it the name of the log', async () => {
    const at = scratch();
    const name = at.file('home/private');
    const options = ['--ready-timeout', '300ms', '--stderr', '/dev/null'];
    makeDirectory(at.file('home'), TARGET);
    fs.writeFileSync(name, `${SECRET}\n`, { mode: 0o600 });
    const all = [
      '--user',
      TARGET.option,
      '--chdir',
      at.file('home'),
      '--stdout',
      at.file('home/log'),
      ...options,
    ];
    const command = ['sh', '-c', 'mv -f private log; exec sleep 1000'];
    const ran = await awaitReady(at, 'line:^match', all, command);
    expectStopped(at, ran, 124);
    expect(ran.stderr).not.toMatch('root-only');
  });

  it('is followed into a file that root has made in a directory of root, as logrotate does', async () => {
    const at = scratch();
    makeDirectory(at.file('logs'), { uid: 0, gid: 0 });
    at.write('logs/log', '');
    giveAway(at.file('logs/log'), TARGET);
    const options = ['--user', TARGET.option, '--log', at.file('logs/log')];
    const waiting = begin(at, 'line:^match', options, ['sleep', '1000']);
    await eventually('tdaemon follows', () => {
      const open = [...descriptors(waiting.pid).values()];
      return open.includes(at.file('logs/log')) && open.includes(at.file('logs'));
    });
    at.write('logs/new', 'match by root\n');
    fs.renameSync(at.file('logs/new'), at.file('logs/log'));
    expectReady(at, await waiting.done, 'match by root\n');
  });
});
