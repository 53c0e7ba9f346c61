/** What a listener says, whole or in pieces, and what it makes of it. */
import { describe, expect, it } from 'vitest';
import { ListenerProtocol, type ListenerState } from '../../src/supervisor/events/listener_protocol';

type Noted = ListenerState | boolean | string;

function speak(): { protocol: ListenerProtocol; noted: Noted[] } {
  const noted: Noted[] = [];
  const protocol = new ListenerProtocol({
    onState: (_, to) => noted.push(to),
    onResult: (accepted) => noted.push(accepted),
    onNonsense: (line) => noted.push(`nonsense: ${line}`),
  });
  return { protocol, noted };
}

/** READY, one event, and then this. */
function answer(text: string, pieces = 1): { noted: Noted[]; state: ListenerState } {
  const { protocol, noted } = speak();
  protocol.take(Buffer.from('READY\n'));
  protocol.sent();
  noted.length = 0;
  const size = Math.ceil(text.length / pieces);
  for (let at = 0; at < text.length; at += size) protocol.take(Buffer.from(text.slice(at, at + size)));
  return { noted, state: protocol.state };
}

describe('a listener that says', () => {
  it.each<[string, Noted[]]>([
    ['RESULT 2\nOK', ['ACKNOWLEDGED', true]],
    ['RESULT 2\nOKREADY\n', ['ACKNOWLEDGED', true, 'READY']],
    ['RESULT 4\nFAIL', ['ACKNOWLEDGED', false]],
    ['RESULT 4\nFAILREADY\n', ['ACKNOWLEDGED', false, 'READY']],
    ['RESULT  2 \r\nOK', ['ACKNOWLEDGED', true]],
    ['RESULT 0\n', ['ACKNOWLEDGED', false]],
    ['RESULT 3\nOK\nREADY\n', ['ACKNOWLEDGED', false, 'READY']],
    ['RESULT 2\nok', ['ACKNOWLEDGED', false]],
    ['RESULT 2\nOK\n', ['ACKNOWLEDGED', true, 'UNKNOWN']],
    ['RESULT 2\nOKREADY\nREADY\n', ['ACKNOWLEDGED', true, 'READY', 'UNKNOWN']],
    ['RESULT OK\nREADY\n', ['nonsense: RESULT OK', 'UNKNOWN', false]],
    ['RESULT -1\n', ['nonsense: RESULT -1', 'UNKNOWN', false]],
    ['READY\n', ['nonsense: READY', 'UNKNOWN', false]],
    ['RESULT 2', []],
    ['RESULT 2\nO', []],
  ])('%j', (text, expected) => {
    for (const pieces of [1, 2, 3, text.length]) expect(answer(text, pieces).noted).toEqual(expected);
  });

  it.each(['READY', 'R', 'READ'])('%j is not ready yet', (text) => {
    const { protocol, noted } = speak();
    protocol.take(Buffer.from(text));
    expect(noted).toEqual([]);
    protocol.take(Buffer.from('READY\n'.slice(text.length)));
    expect(noted).toEqual(['READY']);
  });

  it.each(['ready\n', 'hello', '\nREADY\n', 'READY \n', 'X'])(
    '%j at the beginning is not understood',
    (text) => {
      const { protocol, noted } = speak();
      protocol.take(Buffer.from(text));
      protocol.take(Buffer.from('READY\n'));
      expect(noted).toEqual(['UNKNOWN']);
    },
  );

  it('something while nobody has asked is not understood any more', () => {
    const { protocol, noted } = speak();
    protocol.take(Buffer.from('READY\n'));
    protocol.take(Buffer.from('x'));
    protocol.take(Buffer.from('READY\n'));
    expect(noted).toEqual(['READY', 'UNKNOWN']);
  });

  it('very much is not kept', () => {
    const { protocol, noted } = speak();
    protocol.take(Buffer.from('READY\n'));
    protocol.sent();
    protocol.take(Buffer.from('RESULT 900000000000000\n'));
    const before = process.memoryUsage().arrayBuffers;
    for (let count = 0; count < 2000; count++) protocol.take(Buffer.alloc(64 * 1024));
    globalThis.gc?.();
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(64 * 1024 * 1024);
    expect(noted).toEqual(['READY', 'BUSY']);
    const other = answer('x'.repeat(5000));
    expect(other.state).toBe('UNKNOWN');
  });
});
