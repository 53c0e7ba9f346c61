/** `tdaemon start --respawn`: the command is started again whenever it ends. */
import { makePlan } from '../daemon/plan';
import { DEFAULT_READY_TIMEOUT_MS } from '../daemon/ready_options';
import { invalid, TdaemonError } from '../errors';
import { toText } from '../process/bytes';
import { parseDuration } from '../process/duration';
import { absolutePath } from '../process/working_directory';
import { respawnConfig } from '../supervisor/respawn_config';
import type { Caller } from './caller';
import { EXIT } from './exit_status';
import { launchWaiting } from './launch_waiting';
import { print, reportFailure, say, type Voice } from './output';
import type { Scanned } from './scan';
import { toOptions } from './start_options';

/** What a process that is started again and again cannot have, or not yet. */
const CONTRADICTIONS = ['keep-fd', 'dry-run', 'ready-keep', 'ready-ca'] as const;
const DEFAULT_DELAY_SECONDS = 10;

function restartDelay(scanned: Scanned): number {
  const text = scanned.text('restart-delay');
  if (text === undefined) return DEFAULT_DELAY_SECONDS;
  const milliseconds = parseDuration(text);
  if (milliseconds === undefined) throw invalid(`--restart-delay: '${text}' is no duration (500ms, 10s, 2m)`);
  return milliseconds / 1000;
}

/** Told here: this is a bundle of its own, whose errors are strangers to the other's. */
export async function respawn(scanned: Scanned, voice: Voice, caller: Caller): Promise<number> {
  try {
    return await launch(scanned, voice, caller);
  } catch (error) {
    const runs = error instanceof TdaemonError && error.reason === 'already-running';
    if (!runs || !scanned.has('oknodo')) return reportFailure(voice, error);
    if (voice.verbose) say(voice, error.message);
    return EXIT.ok;
  }
}

/** @throws TdaemonError: nothing is left */
async function launch(scanned: Scanned, voice: Voice, caller: Caller): Promise<number> {
  for (const name of CONTRADICTIONS)
    if (scanned.has(name)) throw invalid(`--${name} and --respawn contradict each other`);
  const options = toOptions(scanned, caller);
  const { pidfile, ready = [], readyTimeout = DEFAULT_READY_TIMEOUT_MS, ...start } = options;
  const conditions = typeof ready === 'string' ? [ready] : [...ready];
  const foreground = scanned.has('foreground');
  const config = respawnConfig({
    plan: makePlan({ ...start, ...(foreground && inherited(start)) }),
    pidfile: pidfile === undefined ? undefined : absolutePath(pidfile),
    ready: conditions,
    readyTimeout: readyTimeout / 1000,
    restartDelay: restartDelay(scanned),
    foreground,
  });
  const { pid } = await launchWaiting(
    voice,
    config,
    {
      source: { kind: 'given', config },
      environment: caller.environment,
      openFiles: caller.openFiles ?? 0,
      directory: '/',
      foreground,
    },
    conditions,
  );
  const command = scanned.command.map(toText);
  if (voice.json)
    print(
      JSON.stringify({
        ok: true,
        status: EXIT.ok,
        pid,
        pidfile: config.supervisord.pidfile || undefined,
        command,
      }),
    );
  else if (voice.verbose) say(voice, `'${command[0]}' is kept running by process ${pid}`);
  return EXIT.ok;
}

/** In the foreground it writes where we do, unless it is told otherwise. */
function inherited({ stdin, stdout, stderr }: { stdin?: string; stdout?: string; stderr?: string }) {
  return { stdin: stdin ?? 'inherit', stdout: stdout ?? 'inherit', stderr: stderr ?? 'inherit' };
}
