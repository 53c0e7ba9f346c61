/** The listening sockets of one process: as descriptor 0 (FastCGI), or from 3 up (sd_listen_fds(3)). */
import path from 'node:path';
import type { ProcessConfig, SocketConfig } from '../config/model';
import type { Plan } from '../daemon/plan';
import { invalid } from '../errors';
import { resolveAccount } from '../process/account';
import { setVariable } from '../process/environment';
import type { ListeningSockets } from './listening_sockets';

/** SD_LISTEN_FDS_START. */
const FIRST = 3;
/** The program's, and of those whom it has in its group. */
const SOCKET_MODE = 0o660;

/** Names must not hold what separates them: the file's, or the port. */
function nameOf({ address }: SocketConfig): string {
  return address.kind === 'tcp' ? String(address.port) : path.basename(address.path).replace(/[:\s]/g, '_');
}

export class ProgramSockets {
  readonly #all: ListeningSockets;
  readonly #claimant: string;

  /** Of the socket that is there only as long as somebody runs who has it. */
  get #running(): string {
    return `${this.#claimant} runs`;
  }

  /** @param claimant unique among processes */
  constructor(all: ListeningSockets, claimant: string) {
    this.#all = all;
    this.#claimant = claimant;
  }

  /**
   * Opens those of `sockets`, which are there whether the program runs or not.
   *
   * @throws TdaemonError: one cannot be had. Each start tries again.
   */
  async open(config: ProcessConfig): Promise<void> {
    await Promise.all(
      [...config.sockets, ...(config.fcgi ? [config.fcgi] : [])].map((each) => this.#all.prepare(each)),
    );
    this.#claim(config);
  }

  #claim(config: ProcessConfig): number[] {
    if (config.sockets.length === 0) return [];
    const ids = resolveAccount(config.user?.uid, undefined)?.ids;
    const rights = { mode: SOCKET_MODE, ...(ids && { owner: { uid: ids.uid, gid: ids.gid } }) };
    return config.sockets.map((socket) => this.#all.claim(this.#claimant, { ...socket, ...rights }));
  }

  /** For one start. @throws TdaemonError: one cannot be had */
  arrange(config: ProcessConfig, { spawn, environment }: Plan): void {
    if (config.fcgi)
      spawn.stdio[0] = { kind: 'inherit', descriptor: this.#all.claim(this.#running, config.fcgi) };
    const descriptors = this.#claim(config);
    if (descriptors.length === 0) return;
    const passes = spawn.passes ?? [];
    const last = FIRST + descriptors.length - 1;
    const taken = passes.find(({ to }) => to <= last);
    if (taken)
      throw invalid(`ready: descriptor ${taken.to} is a socket's: those from ${FIRST} to ${last} are`);
    spawn.passes = [...passes, ...descriptors.map((from, at) => ({ from, to: FIRST + at }))];
    setVariable(environment, 'LISTEN_FDS', String(descriptors.length));
    setVariable(environment, 'LISTEN_FDNAMES', config.sockets.map(nameOf).join(':'));
    environment.delete('LISTEN_PID');
    spawn.env = [...environment.values()];
    spawn.listenPid = true;
  }

  /** It runs, and has them since before us. */
  adopt(config: ProcessConfig): void {
    if (config.fcgi) this.#all.claimAgain(this.#running, config.fcgi);
    for (const socket of config.sockets) this.#all.claimAgain(this.#claimant, socket);
  }

  /** It runs no more, and is not to. */
  rest(): void {
    this.#all.release(this.#running);
  }

  /** It is no more. */
  close(): void {
    this.#all.release(this.#running);
    this.#all.release(this.#claimant);
  }
}
