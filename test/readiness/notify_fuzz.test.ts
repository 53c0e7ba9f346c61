/** Any bytes may be sent to $NOTIFY_SOCKET: none crash tdaemon, keep it, leak into it, or make the daemon ready. */
import fs from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseNotification } from '../../src/readiness/notify_message';
import { eventually } from '../helpers/eventually';
import { holdBack } from '../helpers/notifier';
import * as procfs from '../helpers/procfs';
import { expectReady } from '../helpers/ready';
import { scratch } from '../helpers/scratch';

/** The seed is in the name of the test, so that a failure can be had again. */
const SEED = Date.now() % 1_000_000;

const FUZZ = `
random.seed(${SEED})
WORDS = [b'READY=1', b'STATUS=x', b'MAINPID=1', b'MAINPID=%d' % os.getppid(), b'ERRNO=5', b'EXTEND_TIMEOUT_USEC=9',
         b'BARRIER=1', b'FDSTORE=1', b'RELOADING=1', b'STOPPING=1', b'WATCHDOG=trigger', b'=', b'', b'\\n']
def mutated():
    text = bytearray(b'\\n'.join(random.choices(WORDS, k=random.randrange(6))))
    for _ in range(random.randrange(1, 4)):
        text.insert(random.randrange(len(text) + 1), random.randrange(256))
    return bytes(text)
SIZES = [0, 1, 7, 4096, 65535, 65536, 65537, 200000]
def content():
    if random.random() < 0.01: return random.randbytes(random.choice(SIZES))
    return mutated() if random.random() < 0.6 else random.randbytes(random.randrange(100))
null = os.open('/dev/null', os.O_RDONLY)
for _ in range(20000):
    text = content()
    # By chance the very word: not today.
    if b'READY=1' in text.split(b'\\n') : continue
    try: send(text, [null] * random.choice([0, 0, 0, 1, 3, 253]))
    except OSError as error:
        if error.errno not in (90, 105, 109): raise
barrier()
open('fuzzed', 'w').close()
`;

describe('20,000 datagrams', () => {
  it(`of seed ${SEED} neither end tdaemon nor make the daemon ready`, async () => {
    const at = scratch();
    const held = await holdBack(
      at,
      ['--ready-timeout', '1h'],
      // Once it has read something it has opened all that it needs.
      `barrier()\nopen('settled', 'w').close()\nwhile not os.path.exists('begin'): time.sleep(0.01)\n${FUZZ}`,
    );
    await eventually('the first to be read', () => fs.existsSync(at.file('work/settled')));
    const before = procfs.descriptors(held.pid).size;
    at.write('work/begin', '');
    await eventually(
      'the last of them',
      () => fs.existsSync(at.file('work/fuzzed')) || !procfs.isAlive(held.pid),
    );
    // On a busy machine it may have had one open still that belonged to its start.
    expect(procfs.descriptors(held.pid).size).toBeLessThanOrEqual(before);
    held.release();
    expectReady(at, await held.done);
  });
});

describe('a message', () => {
  it('is ready by the line READY=1 alone, whatever the bytes around it', () => {
    const bytes = fc.uint8Array({ maxLength: 200 }).map((array) => Buffer.from(array));
    const lines = fc.array(
      fc.oneof(bytes, fc.constantFrom('READY=1', 'READY=0', 'READY=1 ', 'MAINPID=1').map(Buffer.from)),
    );
    fc.assert(
      fc.property(lines, (parts) => {
        const content = Buffer.concat(parts.flatMap((part) => [part, Buffer.from('\n')]));
        const isReady = content.toString('latin1').split('\n').includes('READY=1');
        expect(parseNotification(content).ready).toBe(isReady);
      }),
      { numRuns: 5000 },
    );
  });
});
