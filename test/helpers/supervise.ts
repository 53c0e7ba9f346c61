/** A supervisor of a test's own, with a configuration in its scratch directory. */
import fs from 'node:fs';
import { createConnection } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { onTestFinished } from 'vitest';
import { cgroupBase } from '../../src/supervisor/cgroups';
import { runtimeDirectoryOf } from '../../src/supervisor/runtime_directory';
import type { State } from '../../src/supervisor/states';
import { eventually } from './eventually';
import { TDAEMON } from './paths';
import { childrenOf, commandLine, isAlive, mentioning } from './procfs';
import type { Scratch } from './scratch';
import { type Ran, run } from './tdaemon';

/** What the control socket says of a process. */
export interface Shown {
  group: string;
  name: string;
  state: State;
  pid: number;
  startTime: number;
  spawnError: string;
  exitStatus: number | null;
  restarts: number;
  failures: number;
  waitingFor: string[];
  adopted: boolean;
  isolation: 'cgroup' | 'group';
  /** While it is replaced. */
  pidBeside: number;
  stdout: string | null;
  stderr: string | null;
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended by itself.
  }
}

/** Who has a new one started for each that is killed needs more than one look. */
async function endAll(directory: string): Promise<void> {
  await eventually('the end of all', () => {
    const left = mentioning(directory);
    left.forEach(kill);
    return left.length === 0;
  });
}

export class Supervised {
  readonly at: Scratch;
  readonly configFile: string;
  readonly runtimeDirectory: string;

  constructor(at: Scratch, configFile: string) {
    this.at = at;
    this.configFile = configFile;
    this.runtimeDirectory = runtimeDirectoryOf(configFile, 'supervisor');
  }

  /** Of the keeper. */
  get keeper(): number {
    return Number(fs.readFileSync(this.at.file('supervisord.pid'), 'utf8'));
  }

  /** Who was executed with this word, of the keeper's children. */
  #child(ending: string): number | undefined {
    return childrenOf(this.keeper).find(
      (pid) => isAlive(pid) && commandLine(pid).some((word) => String(word).endsWith(ending)),
    );
  }

  /** Of the supervisor that is there now. */
  get supervisor(): number | undefined {
    return this.#child('supervisor.js');
  }

  get logger(): number | undefined {
    return this.#child('--logger');
  }

  get mainLog(): string {
    return fs.readFileSync(this.at.file('supervisord.log'), 'utf8');
  }

  /** One request to the control socket. */
  ask<Result = unknown>(...request: string[]): Promise<Result> {
    return new Promise((resolve, reject) => {
      const socket = createConnection(`${this.runtimeDirectory}/control`, () =>
        socket.write(`${JSON.stringify(request)}\n`),
      );
      let text = '';
      socket.setEncoding('utf8').on('error', reject);
      socket.on('close', () => reject(new Error(`no answer to ${request.join(' ')}`)));
      socket.on('data', (part: string) => {
        text += part;
        if (!text.endsWith('\n')) return;
        const { result, error } = JSON.parse(text) as { result: Result; error?: string };
        socket.destroy();
        if (error === undefined) resolve(result);
        else reject(new Error(error));
      });
    });
  }

  status(): Promise<Shown[]> {
    return this.ask<Shown[]>('status');
  }

  /** @param name `group:process`, or what both are called */
  async of(name: string): Promise<Shown> {
    const [group, process = group] = name.split(':');
    const found = (await this.status()).find((shown) => shown.group === group && shown.name === process);
    if (!found) throw new Error(`no process ${name}`);
    return found;
  }

  /** Resolves when it is so, also across supervisors. */
  async until(name: string, what: string, holds: (shown: Shown) => boolean, limit = 30_000): Promise<Shown> {
    const end = Date.now() + limit;
    for (;;) {
      // Between two supervisors nobody answers.
      const shown = await this.of(name).catch(() => undefined);
      if (shown && holds(shown)) return shown;
      if (Date.now() > end) throw new Error(`did not happen: ${name} ${what}, but ${JSON.stringify(shown)}`);
      await pause(5);
    }
  }

  reaches(name: string, state: State, limit?: number): Promise<Shown> {
    return this.until(name, `reaches ${state}`, (shown) => shown.state === state, limit);
  }

  /** SIGKILL; resolves when there is another, which may not answer yet. */
  async killSupervisor(): Promise<void> {
    const before = this.supervisor as number;
    process.kill(before, 'SIGKILL');
    await eventually('another supervisor', () => ![undefined, before].includes(this.supervisor));
  }

  /** The same, also when its keeper is not its parent; resolves when the next one answers. */
  async killAnswering(): Promise<void> {
    const before = await this.ask<number>('pid');
    process.kill(before, 'SIGKILL');
    const knowsPrograms = () =>
      this.status().then(
        (shown) => shown.length > 0,
        () => false,
      );
    const end = Date.now() + 30_000;
    while (isAlive(before) || !(await knowsPrograms())) {
      if (Date.now() > end) throw new Error('did not happen: another supervisor answers');
      await pause(5);
    }
  }

  /** Orderly. */
  async shutdown(): Promise<void> {
    const { keeper } = this;
    process.kill(keeper, 'SIGTERM');
    await eventually('the end of the keeper', () => !isAlive(keeper));
  }
}

/** Writes supervisord.conf; relative files mean the scratch directory. */
export function configuration(at: Scratch, programs: string, supervisord = ''): string {
  const here = at.directory;
  return at.write(
    'supervisord.conf',
    `[supervisord]
logfile=${here}/supervisord.log
pidfile=${here}/supervisord.pid
childlogdir=${here}
directory=${here}
loglevel=debug
${supervisord}
[rpcinterface:supervisor]
supervisor.rpcinterface_factory = supervisor.rpcinterface:make_main_rpcinterface
${programs}
`,
  );
}

/** Said when the end of what was interrupted takes more than a second. */
export const patience = (what: string) =>
  `tdaemon: waiting for the end of '${what}'; interrupt again to leave it to that\n`;

/** @param within a command that runs the one that follows it */
export function superviseCommand(
  at: Scratch,
  args: readonly string[] = [],
  within: readonly string[] = [],
): Promise<Ran> {
  const env = { ...process.env, TDAEMON_TEST: at.directory };
  const [program = TDAEMON, ...words] = [...within, TDAEMON];
  return run(program, [...words, 'supervise', '-c', at.file('supervisord.conf'), ...args], { env });
}

/** Precedes a command: where no cgroup can be made. */
export const WITHOUT_CGROUPS = [
  'unshare',
  '--mount',
  'sh',
  '-c',
  'mount -t tmpfs none /sys/fs/cgroup && exec "$@"',
  'sh',
];

/** Those of a supervisor, once nobody is in them. */
function removeCgroups(runtimeDirectory: string): void {
  const base = cgroupBase(runtimeDirectory);
  if (base === undefined || !fs.existsSync(base)) return;
  for (const entry of fs.readdirSync(base, { withFileTypes: true }))
    if (entry.isDirectory()) fs.rmdirSync(`${base}/${entry.name}`);
  fs.rmdirSync(base);
}

/** Ends whatever is left of a supervisor when the test ends. */
export function supervisedLater(at: Scratch): Supervised {
  const supervised = new Supervised(at, at.file('supervisord.conf'));
  onTestFinished(async () => {
    await endAll(at.directory);
    fs.rmSync(supervised.runtimeDirectory, { recursive: true, force: true });
    removeCgroups(supervised.runtimeDirectory);
  });
  return supervised;
}

/** Starts a supervisor that must start. */
export async function supervise(
  at: Scratch,
  programs: string,
  supervisord = '',
  within: readonly string[] = [],
): Promise<Supervised> {
  configuration(at, programs, supervisord);
  const supervised = supervisedLater(at);
  const ran = await superviseCommand(at, [], within);
  if (ran.status !== 0) throw new Error(`supervise: ${ran.status} ${ran.stdout}${ran.stderr}`);
  return supervised;
}
