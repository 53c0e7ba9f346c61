/** Answers what the web page asks for: its files, one stream of events, and actions. */
import { randomBytes } from 'node:crypto';
import { type Exchange, refuse } from '../exchange';
import type { ControlHost } from '../method';
import type { MethodTable } from '../method_table';
import { Actor } from './actor';
import { Feed } from './feed';
import { sendFile } from './files';
import { openStream } from './open_stream';

/** @returns whether it is one of these; else it has been refused */
export function isMethod(exchange: Exchange, ...allowed: string[]): boolean {
  if (allowed.includes(exchange.request.method ?? '')) return true;
  refuse(exchange, 405, { Allow: allowed.join(', ') });
  return false;
}

export class Page {
  readonly #feed: Feed;
  readonly #actor: Actor;

  constructor(host: ControlHost, table: MethodTable) {
    // Anew with each supervisor: a page gets it with the first event of its stream, which no other site can read.
    const token = randomBytes(32).toString('base64url');
    this.#feed = new Feed(host, token);
    this.#actor = new Actor({
      host,
      table,
      token,
      expect: (id) => this.#feed.expectOutcome(id),
      tell: (outcome) => this.#feed.tellOutcome(outcome),
    });
  }

  async handle(exchange: Exchange): Promise<void> {
    const { path } = exchange;
    if (path === '/act') {
      if (isMethod(exchange, 'POST')) await this.#actor.handle(exchange);
    } else if (path === '/events') {
      if (isMethod(exchange, 'GET')) await openStream(exchange, this.#feed);
    } else if (isMethod(exchange, 'GET', 'HEAD')) sendFile(exchange);
  }
}
