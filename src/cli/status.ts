/** `tdaemon status`: the codes of the LSB, and a block for people. */
import { type DaemonStatus, statusOf } from '../daemon/status';
import type { ProcessDescription } from '../process/describe';
import { noMoreWords, toSelector } from './manage';
import { oneLine, print, reportFailure, type Voice } from './output';
import type { Scanned } from './scan';

/** LSB Core, "Init Script Actions". */
export const LSB = { running: 0, dead: 1, 'not-running': 3, unknown: 4 } as const;

function duration(seconds: number): string {
  const whole = Math.floor(seconds);
  const parts = [
    Math.floor(whole / 86_400),
    Math.floor(whole / 3600) % 24,
    Math.floor(whole / 60) % 60,
    whole % 60,
  ];
  const units = ['d', 'h', 'min', 's'];
  const first = parts.findIndex((part) => part > 0);
  const from = first === -1 ? 3 : first;
  return parts
    .slice(from, from + 2)
    .map((part, at) => `${part} ${units[from + at]}`)
    .join(' ');
}

function size(bytes: number): string {
  const units = ['B', 'KB', 'MB', 'GB', 'TB'];
  let value = bytes;
  let unit = 0;
  for (; value >= 1024 && unit < units.length - 1; unit++) value /= 1024;
  return `${value >= 100 || unit === 0 ? Math.round(value) : value.toFixed(1)} ${units[unit]}`;
}

function block(process: ProcessDescription): string {
  const { openFiles, openFilesLimit } = process;
  const limit = openFilesLimit === Number.POSITIVE_INFINITY ? 'unlimited' : openFilesLimit;
  const rows: [string, string | number | undefined][] = [
    ['pid', process.pid],
    ['command', process.command && oneLine(process.command.join(' '))],
    ['user', process.user],
    ['uptime', process.uptime === undefined ? undefined : duration(process.uptime)],
    ['memory', process.memory === undefined ? undefined : size(process.memory)],
    ['threads', process.threads],
    ['open files', openFiles === undefined ? undefined : `${openFiles} of ${limit}`],
    ['listening', process.listening?.length ? process.listening.map(oneLine).join(', ') : undefined],
  ];
  return rows
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${name.padEnd(10)}  ${value}`)
    .join('\n');
}

function describe(status: DaemonStatus): string {
  const where = status.pidfile === undefined ? '' : ` (pidfile '${oneLine(status.pidfile)}')`;
  if (status.state === 'running') return ['running', status.processes.map(block).join('\n\n')].join('\n');
  if (status.state === 'dead')
    return `dead: ${status.pid === undefined ? 'the pidfile is empty' : `process ${status.pid} has ended, its pidfile is still there`}${where}`;
  return `not running${where}`;
}

/** Infinity has no JSON. */
function forJson(process: ProcessDescription): object {
  return process.openFilesLimit === Number.POSITIVE_INFINITY
    ? { ...process, openFilesLimit: 'unlimited' }
    : process;
}

export function runStatus(scanned: Scanned, voice: Voice): number {
  try {
    noMoreWords(scanned);
    const status = statusOf(toSelector(scanned));
    const code = LSB[status.state];
    if (voice.json) {
      const processes = status.state === 'running' ? { processes: status.processes.map(forJson) } : {};
      print(JSON.stringify({ ok: true, status: code, ...status, ...processes }));
    } else if (!voice.quiet) print(describe(status));
    return code;
  } catch (error) {
    return reportFailure(voice, error, LSB.unknown);
  }
}
