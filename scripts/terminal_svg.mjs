// What a terminal shows, as SVG: lines with the colours that a program asked for. Knows nothing of what was run.

/** What begins a sequence that tells a terminal something. */
const ESCAPE = String.fromCharCode(27);
const SEQUENCE = new RegExp(`(${ESCAPE}\\[[\\d;]*m)`);

const STYLES = {
  1: 'bold',
  2: 'dim',
  31: 'red',
  32: 'green',
  33: 'yellow',
  34: 'blue',
  35: 'magenta',
  36: 'cyan',
};

/** What stands on the screen in the end: a line that was wiped away is not in the picture. */
export function screenLines(output) {
  const lines = output.replaceAll('\r\n', '\n').split('\n');
  return lines
    .map((line) => line.split(/\r/).at(-1).replace('\u001b[K', ''))
    .join('\n')
    .trimEnd()
    .split('\n');
}

/** @returns parts of the same style */
function parts(line) {
  const found = [];
  let styles = new Set();
  for (const piece of line.split(SEQUENCE)) {
    if (!piece.startsWith(ESCAPE)) {
      if (piece !== '') found.push({ text: piece, styles: [...styles] });
      continue;
    }
    for (const code of piece.slice(2, -1).split(';'))
      if (code === '' || code === '0') styles = new Set();
      else if (code in STYLES) styles.add(STYLES[code]);
  }
  return found;
}

const escaped = (text) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');

export function terminalSvg(lines, columns) {
  const [letter, height, margin, bar] = [8.4, 19, 16, 28];
  const size = {
    width: Math.ceil(columns * letter + 2 * margin),
    height: lines.length * height + 2 * margin + bar,
  };
  const text = lines.map((line, at) => {
    const spans = parts(line).map(({ text, styles }) =>
      styles.length === 0 ? escaped(text) : `<tspan class="${styles.join(' ')}">${escaped(text)}</tspan>`,
    );
    return `<text x="${margin}" y="${bar + margin + at * height + 12}">${spans.join('')}</text>`;
  });
  // Dark in any surroundings, as terminals are.
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${size.width} ${size.height}" width="${size.width}" height="${size.height}" role="img" aria-label="A terminal session with tdaemon">
<!-- Made by npm run picture. -->
<style>
text{font:14px ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace;fill:#d6dae0;white-space:pre}
.bold{font-weight:700}.dim{fill:#8b949e}.red{fill:#ff7b72}.green{fill:#7ee787}.yellow{fill:#e3b341}.blue{fill:#79c0ff}.magenta{fill:#d2a8ff}.cyan{fill:#76e3ea}
</style>
<rect width="100%" height="100%" rx="8" fill="#161b22"/>
<circle cx="20" cy="18" r="5.5" fill="#ff5f57"/><circle cx="38" cy="18" r="5.5" fill="#febc2e"/><circle cx="56" cy="18" r="5.5" fill="#28c840"/>
${text.join('\n')}
</svg>
`;
}
