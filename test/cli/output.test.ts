/** What is said stays one line and tells no terminal anything. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { oneLine } from '../../src/cli/output';
import { anyText } from '../helpers/any_text';

describe('oneLine', () => {
  it.each([
    ['a\nb', 'a\\nb'],
    ['a\r\tb', 'a\\x0d\\x09b'],
    ['\u001b[31m', '\\x1b[31m'],
    ['\u007f\u009b', '\\x7f\\x9b'],
    ['\u2028\u2029', '\\u2028\\u2029'],
    ["it's “fine”, naïve \u{1f600}", "it's “fine”, naïve \u{1f600}"],
  ])('%j', (text, line) => {
    expect(oneLine(text)).toBe(line);
  });

  it('leaves no control character and no line break of any kind', () => {
    fc.assert(
      fc.property(anyText(), (text) => {
        expect(oneLine(text)).not.toMatch(/[\p{Cc}\p{Zl}\p{Zp}]/u);
      }),
    );
  });
});
