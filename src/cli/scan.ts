/**
 * Splits the command line into options and COMMAND. Own code: yargs put 25 ms on a start, took `-a true` for a flag with a
 * value, and turned a repeated option into a list.
 *
 * Grammar: POSIX 12.2 with GNU long options. Options end at `--` or at the first word that is none; all that
 * follows is COMMAND, untouched.
 */
import { distance } from 'fastest-levenshtein';
import { invalid } from '../errors';
import { type Bytes, fromBuffer, toBuffer, toText } from '../process/bytes';
import type { Option } from './option_table';

export class Scanned {
  readonly #values = new Map<string, Bytes[]>();
  command: Bytes[] = [];

  add(option: Option, value: Bytes): void {
    const before = this.#values.get(option.name);
    if (before === undefined) this.#values.set(option.name, [value]);
    else if (option.repeats) before.push(value);
    else if (option.value) throw invalid(`--${option.name} is given twice`);
  }

  has(name: string): boolean {
    return this.#values.has(name);
  }

  /** The value's bytes, each time that the option was given. */
  all(name: string): readonly Bytes[] {
    return this.#values.get(name) ?? [];
  }

  /** @throws TdaemonError (`invalid`) when the value is not UTF-8. */
  text(name: string): string | undefined {
    return this.texts(name)[0];
  }

  texts(name: string): string[] {
    return this.all(name).map((value) => {
      if (typeof value === 'string') return value;
      throw invalid(`--${name}: '${toText(value)}' is not UTF-8`);
    });
  }
}

/** @returns the name that is meant, if any is near */
export function closest(wanted: string, names: readonly string[]): string | undefined {
  let found: string | undefined;
  // A third of the letters wrong is still a typing mistake.
  let best = Math.max(2, Math.floor(wanted.length / 3)) + 1;
  for (const name of wanted.length > 1 ? names : []) {
    const far = name.startsWith(wanted) ? 1 : distance(wanted, name);
    if (far < best) [found, best] = [name, far];
  }
  return found;
}

function unknown(word: string, table: readonly Option[]): Error {
  const names = table.map(({ name }) => name);
  const meant = closest(word.replace(/^--?/, ''), names);
  return invalid(`unknown option '${word}'${meant ? ` (did you mean --${meant}?)` : ''}`);
}

function splitAtEquals(word: Bytes): [string, Bytes | undefined] {
  const buffer = toBuffer(word);
  const at = buffer.indexOf('=');
  if (at === -1) return [toText(word), undefined];
  return [buffer.toString('utf8', 0, at), fromBuffer(buffer.subarray(at + 1))];
}

export function scan(words: readonly Bytes[], table: readonly Option[]): Scanned {
  const scanned = new Scanned();
  let at = 0;

  const valueFor = (option: Option, typed: string): Bytes => {
    const next = words[++at];
    if (next === undefined || next === '--') throw invalid(`${typed} needs a value (${option.value})`);
    const isOption = typeof next === 'string' && table.some(({ name }) => next === `--${name}`);
    if (isOption) throw invalid(`${typed} needs a value (${option.value}); '${next}' is an option`);
    return next;
  };

  const long = (word: Bytes) => {
    const [typed, value] = splitAtEquals(word);
    const option = table.find(({ name }) => typed === `--${name}`);
    if (!option) throw unknown(typed, table);
    if (option.value) scanned.add(option, value ?? valueFor(option, typed));
    else if (value === undefined) scanned.add(option, '');
    else throw invalid(`${typed} takes no value`);
  };

  // -av, -p FILE, -pFILE
  const short = (word: Bytes) => {
    const text = toText(word);
    for (let letter = 1; letter < text.length; letter++) {
      const option = table.find((each) => each.short === text[letter]);
      if (!option) throw unknown(text.length === 2 ? text : `-${text[letter]}' in '${text}`, table);
      if (!option.value) {
        scanned.add(option, '');
        continue;
      }
      const rest = fromBuffer(toBuffer(word).subarray(letter + 1));
      scanned.add(option, rest.length > 0 ? rest : valueFor(option, `-${option.short}`));
      return;
    }
  };

  for (; at < words.length; at++) {
    const word = words[at] as Bytes;
    const text = toText(word);
    if (text === '--') {
      at++;
      break;
    }
    if (text.startsWith('--')) long(word);
    else if (text.startsWith('-') && text.length > 1) short(word);
    else break;
  }
  scanned.command = words.slice(at);
  return scanned;
}
