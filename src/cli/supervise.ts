/** `tdaemon supervise`: supervisord's options, and `--check`. */
import path from 'node:path';
import { checkConfig } from '../config/check';
import { placeText, warningText } from '../config/diagnostics';
import { findConfig } from '../config/find';
import { readConfig } from '../config/read';
import type { Overrides } from '../config/section';
import { invalid } from '../errors';
import { toText } from '../process/bytes';
import { variablesOf } from '../process/environment';
import { defaultOpenFiles } from '../process/limits';
import { launchSupervisor } from '../supervisor/launch';
import { readCaller } from './caller';
import { EXIT } from './exit_status';
import { print, reportFailure, say, type Voice } from './output';
import type { Scanned } from './scan';

/** From our options to supervisord's keys. */
const VALUES = {
  user: 'user',
  umask: 'umask',
  directory: 'directory',
  logfile: 'logfile',
  logfile_maxbytes: 'logfile_maxbytes',
  logfile_backups: 'logfile_backups',
  loglevel: 'loglevel',
  pidfile: 'pidfile',
  identifier: 'identifier',
  childlogdir: 'childlogdir',
  minfds: 'minfds',
  minprocs: 'minprocs',
} as const;

const FLAGS = {
  nodaemon: 'nodaemon',
  silent: 'silent',
  nocleanup: 'nocleanup',
  strip_ansi: 'strip_ansi',
} as const;

function overridesOf(scanned: Scanned): Overrides {
  const overrides: Record<string, string> = {};
  for (const [option, key] of Object.entries(VALUES)) {
    const value = scanned.text(option);
    if (value !== undefined) overrides[key] = value;
  }
  for (const [option, key] of Object.entries(FLAGS)) if (scanned.has(option)) overrides[key] = 'true';
  return overrides;
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
    const { pid } = await launchSupervisor(config, {
      source: { kind: 'file', file: config.file, overrides },
      environment: caller.environment,
      openFiles: caller.openFiles ?? defaultOpenFiles(),
      directory: process.cwd(),
      foreground: config.supervisord.nodaemon,
    });
    if (voice.verbose) say(voice, `supervisor started, its keeper is process ${pid}`);
    return EXIT.ok;
  } catch (error) {
    return reportFailure(voice, error, EXIT.usage);
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
