/** `tdaemon stop | restart | reload | signal`: from scanned words to an exit status. */
import { type Daemon, hasReadiness } from '../daemon/daemonize';
import type { Selector } from '../daemon/find_daemons';
import type { ReadinessEvent } from '../daemon/ready_options';
import { type RestartOptions, restart } from '../daemon/restart';
import { signalDaemon } from '../daemon/signal';
import { type StopOptions, stop } from '../daemon/stop';
import { invalid, TdaemonError } from '../errors';
import { toText } from '../process/bytes';
import { parseDuration } from '../process/duration';
import { signalName, signalNumber } from '../process/signals';
import { readCaller } from './caller';
import { EXIT } from './exit_status';
import { print, say, type Voice } from './output';
import { Progress } from './progress';
import type { Scanned } from './scan';
import { dryRun, reportStarted } from './start';
import { toOptions } from './start_options';
import { parseInteger } from './values';

/** @throws TdaemonError (`invalid`) for words that this subcommand does not take */
export function noMoreWords(scanned: Scanned, taken = 0): void {
  const extra = scanned.command[taken];
  if (extra === undefined) return;
  const word = toText(extra);
  throw invalid(
    `unexpected word '${word}'${scanned.has('pidfile') ? '' : ` (a pidfile: --pidfile ${word})`}`,
  );
}

export function toSelector(scanned: Scanned): Selector {
  const [pidfile, exec, name, user, ppid] = ['pidfile', 'exec', 'name', 'user', 'ppid'].map((option) => {
    const text = scanned.text(option);
    if (text === '') throw invalid(`--${option}: the value is empty`);
    return text;
  });
  return {
    ...(pidfile !== undefined && { pidfile }),
    ...(exec !== undefined && { exec }),
    ...(name !== undefined && { name }),
    ...(user !== undefined && { user }),
    ...(ppid !== undefined && { ppid: parseInteger('--ppid', ppid) }),
  };
}

function toStopping(scanned: Scanned): Pick<StopOptions, 'retry' | 'signal'> {
  const [retry, signal, timeout] = ['retry', 'signal', 'timeout'].map((name) => scanned.text(name));
  for (const other of ['timeout', 'signal'])
    if (
      retry !== undefined &&
      scanned.has(other) &&
      (other === 'timeout' || parseDuration(retry) === undefined)
    )
      throw invalid(`--retry and --${other} contradict each other`);
  const first = signalNumber(signal ?? 'TERM');
  if (timeout !== undefined) {
    if (parseDuration(timeout) === undefined)
      throw invalid(`--timeout: '${timeout}' is no duration (500ms, 10s, 2m)`);
    return { retry: `-${first}/${timeout}/KILL/5` };
  }
  return { ...(retry !== undefined && { retry }), signal: first };
}

function done(voice: Voice, facts: { pids: number[]; signal?: string }, message: string): number {
  if (voice.json) print(JSON.stringify({ ok: true, status: EXIT.ok, ...facts }));
  // Criteria may have met more than was meant: that is never silent.
  else if (voice.verbose || facts.pids.length > 1) say(voice, message);
  return EXIT.ok;
}

export async function runStop(scanned: Scanned, voice: Voice): Promise<number> {
  noMoreWords(scanned);
  const selector = toSelector(scanned);
  const progress = new Progress();
  const onWait = (pid: number) => progress.begin(() => `waiting for process ${pid} to end`);
  try {
    const result = await stop({ ...selector, ...toStopping(scanned), group: scanned.has('group'), onWait });
    progress.end();
    if (result.outcome === 'stopped')
      return done(voice, { pids: result.pids }, `stopped process ${result.pids.join(', ')}`);
    if (scanned.has('oknodo')) return done(voice, { pids: [] }, 'not running');
    throw new TdaemonError(
      `not running${selector.pidfile === undefined ? '' : ` (pidfile '${selector.pidfile}')`}`,
      {
        reason: 'not-running',
        code: 'ESRCH',
        ...(selector.pidfile !== undefined && { path: selector.pidfile }),
      },
    );
  } finally {
    progress.end();
  }
}

/** Only one line of progress at a time. */
async function restartAndWait(voice: Voice, request: RestartOptions, stopping: Progress): Promise<Daemon> {
  const { whileWaiting } = await import('./waiting');
  return whileWaiting(voice, ({ signal, onReadiness }) => {
    const begun = (event: ReadinessEvent) => {
      stopping.end();
      onReadiness?.(event);
    };
    return restart({ ...request, ...(signal && { signal }), onReadiness: begun });
  });
}

export async function runRestart(scanned: Scanned, voice: Voice): Promise<number> {
  const options = toOptions(scanned, readCaller());
  const { pidfile } = options;
  if (pidfile === undefined) throw invalid('restart needs --pidfile');
  if (scanned.has('dry-run')) return dryRun(voice, options, false);
  const progress = new Progress();
  const onWait = (pid: number) => progress.begin(() => `waiting for process ${pid} to end`);
  const request = { ...options, pidfile, stopping: { ...toStopping(scanned), onWait } };
  try {
    const daemon = hasReadiness(options)
      ? await restartAndWait(voice, request, progress)
      : await restart(request);
    progress.end();
    return reportStarted(scanned, voice, daemon);
  } finally {
    progress.end();
  }
}

function send(scanned: Scanned, voice: Voice, signal: string): number {
  const number = signalNumber(signal);
  const pids = signalDaemon({ ...toSelector(scanned), signal: number, group: scanned.has('group') });
  const name = signalName(number);
  return done(voice, { pids, signal: name }, `sent ${name} to process ${pids.join(', ')}`);
}

export function runReload(scanned: Scanned, voice: Voice): number {
  noMoreWords(scanned);
  return send(scanned, voice, scanned.text('signal') ?? 'HUP');
}

export function runSignal(scanned: Scanned, voice: Voice): number {
  const [signal] = scanned.command;
  if (signal === undefined) throw invalid('which SIGNAL? By name or number');
  noMoreWords(scanned, 1);
  return send(scanned, voice, toText(signal));
}
