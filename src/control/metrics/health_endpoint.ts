/** `GET /health[?name=NAME…]`: for whoever decides by a status alone, such as a container's or a load balancer's check. */
import { preferred } from '../accept';
import { answer, type Endpoint, type Exchange, refuse } from '../exchange';
import { Fault } from '../faults';
import type { ControlHost } from '../method';
import { type Health, healthOf, inWords, isHealthy } from './health';

export class HealthEndpoint implements Endpoint {
  readonly #host: ControlHost;

  constructor(host: ControlHost) {
    this.#host = host;
  }

  answers(path: string): boolean {
    return path === '/health';
  }

  handle(exchange: Exchange): void | Promise<void> {
    const { method = '', headers } = exchange.request;
    if (!['GET', 'HEAD'].includes(method)) return refuse(exchange, 405, { Allow: 'GET, HEAD' });
    let health: Health;
    try {
      health = healthOf(this.#host.supervisor, exchange.query.getAll('name'));
    } catch (error) {
      if (!(error instanceof Fault)) throw error;
      return refuse(exchange, 404);
    }
    const healthy = isHealthy(health);
    const isJson = preferred(headers.accept, ['text/plain', 'application/json']) === 'application/json';
    const body = isJson ? `${JSON.stringify({ healthy, ...health })}\n` : inWords(health);
    const type = isJson ? 'application/json' : 'text/plain;charset=utf-8';
    answer(exchange, healthy ? 200 : 503, type, body, { Vary: 'Accept' });
  }
}
