/** What becomes of a program's output: events of it, captures, lines without timestamps; in pieces of any size. */
import { describe, expect, it } from 'vitest';
import { Capture } from '../../src/supervisor/output/capture';
import { TimestampRemover } from '../../src/supervisor/output/timestamps';

const B = '<!--XSUPERVISOR:BEGIN-->';
const E = '<!--XSUPERVISOR:END-->';

function pieces(data: Buffer, size: number): Buffer[] {
  const found: Buffer[] = [];
  for (let at = 0; at < data.length; at += size) found.push(data.subarray(at, at + size));
  return found;
}

function capture(most: number, data: Buffer, size: number) {
  const output: Buffer[] = [];
  const captured: string[] = [];
  const taker = new Capture(most, {
    onOutput: (part) => output.push(Buffer.from(part)),
    onCaptured: (part) => captured.push(part.toString()),
  });
  for (const piece of pieces(data, size)) taker.take(piece);
  const { holds } = taker;
  taker.finish();
  return { output, captured, holds };
}

describe('between the markers', () => {
  it.each<[string, string[], string, boolean]>([
    ['plain\n', [], 'plain\n', false],
    [`a${B}one${E}b`, ['one'], 'aoneb', false],
    [`${B}one${E}${B}two${E}`, ['one', 'two'], 'onetwo', false],
    [`${B}${E}`, [''], '', false],
    [`x${B}never ended`, [], 'xnever ended', true],
    [`x${E}y${B.slice(0, -1)}`, [], `x${E}y${B.slice(0, -1)}`, true],
    [`<<${B}<<${E}<`, ['<<'], '<<<<<', true],
    [`${B}a${B}b${E}`, [`a${B}b`], `a${B}b`, false],
  ])('%j', (text, captured, output, holds) => {
    for (const size of [1, 2, 3, 7, 1000]) {
      const found = capture(100, Buffer.from(text), size);
      expect(found.captured).toEqual(captured);
      expect(Buffer.concat(found.output).toString()).toBe(output);
      expect(found.holds).toBe(holds);
    }
  });

  it('only the last of it is kept', () => {
    for (const size of [1, 5, 1000])
      expect(capture(10, Buffer.from(`${B}${'x'.repeat(100)}0123456789${E}`), size).captured).toEqual([
        '0123456789',
      ]);
  });

  it('nothing is captured where nothing is asked for', () => {
    const found = capture(0, Buffer.from(`a${B}b${E}`), 1);
    expect(found.captured).toEqual([]);
    expect(Buffer.concat(found.output).toString()).toBe(`a${B}b${E}`);
  });
});

it('no character is torn, and what is none is not waited for', () => {
  const text = 'aä€😀b';
  for (const size of [1, 2, 3, 4, 5])
    for (const part of capture(0, Buffer.from(text), size).output)
      expect(Buffer.from(part.toString())).toEqual(part);
  const odd = Buffer.from([0x61, 0xff, 0xc3, 0x28, 0x80, 0x80, 0x80, 0x80, 0xf0, 0x9f]);
  for (const size of [1, 2, 3, 100]) expect(Buffer.concat(capture(0, odd, size).output)).toEqual(odd);
});

it('timestamps are taken off, and nothing else', () => {
  const stamp = '2026-11-23T13:05:01.123Z ';
  const other = `short\n\n2026-11-23T13:05:01,123Z no\n${'x'.repeat(30)}\n`;
  const text = `${stamp}one\n${stamp}\n${other}${stamp}${stamp}two\n${stamp}end`;
  for (const size of [1, 2, 10, 24, 25, 26, 1000]) {
    const remover = new TimestampRemover();
    const parts = pieces(Buffer.from(text), size).map((piece) => remover.take(piece).toString());
    parts.push(remover.finish().toString());
    expect(parts.join('')).toBe(`one\n\n${other}${stamp}two\nend`);
  }
});
