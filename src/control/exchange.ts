/** One request and its answer, and who answers what. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Credentials } from '../config/model';

/** Whom a server serves. */
export interface ServerRules {
  /** For the log: `unix:///run/x.sock`, `http://127.0.0.1:9001`. */
  readonly name: string;
  readonly kind: 'unix' | 'tcp';
  readonly credentials: Credentials | undefined;
  readonly allowedHosts: readonly string[];
}

export interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** Decoded, without the query. */
  readonly path: string;
  readonly query: URLSearchParams;
  /** Aborted when the client has gone. */
  readonly signal: AbortSignal;
  readonly rules: ServerRules;
}

export interface Endpoint {
  answers(path: string): boolean;
  /** What it throws is a failure of ours. */
  handle(exchange: Exchange): void | Promise<void>;
}

/** For a client that does not take what it has asked for. */
const ANSWER_MS = 60_000;

/** A body that is worth reading to its end: a client that still writes may not see an answer. */
const SMALL_BODY = 64 * 1024;

/** The connection ends with the answer where there is too much of the request still to come. */
function hasMuchToCome({ complete, headers }: IncomingMessage): boolean {
  const { 'content-length': length = '0', 'transfer-encoding': encoding } = headers;
  return !complete && (encoding !== undefined || Number(length) > SMALL_BODY);
}

export function answer(
  { request, response }: Exchange,
  status: number,
  type: string,
  body: string | Buffer,
  headers: Record<string, string> = {},
): void {
  if (response.headersSent || response.destroyed) return;
  const bytes = typeof body === 'string' ? Buffer.from(body) : body;
  const timer = setTimeout(() => response.destroy(), ANSWER_MS);
  response.on('close', () => clearTimeout(timer));
  response.writeHead(status, {
    'Content-Type': type,
    'Content-Length': bytes.length,
    'X-Content-Type-Options': 'nosniff',
    'Cache-Control': 'no-store',
    ...(hasMuchToCome(request) && { Connection: 'close' }),
    ...headers,
  });
  response.end(bytes);
}

const REASONS: Record<number, string> = {
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  405: 'Method Not Allowed',
  411: 'Length Required',
  413: 'Content Too Large',
  415: 'Unsupported Media Type',
  500: 'Internal Server Error',
  503: 'Service Unavailable',
};

export function refuse(exchange: Exchange, status: number, headers: Record<string, string> = {}): void {
  answer(exchange, status, 'text/plain;charset=utf-8', `${REASONS[status] ?? status}\n`, headers);
}
