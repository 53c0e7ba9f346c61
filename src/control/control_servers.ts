/** All HTTP servers that a configuration has. */
import type { Config, InetServerConfig } from '../config/model';
import type { KeeperLink } from '../supervisor/keeper_link';
import type { Endpoint } from './exchange';
import { HeldDescriptors } from './held_descriptors';
import { HttpServer } from './http_server';
import { discardOthers, hostText, listenTcp } from './listeners';
import type { ControlHost } from './method';
import { MethodTable } from './method_table';
import { HealthEndpoint } from './metrics/health_endpoint';
import { MetricsEndpoint } from './metrics/metrics_endpoint';
import { PageEndpoint } from './page/page_endpoint';
import { RpcEndpoint } from './rpc_endpoint';
import { tailEndpoints } from './tail_endpoint';
import { UnixServer } from './unix_server';

const inetUrl = ({ host, port }: InetServerConfig) => `http://${hostText(host) || 'localhost'}:${port}`;

/** Where programs find their supervisor: SUPERVISOR_SERVER_URL. */
export function serverUrlOf({ unixServers, inetServers }: Config): string | undefined {
  const [unix] = unixServers;
  const [inet] = inetServers;
  if (unix) return `unix://${unix.file}`;
  return inet && inetUrl(inet);
}

interface InetServer {
  config: InetServerConfig;
  descriptor: number;
  server?: HttpServer;
}

export class ControlServers {
  readonly #host: ControlHost;
  readonly #held: HeldDescriptors;
  readonly #endpoints: readonly Endpoint[];
  readonly #unix: UnixServer[];
  readonly #inet: InetServer[] = [];

  constructor(host: ControlHost, keeper: KeeperLink, runtimeDirectory: string) {
    const { config, log } = host.supervisor;
    this.#host = host;
    this.#held = new HeldDescriptors(keeper);
    const methods = new MethodTable(config.hasRpcInterface);
    this.#endpoints = [
      new RpcEndpoint(host, methods),
      ...tailEndpoints(host.supervisor),
      new PageEndpoint(host, methods),
      new MetricsEndpoint(host),
      new HealthEndpoint(host),
    ];
    const { unixServers } = config;
    const parts = { runtimeDirectory, held: this.#held, endpoints: this.#endpoints, log };
    this.#unix = unixServers.map((server) => new UnixServer({ ...parts, config: server }));
  }

  /** From now on clients can connect, and wait. @throws TdaemonError, also where somebody else listens */
  async listen(): Promise<void> {
    const { unixServers, inetServers } = this.#host.supervisor.config;
    await discardOthers(unixServers, inetServers, this.#held);
    for (const server of this.#unix) await server.listen();
    for (const config of inetServers)
      this.#inet.push({ config, descriptor: await listenTcp(config, this.#held) });
  }

  /** From now on they get answers. */
  async serve(): Promise<void> {
    const { log } = this.#host.supervisor;
    for (const server of this.#unix) await server.serve();
    for (const each of this.#inet) {
      const { credentials, allowedHosts } = each.config;
      const rules = { name: inetUrl(each.config), kind: 'tcp' as const, credentials, allowedHosts };
      each.server = new HttpServer(rules, this.#endpoints, log);
      await each.server.serve(each.descriptor);
    }
  }

  /** @param forGood: no supervisor comes after us */
  async close(forGood: boolean): Promise<void> {
    await Promise.all([
      ...this.#unix.map((server) => server.close(forGood)),
      ...this.#inet.map(({ server }) => server?.close()),
    ]);
  }
}
