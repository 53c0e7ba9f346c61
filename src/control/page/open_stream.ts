/** A page's stream: all that happens, and the logs that it shows. */
import { once } from 'node:events';
import { type Exchange, refuse } from '../exchange';
import type { Feed } from './feed';
import { SAFE } from './files';
import { ShownLog } from './shown_log';

const DEFAULT_BYTES = 64 * 1024;
const MOST_BYTES = 1024 * 1024;

/** How much of what is there comes first. */
function limitOf(text: string | null): number {
  const bytes = /^\d{1,9}$/.test(text ?? '') ? Number(text) : DEFAULT_BYTES;
  return Math.min(MOST_BYTES, bytes);
}

export async function openStream(exchange: Exchange, feed: Feed): Promise<void> {
  const { response, query, signal } = exchange;
  const looker = feed.join(response);
  if (!looker) return refuse(exchange, 503, { 'Retry-After': '10' });
  response.writeHead(200, {
    ...SAFE,
    'Content-Type': 'text/event-stream;charset=utf-8',
    'X-Content-Type-Options': 'nosniff',
    'Cache-Control': 'no-store',
    // So that a proxy passes each event on at once.
    'X-Accel-Buffering': 'no',
  });
  feed.greet(looker);
  const logs = ShownLog.of(feed.supervisor, query, looker, limitOf(query.get('limit')));
  for (const log of logs) log.open();
  if (!signal.aborted) await once(signal, 'abort');
  await Promise.all(logs.map((log) => log.close()));
}
