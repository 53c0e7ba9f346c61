/** Signals by name or number, as kill(1) takes them. */
import { constants as osConstants } from 'node:os';
import { invalid } from '../errors';

const MOST = 64;

/** `TERM`, `SIGTERM`, `sigterm`, `15`. @throws TdaemonError (`invalid`) */
export function signalNumber(text: string | number): number {
  const number = typeof text === 'number' ? text : /^\d{1,2}$/.test(text) ? Number(text) : undefined;
  if (number !== undefined && Number.isInteger(number) && number >= 1 && number <= MOST) return number;
  const name = `SIG${String(text).toUpperCase().replace(/^SIG/, '')}`;
  const signals: Record<string, number> = osConstants.signals;
  const known = Object.hasOwn(signals, name) ? signals[name] : undefined;
  if (known === undefined) throw invalid(`'${text}' is no signal`);
  return known;
}

/** `SIGTERM`, or the number where it has no name. */
export function signalName(number: number): string {
  for (const [name, value] of Object.entries(osConstants.signals)) if (value === number) return name;
  return String(number);
}
