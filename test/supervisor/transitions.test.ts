/** The table itself: what supervisord's manual says of each state, and that nothing leads nowhere. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { STATES, type State } from '../../src/supervisor/states';
import { type ProcessEvent, TRANSITIONS, transition } from '../../src/supervisor/transitions';

const ALL = Object.keys(STATES) as State[];
const EVENTS: ProcessEvent[] = [
  ...new Set(ALL.flatMap((state) => Object.keys(TRANSITIONS[state]) as ProcessEvent[])),
];

describe('the states and their events', () => {
  it.each([
    ['STOPPED', 'start', 'STARTING'],
    ['STARTING', 'up', 'RUNNING'],
    ['STARTING', 'ended-early', 'BACKOFF'],
    ['STARTING', 'spawn-failed', 'BACKOFF'],
    ['STARTING', 'stop', 'STOPPING'],
    ['BACKOFF', 'retry', 'STARTING'],
    ['BACKOFF', 'give-up', 'FATAL'],
    ['BACKOFF', 'stop', 'STOPPED'],
    ['RUNNING', 'ended', 'EXITED'],
    ['RUNNING', 'stop', 'STOPPING'],
    ['STOPPING', 'ended', 'STOPPED'],
    ['EXITED', 'start', 'STARTING'],
    ['EXITED', 'hold-back', 'BACKOFF'],
    ['FATAL', 'start', 'STARTING'],
  ] as const)('%s, %s: %s', (from, event, to) => {
    expect(transition(from, event)?.to).toBe(to);
  });

  it.each([
    ['RUNNING', 'start'],
    ['STARTING', 'start'],
    ['STOPPING', 'start'],
    ['STOPPED', 'stop'],
    ['EXITED', 'stop'],
    ['FATAL', 'stop'],
    ['STOPPED', 'ended'],
    ['RUNNING', 'retry'],
  ] as const)('%s knows no %s', (from, event) => {
    expect(transition(from, event)).toBeUndefined();
  });

  it('from each state but UNKNOWN a start and a stop lead anywhere, whatever came before', () => {
    const event = fc.constantFrom(...EVENTS);
    fc.assert(
      fc.property(fc.array(event, { maxLength: 50 }), (events) => {
        let state: State = 'STOPPED';
        for (const happened of events) state = transition(state, happened)?.to ?? state;
        expect(ALL).toContain(state);
        const isUp = state === 'STARTING' || state === 'RUNNING' || state === 'BACKOFF';
        if (isUp) expect(transition(state, 'stop')).toBeDefined();
        else if (state !== 'STOPPING') expect(transition(state, 'start')).toBeDefined();
      }),
    );
  });

  it('a process that can be killed is only in states that notice its end', () => {
    for (const state of ['STARTING', 'STOPPING'] as const)
      expect(transition(state, 'ended-early')).toBeDefined();
  });
});
