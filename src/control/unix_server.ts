/** An HTTP server on a unix socket, whose file is made again when somebody removes it. */
import type { UnixServerConfig } from '../config/model';
import type { MainLog } from '../supervisor/main_log';
import type { Endpoint, ServerRules } from './exchange';
import type { HeldDescriptors } from './held_descriptors';
import { HttpServer } from './http_server';
import { listenUnix, unlistenUnix } from './listeners';
import type { SocketFile } from './socket_file';
import { WatchedSocket } from './watched_socket';

/** Its directory may be gone as well. */
const AGAIN_MS = 10_000;

export interface UnixServerParts {
  config: UnixServerConfig;
  runtimeDirectory: string;
  held: HeldDescriptors;
  endpoints: readonly Endpoint[];
  log: MainLog;
}

export class UnixServer {
  readonly #parts: UnixServerParts;
  #file: SocketFile | undefined;
  #server: HttpServer | undefined;
  #watched: WatchedSocket | undefined;
  #timer: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(parts: UnixServerParts) {
    this.#parts = parts;
  }

  get #rules(): ServerRules {
    const { file, credentials } = this.#parts.config;
    return { name: `unix://${file}`, kind: 'unix', credentials, allowedHosts: [] };
  }

  /** @throws TdaemonError */
  async listen(): Promise<void> {
    const { config, runtimeDirectory, held } = this.#parts;
    this.#file = await listenUnix(config, runtimeDirectory, held);
  }

  async serve(): Promise<void> {
    if (!this.#file) return;
    const { endpoints, log } = this.#parts;
    this.#server = new HttpServer(this.#rules, endpoints, log);
    await this.#server.serve(this.#file.descriptor);
    this.#watched = new WatchedSocket(this.#file, () => this.#restore());
  }

  async #restore(): Promise<void> {
    const { log, held } = this.#parts;
    const before = { file: this.#file, server: this.#server };
    try {
      await this.listen();
      await this.serve();
      log.say('warn', `${this.#rules.name} was removed by somebody: it is there again`);
      // Who is connected is served to the end.
      void before.server?.close();
      if (before.file) await unlistenUnix(before.file, held);
    } catch (error) {
      log.say('error', `${this.#rules.name} was removed by somebody: ${(error as Error).message}`);
      if (!this.#closed) this.#timer = setTimeout(() => void this.#restore(), AGAIN_MS);
    }
  }

  /** @param remove: nobody will listen there any more */
  async close(remove: boolean): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#timer);
    this.#watched?.close();
    // Before the file goes: whoever finds it must find somebody.
    const closed = this.#server?.close();
    // The keeper may be gone: nobody waits for its answer.
    if (remove && this.#file) void unlistenUnix(this.#file, this.#parts.held);
    await closed;
  }
}
