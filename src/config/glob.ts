/** File names for `[include] files`: `*`, `?` and `[a-z]` in any part of a path, as glob(7). */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

const MAGIC = /[*?[]/;

/** Paths that exist, in the order of their bytes. */
export function glob(pattern: string): string[] {
  const [first = '', ...rest] = pattern.split('/');
  let found = [first === '' ? '/' : '.'];
  const parts = first === '' ? rest : [first, ...rest];
  for (const part of parts.filter((each) => each !== ''))
    found = found.flatMap((directory) =>
      MAGIC.test(part)
        ? matching(directory, part)
        : [join(directory, part)].filter((path) => existsSync(path)),
    );
  return found.sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
}

function matching(directory: string, part: string): string[] {
  const regex = regexOf(part);
  return namesIn(directory)
    .filter((name) => (part.startsWith('.') || !name.startsWith('.')) && regex.test(name))
    .map((name) => join(directory, name));
}

function namesIn(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch {
    return [];
  }
}

/** A `[` without its `]` stands for itself. */
function regexOf(part: string): RegExp {
  const source = part.replace(
    /\*+|\?|\[(!?)(\]?[^\]]*)\]|[\s\S]/gu,
    (token: string, not?: string, characters?: string) => {
      if (token.startsWith('*')) return '.*';
      if (token === '?') return '.';
      if (characters === undefined || characters === '') return literal(token);
      return `[${not ? '^' : ''}${setOf(characters)}]`;
    },
  );
  return new RegExp(`^${source}$`, 'su');
}

/** Ranges that run backwards match nothing. */
function setOf(characters: string): string {
  const ranges = [...characters.matchAll(/([\s\S])-([\s\S])|[\s\S]/gu)];
  return ranges
    .filter(([, from, to]) => from === undefined || to === undefined || from <= to)
    .map(([one, from, to]) =>
      from === undefined || to === undefined ? member(one) : `${member(from)}-${member(to)}`,
    )
    .join('');
}

/** Of a set. */
function member(character: string): string {
  return character.replace(/[\\^\]-]/, '\\$&');
}

function literal(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&');
}
