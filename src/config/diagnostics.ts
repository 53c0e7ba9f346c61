/** What is said of a configuration file: always with file and line, section and key. */
import { distance } from 'fastest-levenshtein';
import { TdaemonError } from '../errors';
import type { Place, Warning } from './model';

export type Warn = (message: string, place?: Place) => void;

/** Knows where it was; `message` begins with `FILE:LINE: `. */
export class MisconfigurationError extends TdaemonError {
  readonly place: Place;
  /** The message without the place. */
  readonly what: string;

  constructor(place: Place, what: string) {
    super(`${placeText(place)}: ${what}`, {
      reason: 'invalid',
      code: 'ERR_TDAEMON_CONFIG',
      path: place.file,
    });
    this.place = place;
    this.what = what;
  }
}

/** Of the command line there is no line. */
export function placeText({ file, line }: Place): string {
  return line === 0 ? file : `${file}:${line}`;
}

export function warningText({ file, line, message }: Warning): string {
  return file === undefined ? message : `${placeText({ file, line: line ?? 0 })}: ${message}`;
}

/** Runs a step whose errors do not know where they are. */
export function located<Result>(place: Place, prefix: string, step: () => Result): Result {
  try {
    return step();
  } catch (error) {
    if (error instanceof MisconfigurationError || !(error instanceof TdaemonError)) throw error;
    throw new MisconfigurationError(place, prefix === '' ? error.message : `${prefix}: ${error.message}`);
  }
}

/** A third of the letters wrong is still a typing mistake. */
export function nearest(wanted: string, names: Iterable<string>): string | undefined {
  let closest: string | undefined;
  let best = Math.max(2, Math.floor(wanted.length / 3)) + 1;
  for (const name of names) {
    const begins = wanted.length > 2 && (name.startsWith(wanted) || wanted.startsWith(name));
    const far = begins ? 1.5 : distance(wanted, name);
    if (far < best) [closest, best] = [name, far];
  }
  return closest;
}

export function didYouMean(wanted: string, names: Iterable<string>): string {
  const name = nearest(wanted, names);
  return name === undefined ? '' : ` (did you mean ${name}?)`;
}
