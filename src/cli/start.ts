/** `tdaemon [start] [options] [--] COMMAND`: from scanned words to an exit status. */
import { type Daemon, daemonize, hasReadiness } from '../daemon/daemonize';
import { startInPlace } from '../daemon/launch';
import type { DaemonizeOptions } from '../daemon/options';
import { makePlan, type Plan } from '../daemon/plan';
import { invalid, TdaemonError } from '../errors';
import { concat, toText } from '../process/bytes';
import { sessionScopeWarning } from '../process/session_scope';
import { readCaller } from './caller';
import { describePlan, planToJson } from './dry_run';
import { EXIT } from './exit_status';
import { COMMANDS } from './option_table';
import { print, reportFailure, say, type Voice, write } from './output';
import { closest, type Scanned } from './scan';
import { toOptions } from './start_options';

/** What is told of a daemon that runs now. */
export function reportStarted(scanned: Scanned, voice: Voice, daemon: Daemon): number {
  const command = scanned.command.map(toText);
  const lines = daemon.readyLines ?? [];
  // Byte for byte, for $(…): it is what was asked for, not a message.
  if (!voice.json) for (const line of lines) write(1, concat(line, '\n'));
  if (voice.json)
    print(
      JSON.stringify({
        ok: true,
        status: EXIT.ok,
        pid: daemon.pid,
        pidfile: daemon.pidfile,
        command,
        ...(lines.length > 0 && { lines: lines.map(toText) }),
      }),
    );
  else if (voice.verbose) say(voice, `started '${command[0]}' as process ${daemon.pid}`);
  const warning = sessionScopeWarning();
  if (warning) say(voice, `warning: ${warning}`);
  return EXIT.ok;
}

/** Whatever can be told before a start is told. */
export async function dryRun(voice: Voice, options: DaemonizeOptions, foreground: boolean): Promise<number> {
  const plan = makePlan(options, foreground);
  if (hasReadiness(options)) new (await import('../daemon/readiness')).Readiness(plan, options);
  return printPlan(voice, plan, options);
}

async function startAndWait(voice: Voice, options: DaemonizeOptions): Promise<Daemon> {
  if (!hasReadiness(options)) return daemonize(options);
  const { whileWaiting } = await import('./waiting');
  return whileWaiting(voice, (listening) => daemonize({ ...options, ...listening }));
}

function printPlan(voice: Voice, plan: Plan, options: DaemonizeOptions): number {
  print(
    voice.json
      ? JSON.stringify({ ok: true, status: EXIT.ok, dryRun: true, plan: planToJson(plan, options) })
      : describePlan(plan, options),
  );
  return EXIT.ok;
}

/** Who mistypes a subcommand asks for a program that there is not. */
function addHint(error: unknown, first: string): void {
  if (!(error instanceof TdaemonError) || error.reason !== 'not-found' || !/^\w{3,}$/.test(first)) return;
  const meant = first === 'help' ? '--help' : closest(first, Object.keys(COMMANDS));
  if (meant !== undefined) error.message += `; did you mean 'tdaemon ${meant}'?`;
}

/** @param first the first word, where it is not the name of a subcommand */
export async function start(scanned: Scanned, voice: Voice, first: string): Promise<number> {
  try {
    if (scanned.has('respawn'))
      return await (await import('./respawn')).respawn(scanned, voice, readCaller());
    if (scanned.has('restart-delay')) throw invalid('--restart-delay says nothing without --respawn');
    const options = toOptions(scanned, readCaller());
    const foreground = scanned.has('foreground');
    if (scanned.has('dry-run')) return await dryRun(voice, options, foreground);
    if (foreground) await startInPlace(makePlan(options, true));
    return reportStarted(scanned, voice, await startAndWait(voice, options));
  } catch (error) {
    if (scanned.has('oknodo') && error instanceof TdaemonError && error.reason === 'already-running') {
      if (voice.json)
        print(
          JSON.stringify({
            ok: true,
            status: EXIT.ok,
            pid: error.pid,
            pidfile: error.path,
            alreadyRunning: true,
          }),
        );
      else if (voice.verbose) say(voice, error.message);
      return EXIT.ok;
    }
    addHint(error, first);
    return reportFailure(voice, error);
  }
}
