/** Reads a section by its table of keys. */
import { dirname } from 'node:path';
import { located, MisconfigurationError, type Warn } from './diagnostics';
import { expand, Scope } from './expand';
import type { Entry, Ini, Section } from './ini';
import type { Key, Table, Values } from './key';
import type { Place } from './model';
import type { Surroundings } from './surroundings';

/** Values of the command line by the names of their keys, as a file would have them. */
export type Overrides = Readonly<Partial<Record<string, string>>>;

/** One reading of a configuration. */
export class Reading {
  readonly ini: Ini;
  readonly surroundings: Surroundings;
  readonly warn: Warn;
  /** Values that nobody wrote are the same objects everywhere. */
  readonly #defaults = new Map<Key<unknown>, unknown>();
  readonly #shared = new Map<string, unknown>();

  constructor(ini: Ini, surroundings: Surroundings, warn: Warn) {
    this.ini = ini;
    this.surroundings = surroundings;
    this.warn = warn;
  }

  entry(section: Section, name: string): Entry | undefined {
    return section.entries.get(name) ?? this.ini.defaults.get(name);
  }

  /** Where a key is written, or its section begins. */
  place(section: Section, name: string): Place {
    return this.entry(section, name)?.place ?? section.place;
  }

  /** It cannot be as this section has it. */
  wrong(section: Section, name: string, what: string): MisconfigurationError {
    return new MisconfigurationError(this.place(section, name), `[${section.header}] ${name}: ${what}`);
  }

  doubt(section: Section, name: string, what: string): void {
    this.warn(`[${section.header}] ${name}: ${what}`, this.place(section, name));
  }

  /** The same object for all that are equal: of a thousand programs most are, in most. */
  shared<T extends object>(value: T): T {
    const text = JSON.stringify(value);
    const known = this.#shared.get(text);
    if (known !== undefined) return known as T;
    this.#shared.set(text, value);
    return value;
  }

  /** @throws MisconfigurationError */
  values<T extends Table>(section: Section, table: T, scope: Scope, overrides: Overrides = {}): Values<T> {
    const values: Record<string, unknown> = {};
    for (const name in table) {
      const override = overrides[name];
      const key = table[name] as Key<unknown>;
      values[name] =
        override === undefined ? this.#value(section, name, key, scope) : this.#override(key, override);
    }
    return values as Values<T>;
  }

  #value(section: Section, name: string, key: Key<unknown>, scope: Scope): unknown {
    const entry = this.entry(section, name);
    if (!entry) {
      if (key.required) throw this.wrong(section, name, 'it is missing');
      if (key.default?.includes('%')) return expand(key.default, scope);
      return this.#default(key);
    }
    const { text, place } = entry;
    const where = `[${section.header}] ${name}`;
    return located(place, where, () => {
      const expanded = text.includes('%')
        ? expand(text, new Scope([['here', dirname(place.file)]], scope))
        : text;
      return key.type.read(expanded, this.surroundings, (what) => this.warn(`${where}: ${what}`, place));
    });
  }

  #default(key: Key<unknown>): unknown {
    if (key.default === undefined) return undefined;
    if (!this.#defaults.has(key))
      this.#defaults.set(
        key,
        key.type.read(key.default, this.surroundings, () => undefined),
      );
    return this.#defaults.get(key);
  }

  #override(key: Key<unknown>, text: string): unknown {
    const option = `--${key.option?.long}`;
    return located({ file: option, line: 0 }, '', () =>
      key.type.read(text, this.surroundings, (what) => this.warn(`${option}: ${what}`)),
    );
  }
}
