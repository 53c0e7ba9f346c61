/** From the words of the command line to numbers. Every error names the option. */
import { invalid } from '../errors';
import { isLimitName, LIMITS_IN_BYTES, type Limit, type LimitName, limitNames } from '../process/limits';
import {
  IO_CLASSES,
  type IoClass,
  type IoPriority,
  POLICIES,
  type Policy,
  type Scheduling,
} from '../process/scheduling';

const UNITS: Record<string, number> = {
  '': 1,
  B: 1,
  K: 2 ** 10,
  KB: 2 ** 10,
  M: 2 ** 20,
  MB: 2 ** 20,
  G: 2 ** 30,
  GB: 2 ** 30,
};

export function parseInteger(name: string, text: string): number {
  if (/^[+-]?\d{1,15}$/.test(text)) return Number(text);
  throw invalid(`${name}: '${text}' is not a whole number`);
}

/** umask(1): octal digits. */
export function parseUmask(text: string): number {
  if (/^0?[0-7]{1,3}$/.test(text)) return Number.parseInt(text, 8);
  throw invalid(`--umask: '${text}' is not an octal mode from 000 to 777`);
}

function parseLimitValue(name: LimitName, text: string): number {
  if (text === 'unlimited' || text === 'infinity') return Number.POSITIVE_INFINITY;
  const inBytes = LIMITS_IN_BYTES.includes(name);
  const match = (inBytes ? /^(\d{1,15})\s*([KMG]?B?)$/i : /^(\d{1,15})()$/).exec(text);
  const value = match ? Number(match[1]) * (UNITS[(match[2] ?? '').toUpperCase()] ?? Number.NaN) : Number.NaN;
  if (Number.isSafeInteger(value)) return value;
  throw invalid(
    `--limit ${name}: '${text}' is not a number${inBytes ? ', a size (64KB, 50MB, 1GB)' : ''} or 'unlimited'`,
  );
}

/** `NAME=SOFT[:HARD]` */
export function parseLimit(text: string): [LimitName, Limit] {
  const match = /^([a-z]+)=([^:]*)(?::(.*))?$/.exec(text);
  if (!match) throw invalid(`--limit: '${text}' is not NAME=SOFT[:HARD]`);
  const [, name = '', soft = '', hard] = match;
  if (!isLimitName(name))
    throw invalid(`--limit: unknown limit '${name}' (known: ${limitNames().join(', ')})`);
  const limit: Limit = { soft: parseLimitValue(name, soft) };
  if (hard !== undefined) limit.hard = parseLimitValue(name, hard);
  return [name, limit];
}

function oneOf<Name extends string>(option: string, names: Record<Name, number>, text: string): Name {
  for (const name of Object.keys(names) as Name[])
    if (text === name || text === String(names[name])) return name;
  throw invalid(`${option}: '${text}' is none of ${Object.keys(names).join(', ')}`);
}

/** `CLASS[:LEVEL]`, the class by name or by its number in ionice(1). */
export function parseIoPriority(text: string): IoPriority {
  const [name = '', level, ...more] = text.split(':');
  const priority: IoPriority = { class: oneOf<IoClass>('--ionice', IO_CLASSES, name) };
  if (more.length > 0) throw invalid(`--ionice: '${text}' is not CLASS[:LEVEL]`);
  if (level === undefined) return priority;
  if (priority.class === 'none' || priority.class === 'idle')
    throw invalid(`--ionice: class ${priority.class} has no levels`);
  return { ...priority, level: parseInteger('--ionice', level) };
}

/** `POLICY[:PRIO]`, the policy by name or by its number in sched(7). */
export function parseScheduling(text: string): Scheduling {
  const [name = '', priority, ...more] = text.split(':');
  if (more.length > 0) throw invalid(`--sched: '${text}' is not POLICY[:PRIO]`);
  const policy = oneOf<Policy>('--sched', POLICIES, name);
  return priority === undefined ? { policy } : { policy, priority: parseInteger('--sched', priority) };
}
