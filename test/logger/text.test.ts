/** What the logger changes in the bytes when it is told to: timestamps, escape sequences. */
import fs from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { holdFifo, startLogger } from '../helpers/logger';
import { scratch } from '../helpers/scratch';

async function channel(flags: string) {
  const at = scratch();
  const fifo = holdFifo(at, 'a');
  const logger = await startLogger(at);
  await logger.open('a', { flags });
  const put = async (...pieces: (string | Uint8Array)[]) => {
    for (const piece of pieces) {
      if (typeof piece === 'string') fs.writeSync(fifo, piece);
      else fs.writeSync(fifo, piece);
      await logger.flush('a');
    }
    return fs.readFileSync(at.file('a.log'), 'latin1');
  };
  const clear = () => logger.ask('clear a', 'cleared a');
  return { at, fifo, logger, put, clear };
}

describe('timestamps', () => {
  it('begin each line with the time at which it began', async () => {
    const { put } = await channel('t');
    const before = Date.now();
    const text = await put('one\n\ntw', 'o', '\n', 'three');
    const after = Date.now();
    const lines = text.split('\n');
    expect(lines).toHaveLength(4);
    expect(lines.map((line) => line.slice(25))).toEqual(['one', '', 'two', 'three']);
    for (const line of lines) {
      const stamp = line.slice(0, 25);
      expect(stamp).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z $/);
      const time = Date.parse(stamp.trim());
      expect(time).toBeGreaterThanOrEqual(before);
      expect(time).toBeLessThanOrEqual(after);
    }
  });

  it('have room where there is nothing but newlines', async () => {
    const { put } = await channel('t');
    const text = await put('\n'.repeat(65536));
    expect(text).toHaveLength(65536 * 26);
    expect(text).toMatch(/^(\d{4}-\d\d-\d\dT[\d:.]{12}Z \n)*$/);
  });
});

describe('strip_ansi', () => {
  it.each([
    ['colours', '\x1b[1;31mred\x1b[0m and \x1b[38;5;12mblue\x1b[m\n', 'red and blue\n'],
    ['cursor movement', 'a\x1b[2J\x1b[10;5Hb\x1b[Kc\x1b[?25l\n', 'abc\n'],
    ['a title, ended by BEL', 'a\x1b]0;title\x07b\n', 'ab\n'],
    ['a title, ended by ST', 'a\x1b]0;title\x1b\\b\n', 'ab\n'],
    ['a choice of characters', 'a\x1b(Bb\x1b)0c\x1b=\x1b>d\n', 'abcd\n'],
    ['a sequence broken off by the end of the line', 'a\x1b[31\nb\x1b]title\nc\x1b\nd\n', 'a\nb\nc\nd\n'],
    ['a sequence within a sequence', 'a\x1b[3\x1b[31mb\n', 'ab\n'],
    ['text of other bytes', 'gr\xfcn \xe2\x82\xac [31m\n', 'gr\xfcn \xe2\x82\xac [31m\n'],
  ])('leaves out %s, wherever it is cut', async (_, text, wanted) => {
    const { put, clear } = await channel('s');
    const bytes = Buffer.from(text, 'latin1');
    expect(await put(bytes)).toBe(wanted);
    for (let cut = 1; cut < bytes.length; cut++) {
      await clear();
      expect(await put(bytes.subarray(0, cut), bytes.subarray(cut))).toBe(wanted);
    }
  });

  it('goes before timestamps', async () => {
    const { put } = await channel('ts');
    expect(await put('\x1b[1m', 'x\x1b[0m\n')).toMatch(/^\d{4}-[^ ]* x\n$/);
  });

  it('never eats a newline, nor a line without escapes', async () => {
    const { put, clear } = await channel('s');
    const piece = fc.constantFrom('\x1b', '[', ']', '0', ';', 'm', 'x', '\n', '\x07', '\\', '(', '\x18', 'é');
    await fc.assert(
      fc.asyncProperty(fc.array(fc.array(piece, { maxLength: 8 }), { maxLength: 6 }), async (pieces) => {
        await clear();
        const parts = pieces.map((each) => Buffer.from(each.join(''))).filter((each) => each.length > 0);
        const got = await put(...parts, '\n');
        const lines = Buffer.concat([...parts, Buffer.from('\n')])
          .toString('latin1')
          .split('\n');
        expect(got.split('\n')).toHaveLength(lines.length);
        for (const [at, line] of got.split('\n').entries()) {
          const wanted = lines[at] as string;
          expect(line).not.toContain('\x1b');
          if (!wanted.includes('\x1b')) expect(line).toBe(wanted);
        }
      }),
      { numRuns: 50 },
    );
  });
});

describe('the protocol', () => {
  it('survives any bytes', async () => {
    const { logger } = await channel('-');
    const starts = fc.constantFrom(
      'channel ',
      'flush ',
      'begin\n',
      'end\n',
      'drop ',
      'compressed a ',
      'rotate a\n',
    );
    const some = fc.oneof(
      fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes)),
      fc.tuple(starts, fc.string({ maxLength: 60 })).map(([start, rest]) => Buffer.from(`${start}${rest}\n`)),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(some, { maxLength: 20 }), async (pieces) => {
        const speaker = await logger.connect();
        for (const piece of pieces) speaker.socket.write(piece);
        speaker.socket.write('\n');
        await speaker.ask('frobnicate', 'unknown frobnicate');
        speaker.socket.destroy();
      }),
      { numRuns: 100 },
    );
  });
});
