/** A Node program puts itself into the background. A running V8 cannot be forked, so its script is started anew. */
import { TdaemonError } from '../errors';
import { native } from '../native';
import { type Bytes, fromBuffer } from '../process/bytes';
import { type Daemon, daemonize } from './daemonize';
import type { DaemonizeOptions } from './options';

const MARK = 'TDAEMON_SELF';

// Taken at load and removed: a child of the daemon that calls daemonizeSelf is not the daemon.
const isDaemon = process.env[MARK] === 'daemon';
delete process.env[MARK];

/** Those of daemonize(), but what the program is: it is this one. */
export type SelfOptions = Omit<DaemonizeOptions, 'command' | 'args' | 'argv0'>;

/** Which of the two processes went on after daemonizeSelf(). */
export type Self =
  /** This is the daemon: go on. */
  | { role: 'daemon' }
  /** This is the process that was started by hand; the daemon runs. Usually: `process.exit()`. */
  | { role: 'launcher'; daemon: Daemon };

/** The bytes of process.argv, which Node has decoded. */
function ownArguments(): Bytes[] {
  const decoded = process.argv.slice(2);
  const raw = native.rawArguments();
  return raw && raw.length >= decoded.length
    ? raw.slice(raw.length - decoded.length).map(fromBuffer)
    : decoded;
}

/**
 * Call it first thing: whatever ran before it runs twice, once in each process.
 *
 * The script is started again with the same interpreter, options and arguments, as by `daemonize`. It begins
 * in `/` unless `chdir` says otherwise: relative paths in `process.execArgv` need that.
 *
 * @throws TdaemonError as daemonize, and where there is no script to start (`node -e`, the REPL).
 */
export async function daemonizeSelf(options: SelfOptions = {}): Promise<Self> {
  if (isDaemon) return { role: 'daemon' };
  const script = process.argv[1];
  if (script === undefined) {
    throw new TdaemonError('there is no script to start again', {
      reason: 'invalid',
      code: 'ERR_TDAEMON_INVALID',
    });
  }
  const env = new Map<string, Bytes>(
    options.env instanceof Map ? options.env : Object.entries(options.env ?? {}),
  );
  env.set(MARK, 'daemon');
  const args = [...process.execArgv, script, ...ownArguments()];
  return { role: 'launcher', daemon: await daemonize({ ...options, env, command: process.execPath, args }) };
}
