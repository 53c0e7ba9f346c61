/** The file of --env-file: what is read, and that nothing is dropped in silence. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { TdaemonError } from '../../src/errors';
import { parseEnvironmentFile, readEnvironmentFile } from '../../src/process/environment_file';
import { scratch } from '../helpers/scratch';

const read = (text: string) => Object.fromEntries(parseEnvironmentFile(text, 'FILE'));

function refusal(parse: () => unknown): TdaemonError {
  try {
    parse();
  } catch (error) {
    expect(error).toBeInstanceOf(TdaemonError);
    return error as TdaemonError;
  }
  throw new Error('it was accepted');
}

describe('a line', () => {
  it.each([
    ['A=b', { A: 'b' }],
    ['A=', { A: '' }],
    ['A=b=c', { A: 'b=c' }],
    ['A=b c', { A: 'b c' }],
    ['  A  =  b  ', { A: 'b' }],
    ['A=b\r\nC=d\r\n', { A: 'b', C: 'd' }],
    ['A=b\nC=d', { A: 'b', C: 'd' }],
    ['A=1\nA=2', { A: '2' }],
    ['export A=b', { A: 'b' }],
    ['export=b', { export: 'b' }],
    ['exportA=b', { exportA: 'b' }],
    ['\n\n# A=b\n  # C=d\n', {}],
    ['A=b # c', { A: 'b # c' }],
    ['A=#b', { A: '#b' }],
    ['A=$HOME `id` $(id) ~', { A: '$HOME `id` $(id) ~' }],
    ['A=a\\nb', { A: 'a\\nb' }],
    ["A=it's", { A: "it's" }],
    ['', {}],
  ])('%j', (text, variables) => {
    expect(read(text)).toEqual(variables);
  });
});

describe('a quoted value', () => {
  it.each([
    ["A='b c'", { A: 'b c' }],
    ["A='  b  '", { A: '  b  ' }],
    ["A=''", { A: '' }],
    ['A=""', { A: '' }],
    ["A='\\n$x\"'", { A: '\\n$x"' }],
    ['A="\\n\\"\\\\\\$\\`"', { A: '\n"\\$`' }],
    ['A="\\t\\x"', { A: '\\t\\x' }],
    ['A="it\'s"', { A: "it's" }],
    ["A='b'   \nC=d", { A: 'b', C: 'd' }],
    ["A='b\nc'\nD=e", { A: 'b\nc', D: 'e' }],
    ['A="b\n\n  c  "\nD=e', { A: 'b\n\n  c  ', D: 'e' }],
    ['A="b  \n# no comment"', { A: 'b  \n# no comment' }],
    ["export A='b\nC=d'", { A: 'b\nC=d' }],
  ])('%j', (text, variables) => {
    expect(read(text)).toEqual(variables);
  });
});

describe('a wrong line', () => {
  it.each([
    ['A', 'FILE:1: expected NAME=VALUE'],
    ['A=b\n\nC D=e', 'FILE:3: expected NAME=VALUE'],
    ['=b', 'FILE:1: expected NAME=VALUE'],
    ['1A=b', 'FILE:1: expected NAME=VALUE'],
    ['a.b=c', 'FILE:1: expected NAME=VALUE'],
    ['export A', 'FILE:1: expected NAME=VALUE'],
    ['A: b', 'FILE:1: expected NAME=VALUE'],
    ["X=1\nA='b", "FILE:3: the ' is not closed"],
    ["A='b' c", "FILE:1: text after the closing '"],
    ['A="b"c', 'FILE:1: text after the closing "'],
    ['A=b\0c', 'FILE:1: a NUL byte in the value'],
  ])('%j', (text, message) => {
    const error = refusal(() => read(text));
    // An unclosed quote is found at the end of the file; where it was opened says more, so either line will do.
    const loosely = (line: string) => line.replace(/^FILE:\d+: the/, 'FILE:N: the');
    expect(loosely(error.message)).toBe(loosely(message));
    expect(error).toMatchObject({ reason: 'setup', code: 'ERR_TDAEMON_ENV_FILE', path: 'FILE' });
  });
});

it.each(['voilà', 'à', 'A\u00a0', '\u2028', '\ufeffx'])(
  'a value loses no byte of its characters: %j',
  (text) => {
    const bytes = Buffer.from(`A=${text}\nB=${text}`).toString('latin1');
    expect(read(bytes)).toEqual({ A: text, B: text });
  },
);

describe('whatever the value', () => {
  const name = fc.stringMatching(/^[A-Za-z_][A-Za-z0-9_]{0,8}$/);
  // One character a byte, as the file is read.
  const value = fc.uint8Array().map((all) => Buffer.from(all.filter((byte) => byte !== 0)));

  it('quoted it comes back byte for byte', () => {
    const doubled = (text: string) => `"${text.replace(/[\\"$`]/g, '\\$&')}"`;
    const single = (text: string) => (text.includes("'") ? doubled(text) : `'${text}'`);
    fc.assert(
      fc.property(fc.dictionary(name, value), fc.boolean(), (variables, double) => {
        const lines = Object.entries(variables).map(([key, bytes]) => {
          const text = bytes.toString('latin1');
          return `${key}=${double ? doubled(text) : single(text)}\n`;
        });
        // A line of the file may end in CR LF: inside quotes that is the file's spelling of a newline.
        fc.pre(!lines.some((line) => line.includes('\r\n')));
        const found = parseEnvironmentFile(lines.join(''), 'FILE');
        const asBuffers = Object.fromEntries(
          [...found].map(([key, bytes]) => [key, Buffer.from(bytes as string)]),
        );
        expect(asBuffers).toEqual(Object.fromEntries(Object.entries(variables)));
      }),
    );
  });

  it('any text is read or refused by our own error', () => {
    const text = fc.string({
      unit: fc.constantFrom('A', '=', '\n', '"', "'", '\\', '#', ' ', 'export ', '\r', '\0', '\xff'),
    });
    fc.assert(
      fc.property(text, (content) => {
        try {
          for (const key of parseEnvironmentFile(content, 'FILE').keys())
            expect(key).toMatch(/^[A-Za-z_]\w*$/);
        } catch (error) {
          expect(error).toBeInstanceOf(TdaemonError);
        }
      }),
    );
  });
});

describe('readEnvironmentFile', () => {
  it('keeps UTF-8 as a string and other bytes as bytes', () => {
    const at = scratch();
    const file = at.write('env', Buffer.concat([Buffer.from('A=é\nB='), Buffer.from([0xff, 0x0a])]));
    expect(readEnvironmentFile(file)).toEqual(
      new Map<string, unknown>([
        ['A', 'é'],
        ['B', Buffer.from([0xff])],
      ]),
    );
  });
});
