/** Splits a command into words by the rules of sh(1) for quotes and backslashes (Python's shlex.split); nothing is expanded. */
import { invalid } from '../errors';

const BLANKS = /[ \t\r\n]*/y;
/** A piece of a word: plain, escaped, in single quotes, in double quotes. */
const PIECE = /[^ \t\r\n'"\\]+|\\[\s\S]|'[^']*'|"(?:[^"\\]|\\[\s\S])*"/y;

/** @throws TdaemonError (`invalid`) for an open quote, or a backslash at the end */
export function splitWords(text: string): string[] {
  const words: string[] = [];
  let at = skip(BLANKS, text, 0);
  while (at < text.length) {
    const pieces: string[] = [];
    for (;;) {
      const end = skip(PIECE, text, at);
      if (end === at) break;
      pieces.push(unquoted(text.slice(at, end)));
      at = end;
    }
    const after = skip(BLANKS, text, at);
    if (after === at && at < text.length) throw unclosed(text, at);
    words.push(pieces.join(''));
    at = after;
  }
  return words;
}

/** @returns where what the pattern takes has ended */
function skip(pattern: RegExp, text: string, from: number): number {
  pattern.lastIndex = from;
  return pattern.test(text) ? pattern.lastIndex : from;
}

function unquoted(piece: string): string {
  if (piece[0] === '\\') return piece.slice(1);
  if (piece[0] === "'") return piece.slice(1, -1);
  if (piece[0] === '"') return piece.slice(1, -1).replace(/\\(["\\])/g, '$1');
  return piece;
}

function unclosed(text: string, at: number): Error {
  const character = text[at];
  if (character === '\\') return invalid('the backslash at the end has nothing to protect');
  return invalid(`the ${character} before ${JSON.stringify(text.slice(at + 1, at + 21))} is not closed`);
}
