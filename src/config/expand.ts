/** `%(name)s` in values, as Python's `%` operator has it: `%(process_num)02d`, `%%`. */
import { invalid } from '../errors';

/** Names and what they stand for; looked up in `outer` if not here. */
export class Scope {
  readonly #values: ReadonlyMap<string, string | number>;
  readonly #outer: Scope | undefined;

  constructor(values: Iterable<[string, string | number]>, outer?: Scope) {
    this.#values = new Map(values);
    this.#outer = outer;
  }

  /** A variable NAME is ENV_NAME. */
  static ofEnvironment(environment: Readonly<Record<string, string | undefined>>, outer?: Scope): Scope {
    const set = Object.entries(environment).filter((pair): pair is [string, string] => pair[1] !== undefined);
    return new Scope(
      set.map(([name, value]) => [`ENV_${name}`, value]),
      outer,
    );
  }

  get(name: string): string | number | undefined {
    return this.#values.get(name) ?? this.#outer?.get(name);
  }

  names(): string[] {
    return [...new Set([...(this.#outer?.names() ?? []), ...this.#values.keys()])];
  }
}

const FORMAT = /%(?:%|\(([^)]*)\)([-+ 0]*)(\d{0,4})(?:\.(\d{1,4}))?([sdiuxXo]))?/g;

/** @throws TdaemonError (`invalid`) */
export function expand(text: string, scope: Scope): string {
  if (!text.includes('%')) return text;
  return text.replace(
    FORMAT,
    (whole: string, name?: string, flags = '', width = '', precision?: string, type = '', at = 0) => {
      if (whole === '%%') return '%';
      if (name === undefined) throw badlyFormatted(text.slice(at));
      const value = scope.get(name);
      if (value === undefined) throw unknownName(name, scope);
      const limit = precision === undefined ? undefined : Number(precision);
      if (type === 's')
        return padded(String(value).slice(0, limit), flags.replaceAll('0', ''), Number(width));
      if (typeof value !== 'number') throw invalid(`${whole}: '${value}' is no number: write %(${name})s`);
      return padded(digits(value, type, flags, limit), flags, Number(width));
    },
  );
}

function digits(value: number, type: string, flags: string, least = 0): string {
  const base = type === 'o' ? 8 : type === 'x' || type === 'X' ? 16 : 10;
  const number = Math.abs(value).toString(base).padStart(least, '0');
  const sign = value < 0 ? '-' : flags.includes('+') ? '+' : flags.includes(' ') ? ' ' : '';
  return sign + (type === 'X' ? number.toUpperCase() : number);
}

function padded(text: string, flags: string, width: number): string {
  if (flags.includes('-')) return text.padEnd(width);
  if (!flags.includes('0')) return text.padStart(width);
  const sign = /^[-+ ]?/.exec(text)?.[0] ?? '';
  return sign + text.slice(sign.length).padStart(width - sign.length, '0');
}

function badlyFormatted(rest: string): Error {
  const shown = /^%\([^)]*\)?[^a-zA-Z]*[a-zA-Z]?|^%.?/s.exec(rest)?.[0] ?? '%';
  return invalid(`'${shown}' is not %(name)s or %(name)d; a percent sign is %%`);
}

function unknownName(name: string, scope: Scope): Error {
  if (name.startsWith('ENV_'))
    return invalid(`%(${name})s: there is no environment variable '${name.slice(4)}'`);
  const known = scope.names().filter((each) => !each.startsWith('ENV_'));
  return invalid(`%(${name})s is not known here (known: ${[...known.sort(), 'ENV_NAME'].join(', ')})`);
}
