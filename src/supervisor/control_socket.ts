/** A plain way to ask and tell a supervisor: a unix socket for its owner, one JSON object a line. */
import { rmSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { TdaemonError } from '../errors';
import { STATES } from './states';
import type { SupervisedProcess } from './supervised_process';
import type { Supervisor } from './supervisor';

export interface Ends {
  shutdown(): void;
  restart(): void;
  handover(): void;
  /** A REMOTE_COMMUNICATION event. */
  remote(type: string, data: string): void;
}

const LONGEST_REQUEST = 64 * 1024;

type Method = (...parameters: string[]) => unknown;

export class ControlSocket {
  readonly #supervisor: Supervisor;
  readonly #path: string;
  readonly #ends: Ends;
  readonly #connections = new Set<Socket>();
  #server: Server | undefined;
  #beginToServe: () => void = () => undefined;
  readonly #isServed = new Promise<void>((resolve) => {
    this.#beginToServe = resolve;
  });

  constructor(supervisor: Supervisor, path: string, ends: Ends) {
    this.#supervisor = supervisor;
    this.#path = path;
    this.#ends = ends;
  }

  /** In a directory of our own, locked: what is there is a leftover. */
  open(): Promise<void> {
    rmSync(this.#path, { force: true });
    return new Promise((resolve, reject) => {
      this.#server = createServer((socket) => this.#serve(socket))
        .once('error', reject)
        .listen(this.#path, resolve);
    });
  }

  /** From now on it answers: until then what a predecessor has left is not known yet. */
  serve(): void {
    this.#beginToServe();
  }

  async close(): Promise<void> {
    for (const socket of this.#connections) socket.end();
    await new Promise((resolve) => this.#server?.close(resolve) ?? resolve(undefined));
  }

  #serve(socket: Socket): void {
    this.#connections.add(socket);
    let rest = '';
    socket.setEncoding('utf8').on('error', () => socket.destroy());
    socket.on('close', () => this.#connections.delete(socket));
    socket.on('data', async (text: string) => {
      const lines = (rest + text).split('\n');
      rest = lines.pop() ?? '';
      if (rest.length > LONGEST_REQUEST) socket.destroy();
      for (const line of lines) socket.write(`${JSON.stringify(await this.#answer(line))}\n`);
    });
  }

  async #answer(line: string): Promise<unknown> {
    try {
      await this.#isServed;
      const [name = '', ...parameters] = JSON.parse(line) as string[];
      const method = Object.hasOwn(this.#methods, name) ? this.#methods[name] : undefined;
      if (!method) return { error: `no method '${name}'` };
      return { result: (await method(...parameters)) ?? null };
    } catch (error) {
      return { error: (error as Error).message };
    }
  }

  #process(name: string): SupervisedProcess {
    const [group = '', process = group] = name.split(':');
    const found = this.#supervisor.group(group)?.find(process);
    if (found) return found;
    throw new TdaemonError(`no process '${name}'`, { reason: 'not-found', code: 'ERR_TDAEMON_NAME' });
  }

  readonly #methods: Record<string, Method> = {
    status: () =>
      [...this.#supervisor.processes()].map((process) =>
        describe(process, this.#supervisor.pidBeside(process)),
      ),
    start: (name = '') => this.#supervisor.dependencies.start(this.#process(name)),
    stop: (name = '') => this.#supervisor.stop(this.#process(name)),
    signal: (name = '', number = '') => this.#process(name).signal(Number(number)),
    reread: () => this.#supervisor.reread(),
    add: (name = '') => this.#supervisor.addGroup(name),
    remove: (name = '') => this.#supervisor.removeGroup(name),
    'rolling-restart': (...names) =>
      this.#supervisor.rollingRestart(names.map((name) => this.#process(name))),
    pid: () => process.pid,
    shutdown: () => this.#ends.shutdown(),
    restart: () => this.#ends.restart(),
    handover: () => this.#ends.handover(),
    remote: (type = '', data = '') => this.#ends.remote(type, data),
  };
}

function describe(process: SupervisedProcess, pidBeside: number) {
  const { group, name, state, pid, startTime, spawnError, exitStatus, restarts, failures, waitingFor } =
    process;
  return {
    group,
    name,
    state,
    stateCode: STATES[state],
    pid,
    startTime,
    spawnError,
    exitStatus: exitStatus ?? null,
    restarts,
    failures,
    waitingFor,
    adopted: process.isAdopted,
    isolation: process.isolation,
    pidBeside,
    startedAt: process.startedAt,
    stoppedAt: process.stoppedAt,
    stdout: process.channels.logFile('stdout') ?? null,
    stderr: process.channels.logFile('stderr') ?? null,
  };
}
