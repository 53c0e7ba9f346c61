/** Arguments, environment and file names are bytes to the kernel. A string stands for its UTF-8. */
import { isAscii } from 'node:buffer';

/** A string for its UTF-8, or the bytes themselves where they are none. */
export type Bytes = string | Uint8Array;

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

export function toBuffer(bytes: Bytes): Buffer {
  return typeof bytes === 'string' ? Buffer.from(bytes) : Buffer.from(bytes);
}

/** A string where the bytes are valid UTF-8, else the bytes. */
export function fromBuffer(buffer: Uint8Array): Bytes {
  try {
    return decoder.decode(buffer);
  } catch {
    return buffer;
  }
}

/** Entries that each end with a NUL byte. */
export function splitAtNul(block: Buffer): Bytes[] {
  // Nearly always, and much faster.
  if (isAscii(block)) return block.toString('latin1').split('\0').slice(0, -1);
  const entries: Bytes[] = [];
  for (let at = 0; at < block.length; ) {
    const nul = block.indexOf(0, at);
    const end = nul === -1 ? block.length : nul;
    entries.push(fromBuffer(block.subarray(at, end)));
    at = end + 1;
  }
  return entries;
}

/** For people: invalid bytes become U+FFFD. */
export function toText(bytes: Bytes): string {
  return typeof bytes === 'string' ? bytes : Buffer.from(bytes).toString();
}

export function concat(...parts: Bytes[]): Bytes {
  if (parts.every((part) => typeof part === 'string')) return parts.join('');
  return Buffer.concat(parts.map(toBuffer));
}

export function includes(bytes: Bytes, character: string): boolean {
  return typeof bytes === 'string' ? bytes.includes(character) : toBuffer(bytes).includes(character);
}

export function startsWith(bytes: Bytes, text: string): boolean {
  return typeof bytes === 'string'
    ? bytes.startsWith(text)
    : toBuffer(bytes.subarray(0, text.length)).equals(Buffer.from(text));
}
