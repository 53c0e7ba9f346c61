/** Which of several representations a client gets. */
import { describe, expect, it } from 'vitest';
import { preferred } from '../../src/control/accept';

const OFFERED = ['application/openmetrics-text', 'text/plain', 'text/html'] as const;

describe('Accept', () => {
  it.each([
    [undefined, 'application/openmetrics-text'],
    ['*/*', 'application/openmetrics-text'],
    ['text/plain', 'text/plain'],
    ['TEXT/Plain ; version=0.0.4', 'text/plain'],
    ['text/*', 'text/plain'],
    ['text/plain;q=0.5, application/openmetrics-text;q=0.4', 'text/plain'],
    ['text/plain;version=0.0.4;q=0.3,application/openmetrics-text;version=1.0.0;q=0.5', OFFERED[0]],
    [
      'application/openmetrics-text;version=9;q=0.1,application/openmetrics-text;q=0.9,text/plain;q=0.5',
      OFFERED[0],
    ],
    ['text/html,application/xml;q=0.9,*/*;q=0.8', 'text/html'],
    ['application/openmetrics-text;q=0,*/*', 'text/plain'],
    ['*/*;q=0.1,text/plain;q=0', 'application/openmetrics-text'],
    // Nothing that there is: something is better than nothing.
    ['image/png', 'application/openmetrics-text'],
    ['', 'application/openmetrics-text'],
    [';;;,,,q=', 'application/openmetrics-text'],
    ['text/plain;q=nonsense,text/html;q=0.1', 'text/html'],
  ])('%s means %s', (header, expected) => {
    expect(preferred(header, OFFERED)).toBe(expected);
  });
});
