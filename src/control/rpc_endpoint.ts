/** XML-RPC over HTTP. */
import type { MainLog } from '../supervisor/main_log';
import { readBody } from './body';
import { decodeCall, type MethodCall } from './decode';
import { encodeFault, encodeResponse } from './encode';
import { answer, type Endpoint, type Exchange, refuse } from './exchange';
import type { Call, ControlHost } from './method';
import { faultOf, type MethodTable } from './method_table';

const MOST_BYTES = 2 * 1024 * 1024;
const TYPE = /^\s*(?:text|application)\/xml\s*(?:;|$)/i;

export class RpcEndpoint implements Endpoint {
  readonly #host: ControlHost;
  readonly #table: MethodTable;
  readonly #log: MainLog;

  constructor(host: ControlHost, table: MethodTable) {
    this.#host = host;
    this.#table = table;
    this.#log = host.supervisor.log;
  }

  answers(path: string): boolean {
    return path.startsWith('/RPC2');
  }

  async handle(exchange: Exchange): Promise<void> {
    const { request } = exchange;
    if (request.method !== 'POST') return refuse(exchange, 400, { Allow: 'POST' });
    // A form of another site can send text/plain without asking.
    if (!TYPE.test(request.headers['content-type'] ?? '')) return refuse(exchange, 415);
    const body = await readBody(request, MOST_BYTES);
    if (body === undefined) return;
    if (typeof body === 'number') return refuse(exchange, body);
    let called: MethodCall;
    try {
      called = decodeCall(body);
    } catch (error) {
      this.#log.say('error', `XML-RPC request is invalid: ${(error as Error).message.slice(0, 200)}`);
      return refuse(exchange, 400);
    }
    const document = await this.#call(called, exchange.signal);
    if (!exchange.signal.aborted) answer(exchange, 200, 'text/xml', document);
  }

  async #call({ method, params }: MethodCall, signal: AbortSignal): Promise<string> {
    const { supervisor } = this.#host;
    const call: Call = { host: this.#host, supervisor, signal };
    this.#log.say('trace', `XML-RPC method called: ${method.slice(0, 100)}()`);
    try {
      return encodeResponse(await this.#table.call(call, method, params));
    } catch (error) {
      const { code, message } = faultOf(error);
      return encodeFault(code, message);
    }
  }
}
