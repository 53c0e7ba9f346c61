/** The web page's place among the endpoints. What answers is loaded when somebody asks: nobody may ever do. */
import type { Endpoint, Exchange } from '../exchange';
import type { ControlHost } from '../method';
import type { MethodTable } from '../method_table';
import type { Page } from './page';
import { PATHS } from './paths';

export class PageEndpoint implements Endpoint {
  readonly #host: ControlHost;
  readonly #table: MethodTable;
  #page: Promise<Page> | undefined;

  constructor(host: ControlHost, table: MethodTable) {
    this.#host = host;
    this.#table = table;
  }

  answers(path: string): boolean {
    return PATHS.has(path);
  }

  async handle(exchange: Exchange): Promise<void> {
    this.#page ??= import('./page').then(({ Page }) => new Page(this.#host, this.#table));
    await (await this.#page).handle(exchange);
  }
}
