/**
 * The value of `environment`: `NAME="value",NAME2='value',NAME3=word`.
 *
 * Tokens and their order are those of supervisord, which takes them by fours and does not look at the fourth: what
 * it ignores there is ignored, but not in silence. Better than there: `\"` inside double quotes is a quote, and a
 * quote inside the other kind stays.
 */
import { invalid } from '../errors';

/** Blanks and comments, then: a word, a quoted text or one other character. */
const TOKEN =
  /(?:\s|#[^\n]*(?:\n|$))*(?:([\w/.+():-](?:[\w/.+():-]|["'])*)|("(?:[^"\\]|\\[\s\S])*"(?=\s*(?:,|$)))|("[^"]*"|'[^']*')|([^\s#]))/uy;

interface Token {
  text: string;
  /** What it is as a value. */
  value: string;
}

function tokensOf(text: string): Token[] {
  const tokens: Token[] = [];
  TOKEN.lastIndex = 0;
  for (let match = TOKEN.exec(text); match; match = TOKEN.exec(text)) {
    const [, word, escaped, quoted, other] = match;
    if (other === '"' || other === "'") {
      const rest = text.slice(TOKEN.lastIndex, TOKEN.lastIndex + 20);
      throw invalid(`the ${other} before ${JSON.stringify(rest)} is not closed`);
    }
    if (escaped?.includes('\\')) tokens.push({ text: escaped, value: unescaped(escaped.slice(1, -1)) });
    else if (escaped ?? quoted)
      tokens.push({ text: escaped ?? quoted ?? '', value: unquoted(escaped ?? quoted ?? '') });
    else tokens.push({ text: word ?? other ?? '', value: (word ?? other ?? '').replace(/["']+$/, '') });
  }
  return tokens;
}

/** Other backslashes stay. */
function unescaped(text: string): string {
  return text.replace(/\\([\s\S])/g, (both, character: string) => (character === '"' ? character : both));
}

/** With two kinds around all of it, as `'"x"'`, without both. */
function unquoted(token: string): string {
  const inner = token.slice(1, -1);
  return /^(["'])([^"']*)\1$/.exec(inner)?.[2] ?? inner;
}

/** @param ignored is told of text that means nothing. @throws TdaemonError (`invalid`) */
export function parseVariables(text: string, ignored: (message: string) => void): Record<string, string> {
  const tokens = tokensOf(text.trimEnd());
  const variables = new Map<string, string>();
  for (let at = 0; at < tokens.length; at += 4) {
    const [name, equals, value, comma] = tokens.slice(at, at + 4);
    if (!name || equals?.text !== '=' || !value || value.text === ',')
      throw invalid(
        `'${name?.text}${equals?.text ?? ''}' does not begin NAME=VALUE (a value that is no word needs quotes: NAME="a b")`,
      );
    variables.set(name.text, value.value);
    if (comma && comma.text !== ',')
      ignored(`'${comma.text}' after ${name.text}=${value.text} is ignored (put the value in quotes)`);
  }
  if (text.replace(/"[^"]*"|'[^']*'/g, '').includes('#'))
    ignored("what follows '#' is a comment (put the value in quotes)");
  return Object.fromEntries(variables);
}
