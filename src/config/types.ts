/** The types of values that are plain: numbers, words, sizes, times. */
import { invalid } from '../errors';
import { parseDuration } from '../process/duration';
import { signalNumber } from '../process/signals';
import { didYouMean } from './diagnostics';
import { EVENTS } from './event_names';
import type { Type } from './key';
import type { Autorestart, SupervisordConfig } from './model';
import { parseVariables } from './variables';
import { splitWords } from './words';

const YES = ['yes', 'true', 'on', '1'];
const NO = ['no', 'false', 'off', '0'];

export const TEXT: Type<string> = { form: 'TEXT', read: (text) => text };

export const NON_EMPTY: Type<string> = {
  form: 'TEXT',
  read(text) {
    if (text === '') throw invalid('it is empty');
    return text;
  },
};

export const BOOLEAN: Type<boolean> = {
  form: 'true | false',
  read(text) {
    const word = text.toLowerCase();
    if (YES.includes(word)) return true;
    if (NO.includes(word)) return false;
    throw invalid(`'${text}' is neither ${YES.join(', ')} nor ${NO.join(', ')}`);
  },
};

function whole(text: string): number | undefined {
  const digits = /^\s*([+-]?)0*(\d+(?:_\d+)*)\s*$/.exec(text);
  const number = digits ? Number(`${digits[1]}${digits[2]?.replaceAll('_', '')}`) : Number.NaN;
  return Number.isSafeInteger(number) ? number + 0 : undefined;
}

function integer(text: string): number {
  const number = whole(text);
  if (number === undefined) throw invalid(`'${text}' is not a whole number`);
  return number;
}

export const INTEGER: Type<number> = { form: 'N', read: integer };

/** Below 0 it means what 0 means. */
export const COUNT: Type<number> = {
  form: 'N',
  read(text, _, doubt) {
    const number = integer(text);
    if (number < 0) doubt(`${number} means 0`);
    return Math.max(number, 0);
  },
};

export function between(least: number, most: number): Type<number> {
  return {
    form: `${least}..${most}`,
    read(text) {
      const number = integer(text);
      if (number < least || number > most) throw invalid(`${number} is not from ${least} to ${most}`);
      return number;
    },
  };
}

const UNITS: Record<string, number> = { '': 1, kb: 2 ** 10, mb: 2 ** 20, gb: 2 ** 30 };

function bytes(text: string): number | undefined {
  const [, number = '', unit = ''] = /^(.*?)(kb|mb|gb)?$/is.exec(text) ?? [];
  const count = whole(number);
  const total = count === undefined ? undefined : count * (UNITS[unit.toLowerCase()] ?? 1);
  return Number.isSafeInteger(total) ? total : undefined;
}

export const BYTES: Type<number> = {
  form: 'N[KB|MB|GB]',
  read(text, _, doubt) {
    const total = bytes(text);
    if (total === undefined) throw invalid(`'${text}' is not a size (500, 64KB, 50MB, 1GB)`);
    if (total < 0) doubt(`${text} means 0`);
    return Math.max(total, 0);
  },
};

/** A limit's value: a count, or a size where the kernel counts bytes. */
export function limitValue(text: string, inBytes: boolean): number {
  if (/^(unlimited|infinity)$/i.test(text)) return Number.POSITIVE_INFINITY;
  const value = inBytes ? bytes(text) : whole(text);
  if (value !== undefined && value >= 0) return value;
  throw invalid(`'${text}' is not a number${inBytes ? ', a size (64KB, 50MB, 1GB)' : ''} or 'unlimited'`);
}

function octal(most: number): Type<number> {
  return {
    form: 'OCTAL',
    read(text) {
      const mode = /^(?:0o)?[0-7]{1,12}$/i.test(text)
        ? Number.parseInt(text.replace(/^0o/i, ''), 8)
        : undefined;
      if (mode !== undefined && mode <= most) return mode;
      throw invalid(`'${text}' is not an octal number from 0 to ${most.toString(8)}`);
    },
  };
}

export const UMASK = octal(0o777);
export const MODE = octal(0o7777);

const DAY = /^(\d{1,5})d$/;

/** Seconds. */
export const DURATION: Type<number> = {
  form: 'TIME',
  read(text) {
    const days = DAY.exec(text);
    const milliseconds = days ? Number(days[1]) * 86_400_000 : parseDuration(text);
    if (milliseconds === undefined) throw invalid(`'${text}' is no length of time (500ms, 10s, 2m, 1h, 1d)`);
    return milliseconds / 1000;
  },
};

/** Known to Python, not to Node. */
const MORE_SIGNALS: Record<string, number> = { RTMIN: 34, RTMAX: 64, CLD: 17 };

export const SIGNAL: Type<number> = {
  form: 'SIGNAL',
  read: (text) => MORE_SIGNALS[text.toUpperCase().replace(/^SIG/, '')] ?? signalNumber(text),
};

export const EXIT_CODES: Type<number[]> = {
  form: 'N,N…',
  read: (text) => (text === '' ? [] : text.split(',').map((code) => between(0, 255).read(code, ...NOTHING))),
};

/** Of types that look at the text alone. */
const NOTHING = [undefined as never, () => undefined] as const;

export const AUTORESTART: Type<Autorestart> = {
  form: 'true | false | unexpected',
  read(text) {
    const word = text.toLowerCase();
    if (word === 'unexpected') return word;
    if (YES.includes(word)) return 'always';
    if (NO.includes(word)) return 'never';
    throw invalid(`'${text}' is none of true, false, unexpected`);
  },
};

const LEVELS: readonly SupervisordConfig['logLevel'][] = [
  'critical',
  'error',
  'warn',
  'info',
  'debug',
  'trace',
  'blather',
];

export const LOG_LEVEL: Type<SupervisordConfig['logLevel']> = {
  form: LEVELS.join(' | '),
  read(text) {
    const level = LEVELS.find((each) => each === text.toLowerCase());
    if (level) return level;
    throw invalid(`'${text}' is none of ${LEVELS.join(', ')}${didYouMean(text.toLowerCase(), LEVELS)}`);
  },
};

/** Separated by commas. */
export const LIST: Type<string[]> = {
  form: 'NAME,NAME…',
  read: (text) => (text === '' ? [] : text.split(',').map((each) => each.trim())),
};

/** One a line. */
export const LINES: Type<string[]> = {
  form: 'TEXT',
  read: (text) => text.split('\n').filter((each) => each !== ''),
};

export const VARIABLES: Type<Record<string, string>> = {
  form: 'NAME="value",…',
  read: (text, _, doubt) => parseVariables(text, doubt),
};

export const COMMAND: Type<{ text: string; words: string[] }> = {
  form: 'COMMAND',
  read(text) {
    const words = splitWords(text);
    if (words[0] === undefined || words[0] === '') throw invalid('there is no command');
    return { text, words };
  },
};

export const EVENT_LIST: Type<string[]> = {
  form: 'EVENT,EVENT…',
  read(text) {
    const names = new Set(LIST.read(text.toUpperCase(), ...NOTHING));
    if (names.size === 0) throw invalid('it names no event');
    for (const name of names)
      if (!EVENTS.includes(name)) throw invalid(`there is no event '${name}'${didYouMean(name, EVENTS)}`);
    return [...names];
  },
};

const NO_NAME = /[\s:/\p{Cc}]/u;

/** Of programs, processes and groups: part of commands, file names and the lines that event listeners read. */
export function checkName(name: string): string {
  if (name === '') throw invalid('the name is empty');
  const found = NO_NAME.exec(name)?.[0];
  if (found !== undefined) throw invalid(`the name '${name}' has ${JSON.stringify(found)} in it`);
  return name;
}
