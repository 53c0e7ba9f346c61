/** Words of the lines between supervisor, keeper and logger. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { decodeWord, encodeLine, encodeWord } from '../../src/supervisor/words';

it.each([
  ['', '%'],
  ['plain:word.1', 'plain:word.1'],
  ['a b', 'a%20b'],
  ['100%', '100%25'],
  ['line\nline', 'line%0Aline'],
  ['ü', '%C3%BC'],
] as const)('%j is %s', (word, encoded) => {
  expect(encodeWord(word)).toBe(encoded);
  expect(decodeWord(encoded)).toBe(word);
});

it('any text survives, and has neither space nor line break on the way', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), (word) => {
      const encoded = encodeWord(word);
      expect(encoded).toMatch(/^[!-~]+$/);
      expect(decodeWord(encoded)).toBe(Buffer.from(word).toString());
    }),
  );
});

it('a line is its words', () => {
  expect(encodeLine(['hold', 'a b', ''])).toBe('hold a%20b %\n');
});
