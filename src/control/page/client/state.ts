/** What a state means to who looks: a word, a colour, and what can be done. */
import type { ProgramRow } from '../messages';
import { duration, moment } from './format';

export type Mood = 'good' | 'busy' | 'warn' | 'bad' | 'quiet';

/** By which the table can be narrowed. */
export const KINDS = ['running', 'problems', 'changing', 'stopped'] as const;
export type Kind = (typeof KINDS)[number];

export interface Shown {
  word: string;
  mood: Mood;
  kind: Kind;
}

export function shownState({ state, waitingFor, error }: ProgramRow): Shown {
  if (waitingFor.length > 0) return { word: 'WAITING', mood: 'busy', kind: 'changing' };
  switch (state) {
    case 'RUNNING':
      return { word: state, mood: 'good', kind: 'running' };
    case 'STARTING':
    case 'STOPPING':
      return { word: state, mood: 'busy', kind: 'changing' };
    case 'BACKOFF':
      return { word: state, mood: 'warn', kind: 'problems' };
    case 'FATAL':
    case 'UNKNOWN':
      return { word: state, mood: 'bad', kind: 'problems' };
    case 'EXITED':
      return error === ''
        ? { word: state, mood: 'quiet', kind: 'stopped' }
        : { word: state, mood: 'warn', kind: 'problems' };
    case 'STOPPED':
      return { word: state, mood: 'quiet', kind: 'stopped' };
  }
}

/** Also of one that waits: it would be started. */
export function canStop({ state, waitingFor }: ProgramRow): boolean {
  return state === 'RUNNING' || state === 'STARTING' || state === 'BACKOFF' || waitingFor.length > 0;
}

export function canStart({ state, waitingFor }: ProgramRow): boolean {
  return !['RUNNING', 'STARTING', 'BACKOFF', 'STOPPING'].includes(state) && waitingFor.length === 0;
}

/** The line below the name; empty: there is nothing to say. */
export function noteOf(row: ProgramRow, now: number): string {
  const { state, waitingFor, error, startedAt, stoppedAt, exitStatus, pidBeside } = row;
  if (waitingFor.length > 0) return `waiting for ${waitingFor.join(', ')}`;
  if (error !== '') return error;
  if (pidBeside !== 0) return `being replaced: pid ${pidBeside} beside it`;
  if (state === 'STOPPED' && startedAt === 0) return 'not started yet';
  if (state === 'STOPPED' && stoppedAt > 0) return `stopped at ${moment(stoppedAt, now)}`;
  if (state === 'EXITED') return `exit status ${exitStatus ?? 'unknown'} at ${moment(stoppedAt, now)}`;
  return '';
}

/** Of the process that there is; empty: none. */
export function uptimeOf({ state, pid, startedAt }: ProgramRow, now: number): string {
  return pid !== 0 && state !== 'STARTING' && startedAt > 0 ? duration(now - startedAt) : '';
}

/** As supervisorctl calls it. */
export function shownName({ group, name }: Pick<ProgramRow, 'group' | 'name'>): string {
  return group === name ? name : `${group}:${name}`;
}
