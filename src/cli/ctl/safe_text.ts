/**
 * What a program has logged, for a terminal: lines and colours are let through, whatever else could command the terminal (titles,
 * the cursor, answers typed into the shell) is shown instead of obeyed.
 */
import { oneLine } from '../output';

const ESCAPE = '\u001b';
const COLOUR = new RegExp(`${ESCAPE}\\[[0-9;:]{0,40}m`, 'g');
const COLOUR_AT_END = new RegExp(`${ESCAPE}(?:\\[[0-9;:]{0,40})?$`);
const RESET = `${ESCAPE}[0m`;

/** One line without its end. A colour ends with it. */
export function safeLine(line: string): string {
  const text = line.replace(/\r$/, '');
  let shown = '';
  let at = 0;
  for (const found of text.matchAll(COLOUR)) {
    shown += safePart(text.slice(at, found.index)) + found[0];
    at = found.index + found[0].length;
  }
  return at === 0 ? safePart(text) : `${shown}${safePart(text.slice(at))}${RESET}`;
}

function safePart(text: string): string {
  return text.split('\t').map(oneLine).join('\t');
}

/** Several lines. */
export function safeText(text: string): string {
  return text.split('\n').map(safeLine).join('\n');
}

/** Bytes as they come: what is not complete yet, a character or the sequence of a colour, waits for the next. */
export class SafeStream {
  readonly #decoder = new TextDecoder();
  #rest = '';

  next(bytes: Uint8Array): string {
    const text = this.#rest + this.#decoder.decode(bytes, { stream: true });
    const cut = text.endsWith('\r') ? text.length - 1 : text.search(COLOUR_AT_END);
    this.#rest = cut === -1 ? '' : text.slice(cut);
    return safeText(cut === -1 ? text : text.slice(0, cut));
  }
}
