/** What a key of a section is: how its value is read, what it is without one. */
import type { Surroundings } from './surroundings';

/** @param doubt is told what somebody should know although the value can be had */
export type Read<Value> = (
  text: string,
  surroundings: Surroundings,
  doubt: (message: string) => void,
) => Value;

export interface Type<Value> {
  /** What a person writes, for the manual. */
  form: string;
  /** @throws TdaemonError saying only what is wrong */
  read: Read<Value>;
}

export interface Facts {
  /** As it would be written. Absent: the value is undefined. */
  default?: string;
  required?: true;
  /** In a few words, for the manual. */
  help: string;
  /** supervisord does not have it. */
  ours?: true;
  /** Why it has no effect: whoever sets it is told. */
  without?: string;
  /** Of the command line of `supervise`. */
  option?: { short?: string; long: string; flag?: true };
}

export interface Key<Value> extends Facts {
  type: Type<Value>;
}

export type Table = Readonly<Record<string, Key<unknown>>>;

export type Values<T extends Table> = { [Name in keyof T]: T[Name] extends Key<infer Value> ? Value : never };

export function key<Value>(
  type: Type<Value>,
  facts: Facts & ({ default: string } | { required: true }),
): Key<Value>;
export function key<Value>(type: Type<Value>, facts: Facts): Key<Value | undefined>;
export function key<Value>(type: Type<Value>, facts: Facts): Key<Value | undefined> {
  return { type, ...facts };
}

/** The same keys with a prefix: `stdout_logfile` from `logfile`. */
export function prefixed<Prefix extends string, T extends Table>(prefix: Prefix, table: T) {
  return Object.fromEntries(Object.entries(table).map(([name, each]) => [`${prefix}_${name}`, each])) as {
    [Name in keyof T & string as `${Prefix}_${Name}`]: T[Name];
  };
}
