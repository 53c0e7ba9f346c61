/** The body of a request, up to a size. */
import type { IncomingMessage } from 'node:http';

/** Of all large requests that are being read. Small ones, which nearly all are, have room whatever others declare. */
const MOST_AT_ONCE = 64 * 1024 * 1024;
const LARGE = 64 * 1024;
let reading = 0;

/** The number that stands in its place is an HTTP status: what is wrong with it. Undefined: the client has gone. */
export async function readBody(request: IncomingMessage, most: number): Promise<Buffer | number | undefined> {
  const header = request.headers['content-length'];
  if (header === undefined) return 411;
  const length = Number(header);
  if (!Number.isSafeInteger(length) || length > most) return 413;
  const counted = length > LARGE ? length : 0;
  if (counted > 0 && reading + counted > MOST_AT_ONCE) return 503;
  reading += counted;
  try {
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part as Buffer);
    return Buffer.concat(parts);
  } catch {
    return undefined;
  } finally {
    reading -= counted;
  }
}
