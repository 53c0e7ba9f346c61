/**
 * The INI format that supervisord reads (Python's configparser): sections, keys in any case, `=` or `:`, values that
 * go on in indented lines. Sections of one name are one; the last value of a key counts.
 */
import { afterQuoted, type Cut, cutComment, type Quote } from './comment';
import { MisconfigurationError, placeText, type Warn } from './diagnostics';
import type { Place } from './model';

export interface Entry {
  text: string;
  place: Place;
}

export interface Section {
  /** What stands in the brackets. */
  header: string;
  /** Of its first line. */
  place: Place;
  entries: Map<string, Entry>;
}

export interface Ini {
  sections: Map<string, Section>;
  /** `[DEFAULT]`: what every section has that does not say otherwise. */
  defaults: Map<string, Entry>;
}

const COMMENT_LINE = /^\s*[;#]/;
const DEFAULTS = 'DEFAULT';

/** Adds what a file says to what others have said. @throws MisconfigurationError */
export function parseIni(text: string, file: string, ini: Ini, warn: Warn): void {
  const nul = text.indexOf('\0');
  if (nul !== -1)
    throw new MisconfigurationError({ file, line: text.slice(0, nul).split('\n').length }, 'a NUL byte');
  new Parser(text, file, ini, warn).parse();
}

const isSame = (a: Place, b: Place) => a.file === b.file && a.line === b.line;

class Parser {
  readonly #lines: string[];
  readonly #file: string;
  readonly #ini: Ini;
  readonly #warn: Warn;
  #header = '';
  #entries: Map<string, Entry> | undefined;
  /** Whose value the next lines may continue. */
  #entry: { place: Place; parts: string[]; key: string } | undefined;
  #indent = 0;
  #quote: Quote | undefined;

  constructor(text: string, file: string, ini: Ini, warn: Warn) {
    this.#lines = text.replace(/^\ufeff/, '').split(/\r\n|\n|\r/);
    this.#file = file;
    this.#ini = ini;
    this.#warn = warn;
  }

  parse(): void {
    for (let index = 0; index < this.#lines.length; index++) this.#line(this.#lines[index] ?? '', index);
    this.#endEntry();
  }

  #line(line: string, index: number): void {
    if (COMMENT_LINE.test(line)) return;
    const indent = line.search(/\S/);
    if (indent === -1) {
      this.#entry?.parts.push('');
      return;
    }
    const continues = this.#entry !== undefined && indent > this.#indent;
    if (!continues) {
      this.#endEntry();
      this.#indent = indent;
    }
    const cut = this.#cut(line, index);
    this.#quote = cut.open;
    const content = line.slice(0, cut.end).trim();
    if (continues) this.#entry?.parts.push(content);
    else this.#begin(content, { file: this.#file, line: index + 1 });
  }

  #cut(line: string, index: number): Cut {
    // Nearly always.
    if (!this.#quote && !/["']|\s[;#]/.test(line)) return { end: line.length, open: undefined };
    return cutComment(line, this.#quote, (quote) => this.#closesAfter(index, quote));
  }

  #closesAfter(index: number, quote: Quote): boolean {
    for (let next = index + 1; next < this.#lines.length; next++) {
      const line = this.#lines[next] ?? '';
      const indent = line.search(/\S/);
      if (indent === -1 || COMMENT_LINE.test(line)) continue;
      if (indent <= this.#indent) return false;
      if (afterQuoted(line, 0, quote) !== -1) return true;
    }
    return false;
  }

  #begin(content: string, place: Place): void {
    const header = /^\[(.+)\]/.exec(content);
    if (header) {
      if (header[0] !== content)
        this.#warn(`'${content.slice(header[0].length).trim()}' after a section's name is ignored`, place);
      this.#beginSection(header[1] ?? '', place);
      return;
    }
    if (!this.#entries)
      throw new MisconfigurationError(place, `'${content}' stands before the first [section]`);
    const at = content.search(/[=:]/);
    if (at < 1)
      throw new MisconfigurationError(
        place,
        `[${this.#header}] '${content}' is neither key=value nor [section]`,
      );
    const key = content.slice(0, at).trimEnd().toLowerCase();
    this.#entry = { key, place, parts: [content.slice(at + 1).trim()] };
  }

  #beginSection(header: string, place: Place): void {
    this.#header = header;
    if (header === DEFAULTS) {
      this.#entries = this.#ini.defaults;
      return;
    }
    const known = this.#ini.sections.get(header);
    if (known && known.place.file !== place.file)
      this.#warn(`[${header}] is in ${placeText(known.place)} too: what both say is one section`, place);
    const section = known ?? { header, place, entries: new Map<string, Entry>() };
    if (!known) this.#ini.sections.set(header, section);
    this.#entries = section.entries;
  }

  #endEntry(): void {
    const entry = this.#entry;
    this.#entry = undefined;
    this.#quote = undefined;
    if (!entry || !this.#entries) return;
    const { key, place, parts } = entry;
    const before = this.#entries.get(key);
    // A file that two patterns match is read twice.
    if (before && !isSame(before.place, place))
      this.#warn(
        `[${this.#header}] ${key}: given again, after ${placeText(before.place)}: the last counts`,
        place,
      );
    this.#entries.set(key, { text: parts.join('\n').trimEnd(), place });
  }
}
