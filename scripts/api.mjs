// docs/API.md, from the types that a user of the library gets (dist/types): what index.d.ts exports, in its order.
//
// tsc writes these files, always in the same form: a declaration begins a line with "export", and ends where its brackets are
// closed. That is all that has to be known of TypeScript here. (typedoc needs an older TypeScript, and 20 MB.)
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const TYPES = path.join(ROOT, 'dist', 'types');

/** What index.d.ts exports: names, with the file that declares them. */
function exported() {
  const index = readFileSync(path.join(TYPES, 'index.d.ts'), 'utf8');
  return [...index.matchAll(/^export (?:type )?\{ (.*) \} from '(.*)';$/gm)].flatMap(([, names, file]) =>
    names
      .split(', ')
      .map((name) => ({ name: name.replace('type ', ''), file: path.join(TYPES, `${file}.d.ts`) })),
  );
}

/** The index after the end of what begins at `from`: its ; or } outside of all brackets. */
function endOf(text, from, isBlock) {
  let depth = 0;
  for (let at = from; at < text.length; at++) {
    if (text.startsWith('/*', at)) at = text.indexOf('*/', at) + 1;
    else if ('{(['.includes(text[at])) depth++;
    else if ('})]'.includes(text[at])) {
      depth--;
      if (depth === 0 && isBlock && text[at] === '}') return at + 1;
    } else if (text[at] === ';' && depth === 0) return at + 1;
  }
  throw new Error(`no end: ${text.slice(from, from + 60)}`);
}

/** The text of a comment, without its stars. */
function commentOf(raw) {
  return raw
    .replace(/^\/\*\*|\*\/$/g, '')
    .split('\n')
    .map((line) => line.replace(/^\s*\* ?/, '').trimEnd())
    .join('\n')
    .trim();
}

const COMMENT = String.raw`(?:(/\*\*(?:[^*]|\*(?!/))*\*/)\s*)?`;

function declaration({ name, file }) {
  const text = readFileSync(file, 'utf8');
  const head = new RegExp(
    String.raw`${COMMENT}^export (?:declare )?(function|interface|type|class) ${name}\b`,
    'm',
  );
  const found = head.exec(text);
  if (!found) throw new Error(`${name} is not declared in ${file}`);
  const [whole, comment = '', kind] = found;
  const begin = found.index + whole.lastIndexOf('export ');
  const source = text.slice(begin, endOf(text, begin, kind === 'interface' || kind === 'class'));
  return { name, kind, comment: commentOf(comment), source: source.replace(/^export (declare )?/, ''), text };
}

/** Of an interface or a class: each member with its comment. */
function membersOf({ name, source }) {
  const body = source.slice(source.indexOf('{') + 1, source.lastIndexOf('}'));
  const members = [];
  let at = 0;
  while (body.slice(at).trim() !== '') {
    const [comment] = /^\s*(?:\/\*\*(?:[^*]|\*(?!\/))*\*\/)?/.exec(body.slice(at));
    const end = endOf(body, at + comment.length, false);
    const member = body
      .slice(at + comment.length, end - 1)
      .trim()
      .replace(/\s+/g, ' ');
    const [, key, type] = /^(?:readonly )?([\w]+\??(?:\([^)]*\))?)(?:: | = )(.*)$/s.exec(member) ?? [];
    if (key !== undefined)
      members.push({ key, type, comment: commentOf(comment.trim()).replace(/\n+/g, ' ') });
    else if (!member.startsWith('constructor(')) throw new Error(`${name}: what is '${member}'?`);
    at = end;
  }
  return members;
}

const code = (text) => `\`${text.replaceAll('|', '\\|')}\``;
const cell = (text) => text.replaceAll('|', '\\|');

/** `@throws` and `@returns` in words. */
const prose = (comment) =>
  comment
    .replace(/^@throws /gm, '\n**Throws** ')
    .replace(/^@returns /gm, '\n**Returns** ')
    .replace(/\n{3,}/g, '\n\n')
    .trim();

function section(entry, known) {
  const { name, kind, comment, source, text } = entry;
  if (comment === '') throw new Error(`${name} has no TSDoc`);
  const lines = [`### ${name}`, '', prose(comment), ''];
  if (kind === 'function' || kind === 'type') {
    // A type of a list's words is its words.
    const list = /^type \w+ = \(typeof (\w+)\)\[number\];/.exec(source)?.[1];
    const words = list && new RegExp(`${list}: readonly \\[(.*)\\]`).exec(text)?.[1];
    return [
      ...lines,
      '```ts',
      words ? `type ${name} = ${words.replaceAll(', ', ' | ')};` : source,
      '```',
      '',
    ];
  }
  const parent = / extends (\w+)/.exec(source)?.[1];
  if (parent)
    lines.push(
      `Has all of ${known.has(parent) ? `[${parent}](#${parent.toLowerCase()})` : `\`${parent}\``}, and`,
      '',
    );
  lines.push('| | type | |', '|---|---|---|');
  for (const member of membersOf(entry)) {
    if (member.comment === '') throw new Error(`${name}.${member.key} has no TSDoc`);
    lines.push(`| ${code(member.key)} | ${code(member.type)} | ${cell(member.comment)} |`);
  }
  return [...lines, ''];
}

export function apiDocument() {
  const entries = exported().map(declaration);
  const known = new Set(entries.map(({ name }) => name));
  const of = (...kinds) => entries.filter(({ kind }) => kinds.includes(kind));
  const list = (some) => some.map(({ name }) => `[${name}](#${name.toLowerCase()})`).join(', ');
  const functions = of('function');
  const classes = of('class');
  const types = of('interface', 'type');
  return [
    '# The library',
    '',
    '<!-- Made by `npm run api` from the comments in src/: change those. -->',
    '',
    "What `import … from 'tdaemon'` and `require('tdaemon')` give. The command line is written with the same functions;",
    'tdaemon(1) and the [README](../README.md) say more of what the options mean.',
    '',
    `Functions: ${list(functions)}. Errors: ${list(classes)}. Types: ${list(types)}.`,
    '',
    '## Functions',
    '',
    ...functions.flatMap((entry) => section(entry, known)),
    '## Errors',
    '',
    ...classes.flatMap((entry) => section(entry, known)),
    '## Types',
    '',
    ...types.flatMap((entry) => section(entry, known)),
  ]
    .join('\n')
    .replace(/\n{3,}/g, '\n\n')
    .trimEnd()
    .concat('\n');
}

if (process.argv[1] === fileURLToPath(import.meta.url))
  writeFileSync(path.join(ROOT, 'docs', 'API.md'), apiDocument());
