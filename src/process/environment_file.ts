/**
 * Reads a file of NAME=VALUE lines.
 *
 * Blank lines and lines that begin with `#` are skipped; `export ` before a name is allowed. A value is taken
 * as it stands, less white space around it; in 'single quotes' everything is literal; in "double quotes"
 * \" \\ \$ \` \n mean what they mean in C, and either kind may span lines. Nothing is expanded. Anything else
 * is an error with its line number: a mistyped variable must not vanish silently.
 */
import { readFileSync } from 'node:fs';
import { TdaemonError } from '../errors';
import { type Bytes, fromBuffer } from './bytes';
import { errnoWords } from './errno';

const NAME = /^(?:export[ \t]+)?([A-Za-z_][A-Za-z0-9_]*)[ \t]*=[ \t]*/;
const ESCAPES: Record<string, string> = { n: '\n', '"': '"', '\\': '\\', $: '$', '`': '`' };

/** @throws TdaemonError (`setup`) when the file cannot be read or has a wrong line. */
export function readEnvironmentFile(path: string): Map<string, Bytes> {
  let text: string;
  try {
    // One character a byte, so that every byte survives.
    text = readFileSync(path, 'latin1');
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code ?? 'EIO';
    throw new TdaemonError(
      `cannot read environment file '${path}': ${errnoWords(-(cause as { errno: number }).errno)} (${code})`,
      {
        reason: 'setup',
        code,
        path,
        cause,
      },
    );
  }
  return parseEnvironmentFile(text, path);
}

export function parseEnvironmentFile(text: string, path: string): Map<string, Bytes> {
  const variables = new Map<string, Bytes>();
  const lines = text.split(/\r?\n/);
  for (let at = 0; at < lines.length; at++) {
    const number = at + 1;
    const wrong = (why: string) =>
      new TdaemonError(`${path}:${number}: ${why}`, { reason: 'setup', code: 'ERR_TDAEMON_ENV_FILE', path });
    const line = trim(lines[at] ?? '');
    if (line === '' || line.startsWith('#')) continue;
    const match = NAME.exec(line);
    if (!match?.[1]) throw wrong('expected NAME=VALUE');
    let rest = line.slice(match[0].length);
    const quote = rest[0];
    let value = rest;
    if (quote === '"' || quote === "'") {
      rest = rest.slice(1);
      if (endOfQuoted(rest, quote) === -1)
        rest = (lines[at] ?? '').slice((lines[at] ?? '').indexOf(quote) + 1);
      while (endOfQuoted(rest, quote) === -1) {
        at++;
        if (at >= lines.length) throw wrong(`the ${quote} is not closed`);
        rest += `\n${lines[at]}`;
      }
      const end = endOfQuoted(rest, quote);
      if (trim(rest.slice(end + 1)) !== '') throw wrong(`text after the closing ${quote}`);
      value = quote === '"' ? unescaped(rest.slice(0, end)) : rest.slice(0, end);
    }
    if (value.includes('\0')) throw wrong('a NUL byte in the value');
    variables.set(match[1], fromBuffer(Buffer.from(value, 'latin1')));
  }
  return variables;
}

/** Blanks only: String.trim takes bytes of UTF-8 sequences for white space. */
function trim(text: string): string {
  return text.replace(/^[ \t]+|[ \t]+$/g, '');
}

function endOfQuoted(text: string, quote: string): number {
  if (quote === "'") return text.indexOf(quote);
  for (let at = 0; at < text.length; at++) {
    if (text[at] === '\\') at++;
    else if (text[at] === quote) return at;
  }
  return -1;
}

function unescaped(text: string): string {
  return text.replace(/\\([\s\S])/g, (whole, character: string) => ESCAPES[character] ?? whole);
}
