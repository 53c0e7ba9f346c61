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

function tokensOf(text: string): string[] {
  const tokens: string[] = [];
  TOKEN.lastIndex = 0;
  for (let match = TOKEN.exec(text); match; match = TOKEN.exec(text)) {
    const [, word, escaped, quoted, other] = match;
    if (other === '"' || other === "'")
      throw invalid(
        `the ${other} before ${JSON.stringify(text.slice(TOKEN.lastIndex, TOKEN.lastIndex + 20))} is not closed`,
      );
    tokens.push(escaped?.replaceAll('\\"', '"') ?? word ?? quoted ?? other ?? '');
  }
  return tokens;
}

/** Without its quotes; with two kinds around all of it, as `'"x"'`, without both. */
function unquoted(token: string): string {
  const inner = /^(["'])([\s\S]*)\1$/.exec(token)?.[2] ?? token.replace(/^["']+|["']+$/g, '');
  return /^(["'])([^"']*)\1$/.exec(inner)?.[2] ?? inner;
}

/** @param ignored is told of text that means nothing. @throws TdaemonError (`invalid`) */
export function parseVariables(text: string, ignored: (message: string) => void): Record<string, string> {
  const tokens = tokensOf(text.trimEnd());
  const variables = new Map<string, string>();
  for (let at = 0; at < tokens.length; at += 4) {
    const [name = '', equals, value, comma = ','] = tokens.slice(at, at + 4);
    if (equals !== '=' || value === undefined || value === ',')
      throw invalid(
        `'${name}${equals ?? ''}' does not begin NAME=VALUE (other values than words need quotes: NAME="a b")`,
      );
    variables.set(name, unquoted(value));
    if (comma !== ',') ignored(`'${comma}' after ${name}=${value} is ignored (put the value in quotes)`);
  }
  if (/#/.test(text.replace(/"[^"]*"|'[^']*'/g, '')))
    ignored("what follows '#' is a comment (put the value in quotes)");
  return Object.fromEntries(variables);
}
