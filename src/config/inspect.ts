/** What a file says that nothing listens to: unknown sections and keys, lines that went to another key. */
import { didYouMean } from './diagnostics';
import type { Section } from './ini';
import { SECTIONS, type SectionKind } from './keys';
import type { Reading } from './section';

export function kindOf(header: string): SectionKind | undefined {
  const colon = header.indexOf(':');
  const word = colon === -1 ? header : header.slice(0, colon);
  return SECTIONS.find(
    ({ word: known, named }) =>
      known === word && (named === 'maybe' || (named === 'always') === (colon !== -1)),
  );
}

export function inspect(reading: Reading): void {
  for (const section of reading.ini.sections.values()) {
    const kind = kindOf(section.header);
    if (!kind) reading.warn(unknownSection(section.header), section.place);
    else if (kind.word === 'rpcinterface') inspectInterface(reading, section);
    else inspectKeys(reading, section, kind);
  }
  if (!reading.ini.sections.has('rpcinterface:supervisor'))
    reading.warn('there is no [rpcinterface:supervisor]: supervisorctl and the web page will not work');
}

function unknownSection(header: string): string {
  const word = header.split(':', 1)[0] ?? '';
  if (word === 'ctlplugin') return `[${header}] is ignored: extensions in Python cannot be used`;
  const known = SECTIONS.map((each) => (each.named === 'always' ? `${each.word}:NAME` : each.word));
  const same = SECTIONS.find((each) => each.word === word);
  if (same) return `[${header}] is ignored: it is [${same.named === 'always' ? `${word}:NAME` : word}]`;
  const near = didYouMean(
    word,
    SECTIONS.map((each) => each.word),
  );
  return `[${header}] is ignored: there is no such section${near || ` (known: ${known.join(', ')})`}`;
}

function inspectInterface(reading: Reading, { header, place }: Section): void {
  if (header !== 'rpcinterface:supervisor')
    reading.warn(`[${header}] is ignored: extensions in Python cannot be used`, place);
}

function inspectKeys(reading: Reading, section: Section, { keys }: SectionKind): void {
  for (const [name, { text, place }] of section.entries) {
    const key = Object.hasOwn(keys, name) ? keys[name] : undefined;
    const where = `[${section.header}] ${name}`;
    if (!key) reading.warn(`${where}: there is no such key${didYouMean(name, Object.keys(keys))}`, place);
    else if (key.without) reading.warn(`${where}: it has no effect: ${key.without}`, place);
    for (const line of text.split('\n').slice(1)) {
      const swallowed = /^([a-z_]+)\s*[=:]/.exec(line)?.[1];
      if (swallowed && Object.hasOwn(keys, swallowed))
        reading.warn(`${where}: the indented line '${line}' belongs to it, and is no key of its own`, place);
    }
  }
}
