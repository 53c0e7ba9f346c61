/** How a process stands, as getProcessInfo tells it. */
import { STATES } from '../supervisor/states';
import type { SupervisedProcess } from '../supervisor/supervised_process';

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
/** Times are ints, which have 32 bits. */
const MOST = 2 ** 31 - 1;

const two = (number: number) => String(number).padStart(2, '0');

/** `1:02:03`, `1 day, 1:02:03`, `2 days, 1:02:03` */
export function uptime(seconds: number): string {
  const left = Math.max(0, Math.floor(seconds));
  const days = Math.floor(left / 86_400);
  const hours = Math.floor(left / 3600) % 24;
  const time = `${hours}:${two(Math.floor(left / 60) % 60)}:${two(left % 60)}`;
  if (days === 0) return time;
  return `${days} ${days === 1 ? 'day' : 'days'}, ${time}`;
}

/** `Nov 23 01:05 PM`, local time. */
export function shortDate(milliseconds: number): string {
  const date = new Date(milliseconds);
  const hours = date.getHours();
  const time = `${two(hours % 12 || 12)}:${two(date.getMinutes())} ${hours < 12 ? 'AM' : 'PM'}`;
  return `${MONTHS[date.getMonth()]} ${two(date.getDate())} ${time}`;
}

const epoch = (milliseconds: number) => Math.min(MOST, Math.floor(milliseconds / 1000));

export function describe(process: SupervisedProcess): string {
  const { state, waitingFor, startedAt, stoppedAt, pid, spawnError, name } = process;
  if (state === 'RUNNING') return `pid ${pid}, uptime ${uptime(process.secondsUp)}`;
  if (waitingFor.length > 0) return `waiting for ${waitingFor.join(', ')}`;
  if (state === 'FATAL' || state === 'BACKOFF')
    return spawnError === '' ? `unknown error (try "tail ${name}")` : spawnError;
  if (state === 'STOPPED' || state === 'EXITED')
    return startedAt === 0 ? 'Not started' : shortDate(stoppedAt);
  return '';
}

export function infoOf(process: SupervisedProcess, now = Date.now()) {
  const { name, group, state, startedAt, stoppedAt, spawnError, exitStatus, pid, channels } = process;
  const stdout = channels.logFile('stdout') ?? '';
  return {
    name,
    group,
    start: epoch(startedAt),
    stop: epoch(stoppedAt),
    now: epoch(now),
    state: STATES[state],
    statename: state,
    spawnerr: spawnError,
    exitstatus: exitStatus ?? 0,
    logfile: stdout,
    stdout_logfile: stdout,
    stderr_logfile: channels.logFile('stderr') ?? '',
    pid,
    description: describe(process),
  };
}
