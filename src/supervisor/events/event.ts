/** What event listeners are told: the names and payloads of supervisord. */

import type { State } from '../states';
import type { StateChange } from '../supervised_process';

export interface SupervisorEvent {
  /** Of config/event_names.ts, one that is no parent of others. */
  type: string;
  payload: Buffer;
}

/** Who has written something. */
export interface Writer {
  process: string;
  group: string;
  /** 0: its process is not known any more. */
  pid: number;
  channel: 'stdout' | 'stderr';
}

/** A parent stands for all whose names begin with its own, EVENT for all there are. */
export function isSubscribed(wanted: readonly string[], type: string): boolean {
  return wanted.some((name) => name === 'EVENT' || name === type || type.startsWith(`${name}_`));
}

function event(type: string, payload: string): SupervisorEvent {
  return { type, payload: Buffer.from(payload) };
}

function particulars(to: State, { pid, expected, tries }: StateChange): string {
  if (to === 'STARTING' || to === 'BACKOFF') return ` tries:${tries}`;
  if (to === 'EXITED') return ` expected:${expected ? 1 : 0} pid:${pid}`;
  return to === 'FATAL' || to === 'UNKNOWN' ? '' : ` pid:${pid}`;
}

export function processState(change: StateChange): SupervisorEvent {
  const { process, from, to } = change;
  const who = `processname:${process.name} groupname:${process.group} from_state:${from}`;
  return event(`PROCESS_STATE_${to}`, who + particulars(to, change));
}

export function groupChange(what: 'ADDED' | 'REMOVED', group: string): SupervisorEvent {
  return event(`PROCESS_GROUP_${what}`, `groupname:${group}\n`);
}

export function supervisorState(state: 'RUNNING' | 'STOPPING'): SupervisorEvent {
  return event(`SUPERVISOR_STATE_CHANGE_${state}`, '');
}

/** @param when seconds after the epoch, a multiple of the period */
export function tick(period: number, when: number): SupervisorEvent {
  return event(`TICK_${period}`, `when:${when}`);
}

/** @param type any word of the caller's */
export function remoteCommunication(type: string, data: string): SupervisorEvent {
  return event('REMOTE_COMMUNICATION', `type:${type}\n${data}`);
}

function written(type: string, header: string, channel: Writer['channel'], data: Buffer): SupervisorEvent {
  return {
    type: `${type}_${channel.toUpperCase()}`,
    payload: Buffer.concat([Buffer.from(`${header}\n`), readable(data)]),
  };
}

/** What a program has written. */
export function processLog({ process, group, pid, channel }: Writer, data: Buffer): SupervisorEvent {
  const header = `processname:${process} groupname:${group} pid:${pid} channel:${channel}`;
  return written('PROCESS_LOG', header, channel, data);
}

/** What a program has written between the markers. */
export function processCommunication(
  { process, group, pid, channel }: Writer,
  data: Buffer,
): SupervisorEvent {
  const header = `processname:${process} groupname:${group} pid:${pid}`;
  return written('PROCESS_COMMUNICATION', header, channel, data);
}

const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Listeners read text. What is none is told as supervisord tells it: as Python writes bytes. */
function readable(data: Buffer): Buffer {
  try {
    UTF8.decode(data);
    return data;
  } catch {
    return Buffer.from(`Undecodable: ${inPython(data)}`);
  }
}

const ESCAPED: Record<number, string> = { 9: '\\t', 10: '\\n', 13: '\\r', 92: '\\\\' };

function inPython(data: Buffer): string {
  const quote = data.includes("'") && !data.includes('"') ? '"' : "'";
  let text = '';
  for (const byte of data) {
    if (byte === quote.charCodeAt(0)) text += `\\${quote}`;
    else if (ESCAPED[byte] !== undefined) text += ESCAPED[byte];
    else if (byte >= 0x20 && byte < 0x7f) text += String.fromCharCode(byte);
    else text += `\\x${byte.toString(16).padStart(2, '0')}`;
  }
  return `b${quote}${text}${quote}`;
}
