/** Requests of any kind, thousands of them: answered or cut off, and nothing comes of them. */
import { createConnection } from 'node:net';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encodeCall } from '../../src/control/encode';
import { rpc } from '../helpers/control';
import { eventually } from '../helpers/eventually';
import { killing } from '../helpers/killing';
import { descriptors, status } from '../helpers/procfs';
import { scratch } from '../helpers/scratch';
import { supervise } from '../helpers/supervise';

const REQUESTS = 10_000;
const AT_ONCE = 40;

const BODY = encodeCall('supervisor.getProcessInfo', ['a', 1, { b: [true, null, 1.5, new Date(0)] }]);
const WHOLE = Buffer.from(
  `POST /RPC2 HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/xml\r\nContent-Length: ${BODY.length}\r\n\r\n${BODY}`,
);
const GETS = ['/logtail/a', '/metrics', '/health?name=a', '/mainlogtail'].map((path) =>
  Buffer.from(`GET ${path} HTTP/1.1\r\nHost: localhost\r\nAccept: text/plain;q=0.5,*/*\r\n\r\n`),
);

const PIECES = [
  '<',
  '>',
  '&',
  '</value>',
  '<value>',
  '<array><data>',
  '<!DOCTYPE x [',
  ']]>',
  '\0',
  '\r\n\r\n',
  '%',
  '..',
  '-1',
  '1e9',
];

/** What is done to a request at one place. */
const change = fc.record({
  at: fc.double({ min: 0, max: 1, noNaN: true }),
  what: fc.oneof(
    fc.record({ put: fc.uint8Array({ minLength: 1, maxLength: 4 }) }),
    fc.record({ insert: fc.constantFrom(...PIECES) }),
    fc.record({ remove: fc.nat(40) }),
    fc.record({ repeat: fc.nat(200) }),
    fc.constant({ cut: true }),
  ),
});

type Change = typeof change extends fc.Arbitrary<infer Value> ? Value : never;

function mutate(request: Buffer, { at, what }: Change): Buffer {
  const place = Math.floor(at * request.length);
  const before = request.subarray(0, place);
  const after = request.subarray(place);
  if ('put' in what) return Buffer.concat([before, what.put, after.subarray(what.put.length)]);
  if ('insert' in what) return Buffer.concat([before, Buffer.from(what.insert), after]);
  if ('remove' in what) return Buffer.concat([before, after.subarray(what.remove)]);
  if ('repeat' in what) return Buffer.concat([before, after.subarray(0, what.repeat), after]);
  return before;
}

const mutated = fc
  .tuple(
    fc.constantFrom(WHOLE, WHOLE, WHOLE, WHOLE, ...GETS),
    fc.array(change, { minLength: 1, maxLength: 4 }),
  )
  .map(([request, changes]) => changes.reduce(mutate, request));
const any = fc.oneof(
  { weight: 9, arbitrary: mutated },
  { weight: 1, arbitrary: fc.uint8Array({ maxLength: 300 }).map((each) => Buffer.from(each)) },
);

/** Resolves when the other side has answered or ended it; half of them do not wait for it. */
function send(socketPath: string, bytes: Buffer, waits: boolean): Promise<void> {
  return new Promise((resolve) => {
    const socket = createConnection(socketPath, () => {
      if (waits) socket.end(bytes);
      else socket.write(bytes, () => socket.destroy());
    });
    // A log that is followed has no end.
    socket.on('data', () => socket.destroy());
    socket.on('error', () => undefined).on('close', () => resolve());
  });
}

/** Kilobytes of its own. */
const memory = (pid: number) => Number.parseInt(status(pid, 'RssAnon') ?? '', 10);

describe('requests of any kind', () => {
  it('leave the supervisor and its programs as they are', { timeout: 300_000 }, async () => {
    const at = scratch();
    const socketPath = at.file('s.sock');
    const supervised = await supervise(
      at,
      `[unix_http_server]\nfile=${socketPath}\n[program:a]\ncommand=sleep 1000\nstartsecs=0\nstdout_logfile=${at.file('a.log')}\n[program:killed]\ncommand=sleep 1000\nstartsecs=0\nrestart_delay_max=0`,
      'logfile_maxbytes=1MB',
    );
    const pid = supervised.supervisor as number;
    const before = await supervised.of('a');
    await rpc({ socketPath }, 'getState');
    const open = descriptors(pid).size;
    const usual = memory(pid);
    const seed = Date.now() % 2 ** 31;
    const requests = fc.sample(any, { numRuns: REQUESTS, seed });
    try {
      const kills = await killing(supervised, 'killed', async () => {
        for (let first = 0; first < REQUESTS; first += AT_ONCE)
          await Promise.all(
            requests.slice(first, first + AT_ONCE).map((bytes, at) => send(socketPath, bytes, at % 2 === 0)),
          );
      });
      expect(kills).toBeGreaterThan(10);
      expect(supervised.supervisor).toBe(pid);
      expect(await supervised.of('a')).toEqual(before);
      expect(await rpc({ socketPath }, 'getState')).toEqual({ statecode: 1, statename: 'RUNNING' });
      await eventually('all descriptors closed', () => descriptors(pid).size <= open);
      await eventually('its memory back', () => memory(pid) < usual + 60_000);
      expect(supervised.mainLog).not.toContain(' CRIT ');
    } catch (error) {
      throw new Error(`seed ${seed}`, { cause: error });
    }
  });
});
