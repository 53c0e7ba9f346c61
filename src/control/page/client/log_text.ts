/**
 * The text of a log, safe to be shown: colours that a terminal would show become classes, every other control character becomes
 * visible, and so does what would turn the direction of the text around.
 */

export interface Span {
  text: string;
  /** Of a fixed list. */
  classes: string;
}

const hex = (code: number) => code.toString(16).toUpperCase().padStart(4, '0');

function picture(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  if (code < 0x20) return String.fromCodePoint(0x2400 + code);
  if (code === 0x7f) return '\u2421';
  return `\u27e8U+${hex(code)}\u27e9`;
}

/** Joiners that some scripts need are none of these, nor is the tab. */
const HIDDEN = /(?![\t\u200c\u200d])[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;

export function visible(text: string): string {
  return text.replace(HIDDEN, picture);
}

const COLOURS = new RegExp(`${String.fromCharCode(0x1b)}\\[([\\d;]{0,40})m`);

interface Style {
  colour: string;
  isBold: boolean;
  isDim: boolean;
}

const PLAIN: Style = { colour: '', isBold: false, isDim: false };

/** Those that most programs use; others leave the style as it is. */
function afterCode(style: Style, code: number): Style {
  if (code === 0) return PLAIN;
  if (code === 1) return { ...style, isBold: true };
  if (code === 2) return { ...style, isDim: true };
  if (code === 22) return { ...style, isBold: false, isDim: false };
  if (code === 39) return { ...style, colour: '' };
  if (code >= 30 && code <= 37) return { ...style, colour: `c${code - 30}` };
  if (code >= 90 && code <= 97) return { ...style, colour: `c${code - 90}` };
  return style;
}

const classesOf = ({ colour, isBold, isDim }: Style) =>
  [colour, isBold ? 'bold' : '', isDim ? 'dim' : ''].filter(Boolean).join(' ');

/** @param line without its end */
export function spansOf(line: string): Span[] {
  const spans: Span[] = [];
  let style = PLAIN;
  // Text and codes in turn.
  line.split(COLOURS).forEach((part, at) => {
    if (at % 2 === 1) for (const code of part.split(';')) style = afterCode(style, Number(code));
    else if (part !== '') spans.push({ text: visible(part), classes: classesOf(style) });
  });
  return spans;
}
