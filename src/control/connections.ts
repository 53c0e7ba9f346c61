/**
 * The connections of one server: how many, and how long one may take for a request. One that waits between two requests costs
 * no timer, and may stay until there is no room for others.
 */
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/** For the head of a request, and then for its body. */
const HEAD_MS = 10_000;
const BODY_MS = 30_000;
/** Requests that come before the answers to those before them. */
const MOST_AHEAD = 256;
/** More are cut off at once. */
const MOST = 1024;
/** Above this, those that wait make room for new ones. */
const MOST_WAITING = 512;
/** So that the end of a machine is noticed. */
const KEEP_ALIVE_MS = 60_000;

interface Connection {
  socket: Socket;
  timer: NodeJS.Timeout | undefined;
  /** Requests that are not answered yet. */
  requests: number;
}

export class Connections {
  /** Those that were used last at the end. */
  readonly #connections = new Map<Socket, Connection>();

  constructor(server: Server) {
    server.maxConnections = MOST;
    server.on('connection', (socket) => this.#add(socket));
    server.prependListener('request', (request, response) => this.#begin(request, response));
  }

  #add(socket: Socket): void {
    const connection: Connection = { socket, timer: undefined, requests: 0 };
    this.#connections.set(socket, connection);
    this.#limit(connection, HEAD_MS);
    if (this.#connections.size > MOST_WAITING) this.#makeRoom();
    socket.setKeepAlive(true, KEEP_ALIVE_MS);
    socket.setNoDelay(true);
    // One for each request that is waiting.
    socket.setMaxListeners(0);
    // After the parser, which has been told first.
    socket.on('data', () => {
      if (connection.requests === 0 && !connection.timer) this.#limit(connection, HEAD_MS);
    });
    socket.on('close', () => {
      clearTimeout(connection.timer);
      this.#connections.delete(socket);
    });
  }

  #makeRoom(): void {
    for (const { socket, requests, timer } of this.#connections.values()) {
      if (requests > 0 || timer) continue;
      this.#connections.delete(socket);
      socket.destroy();
      return;
    }
  }

  #limit(connection: Connection, milliseconds: number): void {
    this.#unlimit(connection);
    connection.timer = setTimeout(() => connection.socket.destroy(), milliseconds);
  }

  #unlimit(connection: Connection): void {
    clearTimeout(connection.timer);
    connection.timer = undefined;
  }

  #begin(request: IncomingMessage, response: ServerResponse): void {
    const connection = this.#connections.get(request.socket);
    if (!connection) return;
    connection.requests++;
    this.#unlimit(connection);
    // Each is kept until its turn comes, which it never may: behind a log that is followed.
    if (connection.requests > MOST_AHEAD) request.socket.destroy();
    const { 'content-length': length = '0', 'transfer-encoding': encoding } = request.headers;
    if (length !== '0' || encoding !== undefined) {
      this.#limit(connection, BODY_MS);
      request.once('end', () => this.#unlimit(connection));
    }
    response.once('close', () => {
      connection.requests--;
      this.#unlimit(connection);
      if (!this.#connections.delete(request.socket)) return;
      if (!request.socket.destroyed) this.#connections.set(request.socket, connection);
    });
  }
}
