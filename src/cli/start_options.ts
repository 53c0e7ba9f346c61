/** The words of `start` become the options of the library; contradictions are found here. */
import type { DaemonizeOptions } from '../daemon/options';
import { invalid } from '../errors';
import { type Bytes, fromBuffer, toBuffer, toText } from '../process/bytes';
import { parseDuration } from '../process/duration';
import { clampOpenFiles, type Limits } from '../process/limits';
import type { Caller } from './caller';
import type { Scanned } from './scan';
import { parseInteger, parseIoPriority, parseLimit, parseScheduling, parseUmask } from './values';

const CONTRADICTIONS = [
  ['log', 'stdout'],
  ['log', 'stderr'],
  ['append', 'truncate'],
  ['quiet', 'verbose'],
  ['dry-run', 'quiet'],
] as const;

function checkTogether(scanned: Scanned): void {
  for (const [one, other] of CONTRADICTIONS)
    if (scanned.has(one) && scanned.has(other))
      throw invalid(`--${one} and --${other} contradict each other`);
}

function parseVariables(scanned: Scanned): Map<string, Bytes> {
  const variables = new Map<string, Bytes>();
  for (const word of scanned.all('env')) {
    const buffer = toBuffer(word);
    const at = buffer.indexOf('=');
    if (at < 1) throw invalid(`--env: '${toText(word)}' is not NAME=VALUE`);
    const name = fromBuffer(buffer.subarray(0, at));
    if (typeof name !== 'string') throw invalid(`--env: the name in '${toText(word)}' is not UTF-8`);
    variables.set(name, fromBuffer(buffer.subarray(at + 1)));
  }
  return variables;
}

function parseLimits(scanned: Scanned, caller: Caller): Limits {
  const limits: Limits = {};
  for (const text of scanned.texts('limit')) {
    const [name, limit] = parseLimit(text);
    if (limits[name]) throw invalid(`--limit ${name} is given twice`);
    limits[name] = limit;
  }
  // Node has raised its own: the daemon gets what the caller had.
  if (!limits.nofile && caller.openFiles !== undefined)
    limits.nofile = { soft: clampOpenFiles(caller.openFiles) };
  return limits;
}

function parseKept(scanned: Scanned, caller: Caller): number[] {
  return scanned.texts('keep-fd').map((text) => {
    const descriptor = parseInteger('--keep-fd', text);
    if (descriptor < 3)
      throw invalid(`--keep-fd: ${descriptor} is below 3; use --stdin, --stdout or --stderr`);
    if (!caller.descriptors)
      throw invalid(
        '--keep-fd: start bin/tdaemon itself, not node: only it sees which descriptors are yours',
      );
    // Node has descriptors of its own by now, on any number that was free.
    if (!caller.descriptors.includes(descriptor))
      throw invalid(`--keep-fd: descriptor ${descriptor} is not open`);
    return descriptor;
  });
}

/** sd_listen_fds(3): passed to this very process, which becomes the command. */
function activationSockets(caller: Caller): number[] {
  if (process.env.LISTEN_PID !== String(process.pid)) return [];
  const count = /^\d{1,4}$/.test(process.env.LISTEN_FDS ?? '') ? Number(process.env.LISTEN_FDS) : 0;
  const passed = Array.from({ length: count }, (_, at) => 3 + at);
  return caller.descriptors
    ? passed.filter((descriptor) => caller.descriptors?.includes(descriptor))
    : passed;
}

function parseAccount(scanned: Scanned): Pick<DaemonizeOptions, 'user' | 'group'> {
  const user = scanned.text('user');
  const group = scanned.text('group');
  if (user === undefined) return group === undefined ? {} : { group: named('group', group) };
  const [name = '', own, ...more] = user.split(':');
  if (more.length > 0) throw invalid(`--user: '${user}' is not USER[:GROUP]`);
  if (own !== undefined && group !== undefined)
    throw invalid(`--user ${user} and --group contradict each other`);
  const either = own ?? group;
  return { user: named('user', name), ...(either !== undefined && { group: named('group', either) }) };
}

function named(option: string, name: string): string {
  if (name === '') throw invalid(`--${option}: the name is empty`);
  return name;
}

/** An option that is a plain string, under the library's name. */
function strings(scanned: Scanned): Partial<DaemonizeOptions> {
  const found: Partial<DaemonizeOptions> = {};
  for (const name of ['pidfile', 'lock', 'chdir', 'chroot', 'stdin', 'stdout', 'stderr'] as const) {
    const text = scanned.text(name);
    if (text === '') throw invalid(`--${name}: the file name is empty`);
    if (text !== undefined) found[name] = text;
  }
  const log = scanned.text('log');
  if (log === '') throw invalid('--log: the file name is empty');
  return log === undefined ? found : { ...found, stdout: log, stderr: log };
}

/** Waiting, and what it is for. */
function parseReadiness(scanned: Scanned): Partial<DaemonizeOptions> {
  const ready = scanned.texts('ready');
  const [timeout, ca] = ['ready-timeout', 'ready-ca'].map((name) => scanned.text(name));
  for (const name of ['ready-timeout', 'ready-keep', 'ready-ca'])
    if (ready.length === 0 && scanned.has(name)) throw invalid(`--${name} says nothing without --ready`);
  if (ready.length === 0) return {};
  if (scanned.has('foreground')) throw invalid('--ready and --foreground contradict each other');
  const readyTimeout = timeout === undefined ? undefined : parseDuration(timeout);
  if (timeout !== undefined && !readyTimeout)
    throw invalid(`--ready-timeout: '${timeout}' is no duration above 0 (500ms, 10s, 2m)`);
  if (ca === '') throw invalid('--ready-ca: the file name is empty');
  return {
    ready,
    readyKeep: scanned.has('ready-keep'),
    ...(readyTimeout !== undefined && { readyTimeout }),
    ...(ca !== undefined && { readyCa: ca }),
  };
}

export function toOptions(scanned: Scanned, caller: Caller): DaemonizeOptions {
  checkTogether(scanned);
  const [command, ...args] = scanned.command;
  if (command === undefined) throw invalid("no COMMAND is given; see 'tdaemon --help'");
  const foreground = scanned.has('foreground');
  const [umask, nice, ionice, sched, oom] = ['umask', 'nice', 'ionice', 'sched', 'oom-score-adj'].map(
    (name) => scanned.text(name),
  );
  const argv0 = scanned.all('argv0')[0];
  return {
    command,
    args,
    ...(argv0 !== undefined && { argv0 }),
    ...strings(scanned),
    ...parseAccount(scanned),
    ...(umask !== undefined && { umask: parseUmask(umask) }),
    truncate: scanned.has('truncate'),
    env: parseVariables(scanned),
    envFile: scanned.texts('env-file'),
    clearEnv: scanned.has('clear-env'),
    baseEnv: caller.environment,
    limits: parseLimits(scanned, caller),
    ...(nice !== undefined && { nice: parseInteger('--nice', nice) }),
    ...(ionice !== undefined && { ionice: parseIoPriority(ionice) }),
    ...(sched !== undefined && { sched: parseScheduling(sched) }),
    ...(oom !== undefined && { oomScoreAdj: parseInteger('--oom-score-adj', oom) }),
    noNewPrivs: scanned.has('no-new-privs'),
    ...parseReadiness(scanned),
    keepFds: [...parseKept(scanned, caller), ...(foreground ? activationSockets(caller) : [])],
  };
}
