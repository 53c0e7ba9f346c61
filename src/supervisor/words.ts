/**
 * The lines that supervisor, keeper and logger speak: words separated by one space; in a word every byte that is not visible
 * ASCII, and `%`, is `%XX`; `%` alone is the empty word. (native/keeper/words.h is the other side.)
 */
import type { Socket } from 'node:net';
import type { Bytes } from '../process/bytes';

export function encodeWord(word: Bytes): string {
  const bytes = typeof word === 'string' ? Buffer.from(word) : word;
  if (bytes.length === 0) return '%';
  let text = '';
  for (const byte of bytes) {
    const visible = byte > 0x20 && byte < 0x7f && byte !== 0x25;
    text += visible ? String.fromCharCode(byte) : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
  }
  return text;
}

export function decodeWord(text: string): string {
  if (text === '%') return '';
  if (!text.includes('%')) return text;
  const bytes = text.replace(/%([0-9A-Fa-f]{2})/g, (_, digits: string) =>
    String.fromCharCode(Number.parseInt(digits, 16)),
  );
  return Buffer.from(bytes, 'latin1').toString();
}

export function encodeLine(words: readonly Bytes[]): string {
  return `${words.map(encodeWord).join(' ')}\n`;
}

/** Calls with the words of each line that arrives. */
export function onLines(socket: Socket, callback: (words: string[]) => void): void {
  let rest = '';
  socket.setEncoding('latin1').on('data', (text: string) => {
    const lines = (rest + text).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) callback(line.split(' ').map(decodeWord));
  });
}
