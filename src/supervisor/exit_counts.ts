/** How often the processes of a program have ended, and why: pure counting, for metrics. */
import type { ProcessConfig } from '../config/model';
import { type Ending, isExpected } from './restart_policy';

/**
 * `stopped`: it was to be stopped. `expected`: after it was up, with a code of `exitcodes`. `unexpected`: any other code, or before it
 * was up. `signal`: killed by one. `unknown`: nobody could say.
 */
export const EXIT_REASONS = ['stopped', 'expected', 'unexpected', 'signal', 'unknown'] as const;

export type ExitReason = (typeof EXIT_REASONS)[number];
export type ExitCounts = Record<ExitReason, number>;

export function noExits(): ExitCounts {
  return { stopped: 0, expected: 0, unexpected: 0, signal: 0, unknown: 0 };
}

export function exitReason(config: ProcessConfig, ending: Ending, before: 'stopping' | 'up' | 'not-up') {
  if (before === 'stopping') return 'stopped';
  if (ending === undefined) return 'unknown';
  if (ending.signal !== undefined) return 'signal';
  return before === 'up' && isExpected(config, ending) ? 'expected' : 'unexpected';
}
