/** `tdaemon supervise`: supervisord's options, and `--check`. */
import path from 'node:path';
import { checkConfig } from '../config/check';
import { placeText, warningText } from '../config/diagnostics';
import { findConfig } from '../config/find';
import { KEY_OPTIONS } from '../config/options';
import { readConfig } from '../config/read';
import type { Overrides } from '../config/section';
import { invalid, TdaemonError } from '../errors';
import { toText } from '../process/bytes';
import { variablesOf } from '../process/environment';
import { defaultOpenFiles } from '../process/limits';
import { readCaller } from './caller';
import { EXIT } from './exit_status';
import { launchWaiting } from './launch_waiting';
import { print, reportFailure, say, type Voice } from './output';
import type { Scanned } from './scan';

/** Of the keys that have an option, those that were given. */
function overridesOf(scanned: Scanned): Overrides {
  return Object.fromEntries(
    KEY_OPTIONS.flatMap(({ key, long, form }) => {
      const value = form === undefined ? (scanned.has(long) ? 'true' : undefined) : scanned.text(long);
      return value === undefined ? [] : [[key, value]];
    }),
  );
}

/** Whatever goes wrong before the programs run has the status 2, as supervisord's. */
export async function supervise(scanned: Scanned, voice: Voice): Promise<number> {
  try {
    if (scanned.command.length > 0)
      throw invalid(`supervise takes no '${scanned.command.map(toText).join(' ')}'`);
    const caller = readCaller();
    const overrides = overridesOf(scanned);
    const file = scanned.text('configuration') ?? found(voice);
    const from = { overrides, environment: variablesOf(caller.environment) };
    if (scanned.has('check')) return check(file, from);
    const { config, warnings, broken } = readConfig(file, from);
    for (const warning of warnings) say(voice, `warning: ${warningText(warning)}`);
    for (const { place, message } of broken)
      say(voice, `${placeText(place)}: ${message}; the others are started`);
    const { pid } = await launchWaiting(voice, config, {
      source: { kind: 'file', file: config.file, overrides },
      environment: caller.environment,
      openFiles: caller.openFiles ?? defaultOpenFiles(),
      directory: process.cwd(),
      foreground: config.supervisord.nodaemon,
    });
    if (voice.verbose) say(voice, `supervisor started, its keeper is process ${pid}`);
    return EXIT.ok;
  } catch (error) {
    const isInterrupted = error instanceof TdaemonError && error.reason === 'interrupted';
    return reportFailure(voice, error, isInterrupted ? EXIT.interrupted : EXIT.usage);
  }
}

function found(voice: Voice): string {
  const { file, refused } = findConfig({ programDirectory: path.join(__dirname, '..', 'bin') });
  for (const line of refused) say(voice, `warning: ${line}`);
  return file;
}

function check(file: string, from: Parameters<typeof checkConfig>[1]): number {
  const { lines, ok } = checkConfig(file, from);
  for (const line of lines) print(line);
  return ok ? EXIT.ok : EXIT.usage;
}
