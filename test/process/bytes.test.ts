/** Strings where bytes are UTF-8, bytes where they are not, and nothing lost between. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { concat, fromBuffer, includes, startsWith, toBuffer } from '../../src/process/bytes';

const anyBytes = fc.uint8Array().map((array) => Buffer.from(array));

it('bytes survive the way to a value and back', () => {
  fc.assert(
    fc.property(anyBytes, (bytes) => {
      expect(toBuffer(fromBuffer(bytes)).equals(bytes)).toBe(true);
    }),
  );
});

it('a byte order mark is not swallowed', () => {
  expect(fromBuffer(Buffer.from('\ufeffx'))).toBe('\ufeffx');
});

it('strings and bytes can be joined, searched and compared alike', () => {
  fc.assert(
    fc.property(anyBytes, anyBytes, (one, other) => {
      const joined = Buffer.concat([one, other]);
      expect(toBuffer(concat(fromBuffer(one), fromBuffer(other))).equals(joined)).toBe(true);
      expect(includes(fromBuffer(joined), '/')).toBe(joined.includes('/'));
      expect(startsWith(fromBuffer(joined), './')).toBe(joined.subarray(0, 2).toString('latin1') === './');
    }),
  );
});
