/** The text of a configuration: the file, and those that its `[include]` names. */
import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { invalid } from '../errors';
import { errnoWords } from '../process/errno';
import { MisconfigurationError, type Warn } from './diagnostics';
import type { Scope } from './expand';
import { glob } from './glob';
import { type Ini, parseIni } from './ini';
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

/** @param file absolute. @throws TdaemonError (`invalid`) */
export function readSource(file: string, surroundings: Surroundings, scope: Scope, warn: Warn): Reading {
  const ini: Ini = { sections: new Map(), defaults: new Map() };
  let bytes: Buffer;
  try {
    bytes = readFileSync(file);
  } catch (error) {
    throw invalid(`cannot read '${file}': ${why(error)}`);
  }
  parseIni(decode(bytes, file), file, ini, warn);
  const reading = new Reading(ini, surroundings, warn);
  for (const included of includedBy(reading, file, scope)) {
    let more: Buffer;
    try {
      more = readFileSync(included);
    } catch (error) {
      reading.doubt(includeOf(ini), 'files', `cannot read '${included}': ${why(error)}`);
      continue;
    }
    parseIncluded(decode(more, included), included, reading);
  }
  return reading;
}

function includeOf(ini: Ini) {
  return ini.sections.get('include') as NonNullable<ReturnType<Ini['sections']['get']>>;
}

/** What it includes itself is not read. */
function parseIncluded(text: string, file: string, { ini, warn }: Reading): void {
  const include = includeOf(ini);
  const { entries } = include;
  include.entries = new Map();
  parseIni(text, file, ini, warn);
  for (const { place } of include.entries.values())
    warn('an included file includes no others: this has no effect', place);
  include.entries = entries;
}

function includedBy(reading: Reading, file: string, scope: Scope): string[] {
  const section = reading.ini.sections.get('include');
  if (!section) return [];
  const { files } = reading.values(section, INCLUDE, scope);
  return files
    .split(/\s+/)
    .filter((pattern) => pattern !== '')
    .flatMap((pattern) => {
      const found = glob(resolve(dirname(file), pattern));
      if (found.length === 0) reading.doubt(section, 'files', `no file matches '${pattern}'`);
      return found;
    });
}
