/**
 * Where the comment at the end of a line begins: `;` or `#` after white space, unless it stands in quotes.
 *
 * A quote is one only if it is closed again, in this line or in those that continue the value; and what follows a
 * letter, as in `it's`, is an apostrophe.
 */

export type Quote = '"' | "'";

export interface Cut {
  /** The line ends here. */
  end: number;
  /** Still open there. */
  open: Quote | undefined;
}

/** Position after the closing quote, or -1. Only in double quotes a backslash protects what follows. */
export function afterQuoted(text: string, from: number, quote: Quote): number {
  for (let at = from; at < text.length; at++) {
    if (quote === '"' && text[at] === '\\') at++;
    else if (text[at] === quote) return at + 1;
  }
  return -1;
}

const isQuote = (character: string | undefined): character is Quote => character === '"' || character === "'";

function opens(line: string, at: number): boolean {
  return line[at] === '"' || !/[\p{L}\p{N}]/u.test(line[at - 1] ?? '');
}

/**
 * @param open the quote in which the line begins
 * @param closesLater whether the next lines of the same value close it
 */
export function cutComment(
  line: string,
  open: Quote | undefined,
  closesLater: (quote: Quote) => boolean,
): Cut {
  let at = 0;
  if (open) {
    at = afterQuoted(line, 0, open);
    if (at === -1) return { end: line.length, open };
  }
  for (; at < line.length; at++) {
    const character = line[at];
    if (character === '\\' && isQuote(line[at + 1])) at++;
    else if (isQuote(character) && opens(line, at)) {
      const after = afterQuoted(line, at + 1, character);
      if (after !== -1) at = after - 1;
      else if (closesLater(character)) return { end: line.length, open: character };
    } else if ((character === ';' || character === '#') && (at === 0 || /\s/.test(line[at - 1] ?? '')))
      return { end: at, open: undefined };
  }
  return { end: line.length, open: undefined };
}
