// mdoc(7) as text: what escapes, lists and line lengths are like. Knows nothing of tdaemon.

const WIDTH = 80;

/** A text that mdoc takes for nothing but a text. */
export const plain = (text) =>
  text
    .replaceAll('\\', '\\e')
    .replaceAll('…', '...')
    .replaceAll('"', '\\(dq')
    .replaceAll("'", '\\(aq')
    .replace(/^\./, '\\&.');

/** The same as one argument of a macro: no blank or bracket of it means anything. */
export const argument = (text) =>
  plain(text)
    .replaceAll(' ', '\\ ')
    .replace(/^[[\]|().,:;?!]$/, '\\&$&');

export const list = (items, kind = '-tag -width Ds') => [`.Bl ${kind}`, ...items, '.El'];

/** Examples are for copying: their hyphens stay what they are. Lines of text are not longer than mandoc's lint likes. */
export function layOut(lines) {
  let literal = false;
  return lines.flatMap((line) => {
    if (line.startsWith('.Bd')) literal = true;
    if (line.startsWith('.Ed')) literal = false;
    if (line.startsWith('.Dl ') || (literal && !line.startsWith('.'))) return [line.replaceAll('-', '\\-')];
    if (line.startsWith('.') || line.length <= WIDTH) return [line];
    const broken = [''];
    for (const word of line.split(' ')) {
      const last = broken.at(-1);
      if (last !== '' && last.length + 1 + word.length > WIDTH) broken.push(word);
      else broken[broken.length - 1] = last === '' ? word : `${last} ${word}`;
    }
    return broken;
  });
}
