/** Whoever has learnt the socket's name, but is none of the daemon's, says nothing. */
import { describe, expect, it } from 'vitest';
import { holdBack, PYTHON, SEND, strangerSends } from '../helpers/notifier';
import { expectReady, expectStopped } from '../helpers/ready';
import { scratch } from '../helpers/scratch';
import { run } from '../helpers/tdaemon';
import { isRoot, STRANGER, TARGET } from '../helpers/users';

const LIE = "send(b'READY=1\\nSTATUS=a lie\\nEXTEND_TIMEOUT_USEC=1'); barrier()";

async function expectNotBelieved(options: readonly string[], lie: (socket: string) => Promise<unknown>) {
  const at = scratch();
  const held = await holdBack(at, options);
  await lie(held.socket);
  // Had it been believed, tdaemon would have ended with 0 by now or soon, whatever comes after.
  process.kill(held.pid, 'SIGTERM');
  const ran = await held.done;
  expectStopped(at, ran, 130);
  expect(ran.stderr).not.toMatch('a lie');
}

describe('READY=1 of a stranger', () => {
  it('of the same user, outside the daemon, is refused', async () => {
    await expectNotBelieved([], async (socket) =>
      expect(await strangerSends(socket, LIE)).toMatchObject({ status: 0, stderr: '' }),
    );
  });

  it('is refused also where a hundred send at once', async () => {
    await expectNotBelieved([], (socket) =>
      strangerSends(
        socket,
        `for _ in range(100): os.fork()  or (${LIE.replace('; ', ', ')}, os._exit(0))\nbarrier()`,
      ),
    );
  });

  it.skipIf(!isRoot)('of root, outside a daemon of another user, is refused (needs root)', async () => {
    await expectNotBelieved(['--user', TARGET.option], async (socket) =>
      expect(await strangerSends(socket, LIE)).toMatchObject({ status: 0, stderr: '' }),
    );
  });

  it.skipIf(!isRoot).each([[], ['--user', TARGET.option]])(
    'of another user does not arrive (needs root) %s %s',
    async (...options) => {
      await expectNotBelieved(options, async (socket) =>
        expect(await strangerSends(socket, LIE, STRANGER)).toMatchObject({
          status: 1,
          stderr: expect.stringContaining('PermissionError'),
        }),
      );
    },
  );

  it.skipIf(!isRoot)(
    'of another user is refused where it arrives, by an abstract address (needs root)',
    async () => {
      await expectNotBelieved(['--chroot', '/'], async (socket) =>
        expect(await strangerSends(socket, LIE, STRANGER)).toMatchObject({ status: 0, stderr: '' }),
      );
    },
  );

  it.skipIf(!isRoot)('does not keep the daemon from saying it (needs root)', async () => {
    const at = scratch();
    const held = await holdBack(at, ['--chroot', '/']);
    const script = `${SEND}\nfor number in range(20000): send(b'READY=1')\nbarrier()`;
    expect(await run(PYTHON, ['-c', script, held.socket], STRANGER)).toMatchObject({ status: 0 });
    held.release();
    expectReady(at, await held.done);
  });
});
