/** What `--check` says of a configuration: a line for each error and each warning. */
import { TdaemonError } from '../errors';
import { placeText, warningText } from './diagnostics';
import type { Config, Warning } from './model';
import { type ReadOptions, readConfig } from './read';

export interface Check {
  lines: string[];
  /** Nothing but warnings. */
  ok: boolean;
}

export function checkConfig(file: string, options: ReadOptions = {}): Check {
  try {
    const { config, warnings, broken } = readConfig(file, options);
    const errors = broken.map(({ message, place }) => `error: ${placeText(place)}: ${message}`);
    const doubts = [...warnings, ...directLogs(config)].map((warning) => `warning: ${warningText(warning)}`);
    return { lines: [...errors, ...doubts], ok: broken.length === 0 };
  } catch (error) {
    if (!(error instanceof TdaemonError)) throw error;
    return { lines: [`error: ${error.message}`], ok: false };
  }
}

function directLogs({ groups }: Config): Warning[] {
  const direct = new Map<string, Warning>();
  for (const { kind, program, stdout, place } of groups.flatMap(({ processes }) => processes))
    if (stdout.direct)
      direct.set(program, {
        ...place,
        message: `[${kind}:${program}] stdout_log_direct: the program opens its log itself: it is not rotated, and USR2 does not reopen it`,
      });
  return [...direct.values()];
}
