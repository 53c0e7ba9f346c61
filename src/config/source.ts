/** The text of a configuration: the file, and those that its `[include]` names. */
import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { invalid } from '../errors';
import { errnoWords } from '../process/errno';
import { MisconfigurationError, type Warn } from './diagnostics';
import type { Scope } from './expand';
import { glob } from './glob';
import { type Ini, parseIni, type Section } from './ini';
import { INCLUDE } from './keys';
import { Reading } from './section';
import type { Surroundings } from './surroundings';

function why(error: unknown): string {
  const { errno, code } = error as NodeJS.ErrnoException;
  return errno === undefined ? String(error) : `${errnoWords(-errno)} (${code})`;
}

function decode(bytes: Buffer, file: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    const lines = bytes.toString('utf8').split('\n');
    const bad = lines.findIndex((line) => line.includes('\ufffd'));
    throw new MisconfigurationError({ file, line: bad + 1 }, 'it is not UTF-8');
  }
}

/** @throws TdaemonError (`invalid`) */
export function readSource(file: string, surroundings: Surroundings, scope: Scope, warn: Warn): Reading {
  const reading = readFirst(file, surroundings, warn);
  readIncludes(reading, scope);
  return reading;
}

/** The file alone. @param file absolute. @throws TdaemonError (`invalid`) */
export function readFirst(file: string, surroundings: Surroundings, warn: Warn): Reading {
  const ini: Ini = { sections: new Map(), defaults: new Map() };
  let bytes: Buffer;
  try {
    bytes = readFileSync(file);
  } catch (error) {
    throw invalid(`cannot read '${file}': ${why(error)}`);
  }
  parseIni(decode(bytes, file), file, ini, warn);
  return new Reading(ini, surroundings, warn);
}

/** What it includes. @throws TdaemonError (`invalid`) */
export function readIncludes(reading: Reading, scope: Scope): void {
  const include = reading.ini.sections.get('include');
  if (include) for (const each of includedBy(reading, include, scope)) readIncluded(reading, include, each);
}

function includedBy(reading: Reading, include: Section, scope: Scope): string[] {
  const directory = dirname(include.place.file);
  const { files } = reading.values(include, INCLUDE, scope);
  return files
    .split(/\s+/)
    .filter((pattern) => pattern !== '')
    .flatMap((pattern) => {
      const found = glob(resolve(directory, pattern));
      if (found.length === 0) reading.doubt(include, 'files', `no file matches '${pattern}'`);
      return found;
    });
}

/** What it includes itself is not read. */
function readIncluded(reading: Reading, include: Section, file: string): void {
  let bytes: Buffer;
  try {
    bytes = readFileSync(file);
  } catch (error) {
    reading.doubt(include, 'files', `cannot read '${file}': ${why(error)}`);
    return;
  }
  const { entries } = include;
  include.entries = new Map();
  parseIni(decode(bytes, file), file, reading.ini, reading.warn);
  for (const { place } of include.entries.values())
    if (file !== include.place.file)
      reading.warn('an included file includes no others: this has no effect', place);
  include.entries = entries;
}
