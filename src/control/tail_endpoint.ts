/** `/logtail/NAME[/CHANNEL]` and `/mainlogtail`: the end of a log, and whatever comes. */
import { once } from 'node:events';
import type { Supervisor } from '../supervisor/supervisor';
import { type Endpoint, type Exchange, refuse } from './exchange';
import { Fault } from './faults';
import { LogTail } from './log_tail';
import { findProcess } from './names';

/** Of what is there already. */
const HEAD_BYTES = 1024;

async function tail(exchange: Exchange, file: string): Promise<void> {
  const { response, signal } = exchange;
  const log = new LogTail(file, async (bytes) => {
    if (signal.aborted || response.write(bytes)) return;
    await once(response, 'drain', { signal }).catch(() => undefined);
  });
  try {
    const written = await log.begin(HEAD_BYTES);
    if (!written) return refuse(exchange, 404);
    response.writeHead(200, {
      'Content-Type': 'text/plain;charset=utf-8',
      'Last-Modified': written.toUTCString(),
      'X-Content-Type-Options': 'nosniff',
      'Cache-Control': 'no-store',
      // So that a proxy passes it on at once.
      'X-Accel-Buffering': 'no',
    });
    response.flushHeaders();
    if (exchange.request.method === 'HEAD') return void response.end();
    log.flow();
    if (!signal.aborted) await once(signal, 'abort');
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    refuse(exchange, 404);
  } finally {
    await log.close();
  }
}

/** NAME[/CHANNEL]; undefined: there is no such log. */
function fileOf(supervisor: Supervisor, rest: string): string | undefined {
  const [name = '', channel = 'stdout'] = rest.split('/', 2);
  if (channel !== 'stdout' && channel !== 'stderr') return undefined;
  try {
    return findProcess(supervisor, name).channels.logFile(channel);
  } catch (error) {
    if (error instanceof Fault) return undefined;
    throw error;
  }
}

class TailEndpoint implements Endpoint {
  readonly #prefix: string;
  readonly #file: (rest: string) => string | undefined;

  constructor(prefix: string, file: (rest: string) => string | undefined) {
    this.#prefix = prefix;
    this.#file = file;
  }

  answers(path: string): boolean {
    return path.startsWith(this.#prefix);
  }

  handle(exchange: Exchange): void | Promise<void> {
    if (!['GET', 'HEAD'].includes(exchange.request.method ?? ''))
      return refuse(exchange, 400, { Allow: 'GET, HEAD' });
    const file = this.#file(exchange.path.slice(this.#prefix.length));
    return file === undefined ? refuse(exchange, 404) : tail(exchange, file);
  }
}

export function tailEndpoints(supervisor: Supervisor): Endpoint[] {
  return [
    new TailEndpoint('/logtail/', (rest) => fileOf(supervisor, rest)),
    new TailEndpoint('/mainlogtail', () => supervisor.log.file),
  ];
}
