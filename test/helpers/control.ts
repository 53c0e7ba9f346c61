/** Clients of the HTTP servers: raw requests, and XML-RPC by our own codec. */
import http from 'node:http';
import { createConnection, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';
import { decodeResponse } from '../../src/control/decode';
import { encodeCall } from '../../src/control/encode';
import type { RpcValue } from '../../src/control/values';

export type Server = { socketPath: string } | { host: string; port: number };

export interface Answer {
  status: number;
  headers: http.IncomingHttpHeaders;
  body: string;
}

export interface Asked {
  method?: string;
  path?: string;
  headers?: Record<string, string>;
  body?: string | Uint8Array;
}

export function ask(
  to: Server,
  { method = 'GET', path = '/', headers = {}, body }: Asked = {},
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const request = http.request({ ...to, method, path, headers, agent: false }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (part: string) => {
        text += part;
      });
      response.on('error', reject);
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body: text }),
      );
    });
    request.on('error', reject);
    request.end(body);
  });
}

export const XML = { 'Content-Type': 'text/xml' };

export function post(
  to: Server,
  body: string | Uint8Array,
  headers: Record<string, string> = {},
): Promise<Answer> {
  const length = { 'Content-Length': String(Buffer.byteLength(body)) };
  return ask(to, { method: 'POST', path: '/RPC2', headers: { ...XML, ...length, ...headers }, body });
}

export const basic = (name: string, password: string) => ({
  Authorization: `Basic ${Buffer.from(`${name}:${password}`).toString('base64')}`,
});

export class RpcFault extends Error {
  readonly code: number;

  constructor(code: number, text: string) {
    super(text);
    this.code = code;
  }
}

/** The last part of the name of a method of `supervisor`, or all of it. */
export async function rpc<Result = unknown>(
  to: Server,
  method: string,
  ...params: RpcValue[]
): Promise<Result> {
  const name = method.includes('.') ? method : `supervisor.${method}`;
  const { status, body } = await post(to, encodeCall(name, params));
  if (status !== 200) throw new Error(`${status} ${body}`);
  const response = decodeResponse(body);
  if ('value' in response) return response.value as Result;
  const { faultCode, faultString } = response.fault as { faultCode: number; faultString: string };
  throw new RpcFault(faultCode, faultString);
}

/** A connection on which anything can be written. */
export interface Line {
  socket: Socket;
  /** All that has come. */
  text(): string;
  /** Resolves when the other side has ended it. */
  closed: Promise<void>;
}

export function dial(to: Server): Promise<Line> {
  const socket = 'socketPath' in to ? createConnection(to.socketPath) : createConnection(to.port, to.host);
  let text = '';
  socket.setEncoding('utf8').on('data', (part: string) => {
    text += part;
  });
  socket.on('error', () => undefined);
  onTestFinished(() => void socket.destroy());
  const closed = new Promise<void>((resolve) => socket.on('close', () => resolve()));
  return new Promise((resolve, reject) => {
    socket.once('error', reject);
    socket.once('connect', () => resolve({ socket, text: () => text, closed }));
  });
}
