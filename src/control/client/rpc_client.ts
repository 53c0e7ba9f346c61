/** A client of one supervisor: XML-RPC and streams of logs over its HTTP server. */
import http, { type ClientRequest, type IncomingMessage } from 'node:http';
import type { Credentials } from '../../config/model';
import { invalid } from '../../errors';
import { decodeResponse } from '../decode';
import { encodeCall } from '../encode';
import type { RpcValue } from '../values';
import { ConnectionFailure, HttpFailure, RpcFault } from './failures';
import type { ServerAddress } from './server_url';

const UNKNOWN_METHOD = 1;
/** Of an answer: whoever sends more means no good. */
const MOST_BYTES = 256 * 1024 * 1024;

interface Asked {
  method: 'GET' | 'POST';
  path: string;
  headers?: Record<string, string | number>;
  body?: string;
  signal?: AbortSignal | undefined;
}

export class RpcClient {
  readonly address: ServerAddress;
  readonly #credentials: Credentials | undefined;
  #agent: http.Agent | undefined;

  constructor(address: ServerAddress, credentials?: Credentials) {
    this.address = address;
    this.#credentials = credentials;
  }

  /** @throws RpcFault, HttpFailure, ConnectionFailure, TdaemonError (`invalid`: it is no answer), what the signal was aborted with */
  async call(
    method: string,
    params: readonly RpcValue[] = [],
    { signal }: { signal?: AbortSignal | undefined } = {},
  ): Promise<RpcValue> {
    const body = encodeCall(method, params);
    const headers = {
      'Content-Type': 'text/xml',
      Accept: 'text/xml',
      'Content-Length': Buffer.byteLength(body),
    };
    const response = await this.#ask({ method: 'POST', path: '/RPC2', headers, body, signal });
    const answer = decodeResponse(await read(response, signal));
    if ('fault' in answer) throw RpcFault.of(answer.fault);
    return answer.value;
  }

  /** The same, where a supervisord knows no such method: undefined. */
  async callOurs(...call: Parameters<RpcClient['call']>): Promise<RpcValue | undefined> {
    try {
      return await this.call(...call);
    } catch (error) {
      if (error instanceof RpcFault && error.code === UNKNOWN_METHOD) return undefined;
      throw error;
    }
  }

  /** What comes at a path for as long as it comes. @throws as `call` */
  stream(path: string, signal: AbortSignal | undefined): Promise<IncomingMessage> {
    const encoded = path.split('/').map(encodeURIComponent).join('/').replaceAll('%3A', ':');
    return this.#ask({ method: 'GET', path: encoded, headers: { Accept: '*/*' }, signal });
  }

  /** Connections that wait for another call. */
  close(): void {
    this.#agent?.destroy();
    this.#agent = undefined;
  }

  async #request(asked: Asked): Promise<ClientRequest> {
    const { address } = this;
    const { request, Agent } = address.isSecure ? await import('node:https') : http;
    // A log that is followed keeps its connection.
    this.#agent ??= new Agent({ keepAlive: true });
    const headers: Record<string, string | number> = { Host: address.host, ...asked.headers };
    if (this.#credentials) {
      const { username, password } = this.#credentials;
      headers.Authorization = `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
    }
    const path = address.prefix + asked.path;
    return request({ ...address.to, agent: this.#agent, method: asked.method, path, headers });
  }

  async #ask(asked: Asked): Promise<IncomingMessage> {
    const { signal } = asked;
    const request = await this.#request(asked);
    return new Promise((resolve, reject) => {
      const abandon = () => request.destroy(signal?.reason as Error);
      signal?.addEventListener('abort', abandon);
      request.on('close', () => signal?.removeEventListener('abort', abandon));
      request.on('error', (error: NodeJS.ErrnoException) =>
        reject(signal?.aborted ? error : new ConnectionFailure(error)),
      );
      request.on('response', (response) => {
        const { statusCode = 0, statusMessage = '' } = response;
        if (statusCode === 200) return resolve(response);
        response.resume();
        request.destroy();
        reject(new HttpFailure(statusCode, statusMessage));
      });
      if (signal?.aborted) abandon();
      else request.end(asked.body);
    });
  }
}

function read(response: IncomingMessage, signal: AbortSignal | undefined): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const parts: Buffer[] = [];
    let length = 0;
    response.on('data', (part: Buffer) => {
      parts.push(part);
      length += part.length;
      if (length > MOST_BYTES) response.destroy(invalid('the answer is too long'));
    });
    response.on('end', () => resolve(Buffer.concat(parts)));
    response.on('error', (error: NodeJS.ErrnoException) =>
      reject(error.code === 'ECONNRESET' && !signal?.aborted ? new ConnectionFailure(error) : error),
    );
  });
}
