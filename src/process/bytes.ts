/** Arguments, environment and file names are bytes to the kernel. A string stands for its UTF-8. */
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
