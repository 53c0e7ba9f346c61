/** `--ready notify`: real senders of sd_notify(3). */
import fs from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { eventually } from '../helpers/eventually';
import { buildLinked } from '../helpers/linked_program';
import { because, missing } from '../helpers/needs';
import { holdBack, python } from '../helpers/notifier';
import * as procfs from '../helpers/procfs';
import { awaitReady, begin, expectReady, expectStopped } from '../helpers/ready';
import { scratch } from '../helpers/scratch';
import { isRoot, TARGET } from '../helpers/users';

const HEADER = '/usr/include/systemd/sd-daemon.h';
const noLibrary = because(fs.existsSync(HEADER) ? undefined : 'needs libsystemd-dev');
const noTool = because(missing('systemd-notify'));
const users = isRoot ? [[], ['--user', TARGET.option]] : [[]];

describe.skipIf(noTool)(`systemd-notify${noTool}`, () => {
  it.each(users)('says that the daemon is ready %s %s', async (...options) => {
    const at = scratch();
    const script = 'systemd-notify --status=soon; systemd-notify --ready --pid=$$; exec sleep 1000';
    expectReady(at, await awaitReady(at, 'notify', options, ['sh', '-c', script]));
  });
});

describe.skipIf(noLibrary)(`a program with libsystemd${noLibrary}`, () => {
  it.each(['sd_notify', 'sd_notifyf', 'sd_notify_barrier'])('is ready by %s', async (call) => {
    const at = scratch();
    const program = buildLinked(at, 'sd_sender', '-lsystemd');
    expectReady(at, await awaitReady(at, 'notify', [], [program, call]));
  });

  it('leaves none of the descriptors that it passes in tdaemon', async () => {
    const at = scratch();
    const program = buildLinked(at, 'sd_sender', '-lsystemd');
    const waiting = begin(at, 'notify', ['--chdir', at.directory], [program, 'sd_pid_notify_with_fds']);
    await eventually('the barrier', () => {
      const pid = fs.existsSync(at.file('pid')) && Number(fs.readFileSync(at.file('pid'), 'utf8'));
      // It has passed them, and closed its own after the barrier.
      return pid && procfs.descriptors(pid).size <= 4 && procfs.stat(pid)?.name === 'sd_sender';
    });
    expect([...procfs.descriptors(waiting.pid).values()]).not.toContain(program);
    at.write('go', '');
    expectReady(at, await waiting.done);
  });
});

const LATE: [string, string, RegExp][] = [
  ['STATUS', "send(b'STATUS=loading \\xc3\\xa4 \\x1b[1m')", /it says: loading .* \\x1b\[1m/],
  ['ERRNO', "send(b'ERRNO=2')", /it says: it reports ENOENT: no such file or directory/i],
  ['READY=0', "send(b'READY=0')", /exit status 5/],
  [
    'READY=1 within a longer word',
    "send(b'READY=11'); send(b'XREADY=1'); send(b'READY=1 ')",
    /exit status 5/,
  ],
  ['RELOADING and STOPPING', "send(b'RELOADING=1\\nSTOPPING=1')", /exit status 5/],
  ['an empty datagram', "send(b'')", /exit status 5/],
  ['100 KB with READY=1', "send(b'X=' + b'y' * 100000 + b'\\nREADY=1')", /exit status 5/],
];

describe('what is sent before it is ready', () => {
  it.each(LATE)('%s is not READY=1', async (_, script, reason) => {
    const at = scratch();
    const ran = await awaitReady(at, 'notify', [], python(`${script}\nbarrier()\nsys.exit(5)`));
    expectStopped(at, ran, 123, 'exit status 5', reason);
  });

  it('STATUS is told when it is too late', async () => {
    const at = scratch();
    const command = python("send(b'STATUS=loading'); wait()");
    const ran = await awaitReady(at, 'notify', ['--ready-timeout', '5s'], command);
    expectStopped(
      at,
      ran,
      124,
      /not ready in 5 s \(notify: no READY=1 yet\); it says: loading; it was stopped/,
    );
  });

  it('EXTEND_TIMEOUT_USEC gives more of it', async () => {
    const at = scratch();
    const script = "send(b'EXTEND_TIMEOUT_USEC=60000000'); time.sleep(5.5); send(b'READY=1'); wait()";
    expectReady(at, await awaitReady(at, 'notify', ['--ready-timeout', '5s'], python(script)));
  });

  it('a flood of datagrams does not stop the clock', async () => {
    const at = scratch();
    const ran = await awaitReady(
      at,
      'notify',
      ['--ready-timeout', '1s'],
      python("[os.fork() for _ in range(3)]\nwhile True: send(b'STATUS=flood')"),
    );
    expectStopped(at, ran, 124);
  });

  it('a daemon that ends after it has said what is wrong is not waited for', async () => {
    const at = scratch();
    const ran = await awaitReady(
      at,
      'notify',
      [],
      python("send(b'STATUS=no licence\\nERRNO=13'); sys.exit(4)"),
    );
    expectStopped(at, ran, 123, 'exit status 4', 'EACCES');
  });
});

describe('the socket', () => {
  it.each(users)('can be reached by the user of the daemon only %s %s', async (...options) => {
    const at = scratch();
    const held = await holdBack(at, options);
    const uid = options.length > 0 ? TARGET.uid : process.geteuid?.();
    expect(fs.statSync(held.socket)).toMatchObject({ uid, mode: 0o140600 });
    const directory = fs.statSync(path.dirname(held.socket));
    expect(directory).toMatchObject({
      uid: process.geteuid?.(),
      mode: options.length > 0 ? 0o40711 : 0o40700,
    });
    held.release();
    expectReady(at, await held.done);
    expect(fs.existsSync(path.dirname(held.socket))).toBe(false);
  });

  it.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)(
    'is gone after %s, and the daemon too',
    async (signal) => {
      const at = scratch();
      const held = await holdBack(at);
      process.kill(held.pid, signal);
      expectStopped(at, await held.done, 130, 'interrupted');
      expect(fs.existsSync(path.dirname(held.socket))).toBe(false);
    },
  );

  it('is gone after the end of the daemon', async () => {
    const at = scratch();
    const held = await holdBack(at);
    process.kill(held.daemon, 'SIGKILL');
    expectStopped(at, await held.done, 123, 'killed by SIGKILL');
    expect(fs.existsSync(path.dirname(held.socket))).toBe(false);
  });

  it.skipIf(!isRoot)('is an abstract one for a daemon in another root directory (needs root)', async () => {
    const at = scratch();
    const held = await holdBack(at, ['--chroot', '/']);
    expect(held.socket).toMatch(/^@tdaemon\/notify\/[0-9a-f]{32}$/);
    const bound = () => fs.readFileSync('/proc/net/unix', 'latin1').includes(held.socket);
    expect(bound()).toBe(true);
    held.release();
    expectReady(at, await held.done);
    expect(bound()).toBe(false);
  });
});
