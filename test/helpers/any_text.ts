/** Strings of any characters. fast-check has them too (`unit: 'binary'`), but takes a second to list all that there are. */
import fc from 'fast-check';

const SURROGATES = { first: 0xd800, last: 0xdfff };
const LAST = 0x10ffff;

const anyCharacter = fc
  .oneof(
    fc.integer({ min: 0, max: 0x7f }),
    fc.integer({ min: 0x80, max: SURROGATES.first - 1 }),
    fc.integer({ min: SURROGATES.last + 1, max: LAST }),
  )
  .map((point) => String.fromCodePoint(point));

export function anyText(size: { maxLength?: number } = {}): fc.Arbitrary<string> {
  return fc.string({ unit: anyCharacter, ...size });
}
