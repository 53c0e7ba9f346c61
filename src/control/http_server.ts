/** A server of node:http on a socket that listens already: who may ask, and who answers. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { MainLog } from '../supervisor/main_log';
import { isAuthorized } from './authentication';
import { Connections } from './connections';
import { type Endpoint, type Exchange, refuse, type ServerRules } from './exchange';
import { isForeign, isKnownHost } from './origin';
import { Refusals } from './refusals';

/** Node looks for slow clients every so often, also while there are none; Connections does it better. */
const NEVER = 2 ** 31 - 1;
const LONGEST_HEAD = 16 * 1024;
/** A thousand may come at once; the kernel takes less where somaxconn is lower. */
const BACKLOG = 4096;
/** For answers that are still on their way at the end. */
const LAST_ANSWERS_MS = 1000;

const AUTHENTICATE = { 'WWW-Authenticate': 'Basic realm="default"' };

export class HttpServer {
  readonly #rules: ServerRules;
  readonly #endpoints: readonly Endpoint[];
  readonly #log: MainLog;
  readonly #refusals: Refusals;
  readonly #server: Server;
  readonly #responses = new Set<ServerResponse>();
  /** When the last request of a connection is answered. */
  readonly #last = new WeakMap<Socket, Promise<void>>();
  #isClosing = false;

  constructor(rules: ServerRules, endpoints: readonly Endpoint[], log: MainLog) {
    this.#rules = rules;
    this.#endpoints = endpoints;
    this.#log = log;
    this.#refusals = new Refusals(log, rules.name);
    this.#server = createServer({
      connectionsCheckingInterval: NEVER,
      headersTimeout: 0,
      requestTimeout: 0,
      keepAliveTimeout: 0,
      maxHeaderSize: LONGEST_HEAD,
      requireHostHeader: false,
    });
    new Connections(this.#server);
    this.#server.on('request', (request, response) => void this.#serve(request, response));
  }

  /** @param descriptor of a listening socket; closed at the end */
  serve(descriptor: number): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen({ fd: descriptor }, BACKLOG, () => {
        this.#server.off('error', reject);
        // One connection that could not be accepted is no reason to end.
        this.#server.on('error', (error) => this.#log.say('error', `${this.#rules.name}: ${error.message}`));
        resolve();
      });
    });
  }

  /** Nobody new is served; answers that are ready are sent, streams end. */
  async close(): Promise<void> {
    this.#isClosing = true;
    const closed = new Promise((resolve) => this.#server.close(resolve));
    // What has begun and has no end is a stream.
    for (const response of this.#responses)
      if (response.headersSent && !response.writableEnded) response.end();
    const timer = setTimeout(() => this.#server.closeAllConnections(), LAST_ANSWERS_MS);
    await closed;
    clearTimeout(timer);
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { socket } = request;
    const gone = new AbortController();
    const before = this.#last.get(socket);
    const answered = new Promise<void>((resolve) => {
      const end = () => {
        socket.off('close', end);
        this.#responses.delete(response);
        gone.abort();
        resolve();
        if (this.#isClosing) socket.end();
      };
      // One whose turn has not come yet does not hear of the end of its connection.
      socket.on('close', end);
      response.on('close', end).on('error', () => undefined);
      if (socket.closed) end();
    });
    this.#responses.add(response);
    this.#last.set(socket, answered);
    // Many requests may come in one packet: one after the other.
    if (before) await before;
    if (gone.signal.aborted) return;
    const { path, query } = splitUrl(request.url ?? '');
    const exchange: Exchange = { request, response, path, query, signal: gone.signal, rules: this.#rules };
    if (!this.#mayPass(exchange)) return;
    const endpoint = this.#endpoints.find((each) => each.answers(path));
    if (endpoint) await this.#handle(endpoint, exchange);
    else refuse(exchange, 404);
  }

  #mayPass(exchange: Exchange): boolean {
    const { headers } = exchange.request;
    const { credentials, allowedHosts, kind } = this.#rules;
    if (isForeign(headers, allowedHosts)) this.#turnAway(exchange, 403, 'it comes from another site');
    else if (kind === 'tcp' && !credentials && !isKnownHost(headers.host, allowedHosts))
      this.#turnAway(exchange, 403, 'its Host is not ours (allowed_hosts)');
    else if (credentials && !isAuthorized(headers.authorization, credentials))
      this.#turnAway(exchange, 401, 'wrong name or password', AUTHENTICATE);
    else return true;
    return false;
  }

  #turnAway(exchange: Exchange, status: number, why: string, headers: Record<string, string> = {}): void {
    const { request } = exchange;
    // Who asks without a password is told that one is needed: every browser begins so.
    if (status !== 401 || request.headers.authorization !== undefined)
      this.#refusals.say(request.socket.remoteAddress ?? 'a local user', why);
    refuse(exchange, status, headers);
  }

  async #handle(endpoint: Endpoint, exchange: Exchange): Promise<void> {
    try {
      await endpoint.handle(exchange);
    } catch (error) {
      const { stack, message } = error as Error;
      this.#log.say('critical', `${this.#rules.name}: ${stack ?? message}`);
      if (exchange.response.headersSent) exchange.response.destroy();
      else refuse(exchange, 500);
    }
  }
}

/** What cannot be decoded is no path of anybody's. */
function splitUrl(url: string): { path: string; query: URLSearchParams } {
  const [path = '', ...query] = url.split('?');
  try {
    return { path: decodeURIComponent(path), query: new URLSearchParams(query.join('?')) };
  } catch {
    return { path: '', query: new URLSearchParams() };
  }
}
