/** SPEC: what is taken, what is refused, and that nothing makes the parser do anything else. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { TdaemonError } from '../../src/errors';
import { parseNotification } from '../../src/readiness/notify_message';
import { parseReady } from '../../src/readiness/parse';
import { anyText } from '../helpers/any_text';
import { tdaemon } from '../helpers/tdaemon';

const GOOD = [
  'alive:0.5',
  'alive:500ms',
  'line:^addr: ',
  'line:a:b',
  'fd:1',
  'fd:254',
  'notify',
  'tcp:localhost:80',
  'tcp:127.0.0.1:65535',
  'tcp:[::1]:80',
  'tcp:::1:80',
  'unix:/run/x',
  'unix:@abstract',
  'unix:relative:with:colons',
  'http://localhost',
  'https://user:word@[::1]:8443/path?query#hash',
  'file:x',
  'cmd:exit 1; :',
];

const BAD = [
  '',
  ':',
  'alive',
  'alive:',
  'alive:soon',
  'alive:-1s',
  'line',
  'line:(',
  'line:[z-a]',
  'fd:0',
  'fd:255',
  'fd:x',
  'fd:1e1',
  'fd:-1',
  'notify:',
  'notify:x',
  'tcp:80',
  'tcp:localhost',
  'tcp:localhost:0',
  'tcp:localhost:65536',
  'tcp:localhost:http',
  'tcp::80',
  'tcp:[::1:80',
  'unix:',
  'http:',
  'http://',
  'http://host:99999',
  'https:// ',
  'ftp://host',
  'file:',
  'cmd:',
  'cmd:a\0b',
  'Alive:1',
  '__proto__',
  'constructor:x',
  'toString:x',
];

function outcome(text: string): 'taken' | 'refused' {
  try {
    expect(parseReady(text).text).toBe(text);
    return 'taken';
  } catch (error) {
    expect(error).toBeInstanceOf(TdaemonError);
    expect((error as TdaemonError).reason).toBe('invalid');
    expect((error as TdaemonError).message).toMatch(/^ready: /);
    return 'refused';
  }
}

describe('a SPEC', () => {
  it.each(GOOD)('%j is taken', (text) => expect(outcome(text)).toBe('taken'));
  it.each(BAD)('%j is refused', (text) => expect(outcome(text)).toBe('refused'));

  it('is taken or refused, whatever it is', () => {
    const kinds = fc.constantFrom(...GOOD, ...BAD).map((text) => text.split(':')[0] as string);
    const text = fc.oneof(
      anyText(),
      fc.tuple(kinds, anyText()).map(([kind, rest]) => `${kind}:${rest}`),
    );
    fc.assert(
      fc.property(text, (any) => {
        outcome(any);
      }),
      { numRuns: 5000 },
    );
  });
});

describe('on the command line', () => {
  it.each([
    { what: 'a wrong SPEC', words: ['--ready', 'fd:0'], says: "'0' is no descriptor from 1 to 254" },
    { what: 'no output to read', words: ['--ready', 'line:x'], says: 'needs an output in a regular file' },
    {
      what: 'a timeout of nothing',
      words: ['--ready', 'notify', '--ready-timeout', '0'],
      says: 'no duration',
    },
    { what: 'a timeout alone', words: ['--ready-timeout', '1s'], says: 'says nothing without --ready' },
    { what: 'in place', words: ['--foreground', '--ready', 'notify'], says: 'contradict' },
    { what: 'longer than the timeout', words: ['--ready', 'alive:30s'], says: 'is longer than' },
    { what: 'a descriptor twice', words: ['--ready', 'fd:3', '--ready', 'fd:3'], says: 'given twice' },
    { what: 'certificates alone', words: ['--ready-ca', 'x'], says: 'says nothing without --ready' },
  ])('$what is wrong usage, and nothing has happened', async ({ words, says }) => {
    const ran = await tdaemon([...words, '--', '/no/such/command']);
    expect(ran).toMatchObject({ status: 2, stdout: '' });
    expect(ran.stderr).toMatch(/^tdaemon: [^\n]+\n$/);
    expect(ran.stderr).toContain(says);
  });

  it('certificates that are not there are not wrong usage, but nothing has started either', async () => {
    const words = ['--ready', 'https://localhost', '--ready-ca', '/no/such/file'];
    const ran = await tdaemon([...words, '--', '/no/such/command']);
    expect(ran).toMatchObject({ status: 125 });
    expect(ran.stderr).toBe("tdaemon: cannot read the certificates '/no/such/file' (ENOENT)\n");
  });
});

describe('a notification', () => {
  it.each([
    ['READY=1', { ready: true }],
    ['READY=1\n', { ready: true }],
    ['STATUS=loading 5%\nREADY=1\nMAINPID=42', { ready: true, status: 'loading 5%', mainPid: 42 }],
    ['READY=0', { ready: false }],
    ['READY=10', { ready: false }],
    ['XREADY=1\nREADY', { ready: false }],
    ['EXTEND_TIMEOUT_USEC=1500000', { ready: false, extendMilliseconds: 1500 }],
    ['EXTEND_TIMEOUT_USEC=-1\nERRNO=2', { ready: false, errno: 2 }],
    ['ERRNO=99999\nMAINPID=0\nMAINPID=99999999999', { ready: false }],
    ['RELOADING=1\nSTOPPING=1\nBARRIER=1\nWATCHDOG=1', { ready: false }],
    ['STATUS=a=b', { ready: false, status: 'a=b' }],
  ])('%j', (text, expected) => expect(parseNotification(Buffer.from(text))).toEqual(expected));

  it('of any bytes is no more than that', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 2000 }), (bytes) => {
        const { ready } = parseNotification(Buffer.from(bytes));
        expect(ready).toBe(Buffer.from(bytes).toString('latin1').split('\n').includes('READY=1'));
      }),
    );
  });
});
