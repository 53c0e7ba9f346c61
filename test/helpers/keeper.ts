/** The real keeper, with supervisors that a test plays: test/fixtures/played_supervisor.c. */
import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process';
import fs from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { onTestFinished } from 'vitest';
import { eventually } from './eventually';
import { fixture, ROOT } from './paths';
import { childrenOf, commandLine, isAlive, mentioning, stat } from './procfs';
import type { Scratch } from './scratch';

export const KEEPER = path.join(ROOT, 'build', 'Release', 'tdaemon-keeper');

export class PlayedSupervisor {
  pid = 0;
  /** What the keeper said, line by line, and what the fixture says of itself. */
  readonly heard: string[] = [];
  readonly #connection: net.Socket;

  constructor(connection: net.Socket, onHello: (supervisor: PlayedSupervisor) => void) {
    this.#connection = connection;
    let partial = '';
    connection.setEncoding('latin1').on('error', () => {});
    connection.on('data', (text: string) => {
      const lines = (partial + text).split('\n');
      partial = lines.pop() as string;
      for (const line of lines) {
        if (line.startsWith('hello ')) {
          this.pid = Number(line.slice('hello '.length));
          onHello(this);
        } else this.heard.push(line);
      }
    });
  }

  /** A command of the fixture. */
  do(command: string): void {
    this.#connection.write(`${command}\n`);
  }

  say(...words: (string | number)[]): void {
    this.do(`say ${words.join(' ')}`);
  }

  /** Lines of the keeper's that begin so. */
  told(beginning = ''): string[] {
    return this.heard.filter((line) => line.startsWith(`< ${beginning}`)).map((line) => line.slice(2));
  }

  /** The first line of the keeper's that is, or begins with, this, and maybe more words. */
  hears(what: string): Promise<string> {
    return eventually(`"${what}" after ${JSON.stringify(this.heard.slice(-20))}`, () =>
      this.told(what).find((line) => line === what || line.startsWith(`${what} `)),
    );
  }

  /** Starts a child and says its pid. */
  async starts(kind: 'run' | 'orphan' | 'adopt', script: string): Promise<number> {
    const before = this.heard.length;
    this.do(`${kind} ${script}`);
    const line = await eventually('its child', () =>
      this.heard.slice(before).find((each) => each.startsWith('ran ')),
    );
    return Number(line.slice('ran '.length));
  }

  /** All that was said to the keeper before this has been dealt with. */
  async settled(): Promise<void> {
    const mark = `mark-${this.heard.length}`;
    this.say(mark);
    await this.hears(`unknown ${mark}`);
  }

  kill(signal: NodeJS.Signals = 'SIGKILL'): void {
    process.kill(this.pid, signal);
  }
}

export interface Ended {
  status: number | null;
  signal: NodeJS.Signals | null;
}

/** Waits for supervisors that connect to a socket. */
export interface Stage {
  socket: string;
  supervisors: PlayedSupervisor[];
  /** The nth that said hello. */
  supervisor(index: number): Promise<PlayedSupervisor>;
}

export async function stage(at: Scratch): Promise<Stage> {
  const supervisors: PlayedSupervisor[] = [];
  const socket = at.file('test');
  const connections = new Set<net.Socket>();
  const server = net.createServer((connection) => {
    connections.add(connection);
    new PlayedSupervisor(connection, (supervisor) => supervisors.push(supervisor));
  });
  await new Promise<void>((resolve) => server.listen(socket, resolve));
  onTestFinished(() => {
    for (const connection of connections) connection.destroy();
    server.close();
  });
  const supervisor = (index: number) => eventually(`supervisor ${index}`, () => supervisors[index]);
  return { socket, supervisors, supervisor };
}

export interface Keeper extends Stage {
  at: Scratch;
  pid: number;
  run: string;
  child: ChildProcess;
  ended: Promise<Ended>;
  /** What it has written to its standard error. */
  complaints(): string;
  signal(name: NodeJS.Signals): void;
}

export interface KeeperSettings {
  /** The command of the supervisor; default: the played one. */
  supervisor?: (socket: string) => string[];
  options?: string[];
  /** Words before the keeper's own. */
  by?: string[];
  spawn?: SpawnOptions;
}

/** Of this directory. */
export function keepersIn(run: string): number[] {
  return mentioning(run).filter((pid) => {
    const words = isAlive(pid) ? commandLine(pid).map(String) : [];
    return words[0] === KEEPER && words[1] === run;
  });
}

export async function startKeeper(at: Scratch, settings: KeeperSettings = {}): Promise<Keeper> {
  const there = await stage(at);
  const run = at.file('run');
  fs.mkdirSync(run, { mode: 0o700, recursive: true });
  const log = at.file('complaints');
  const complaints = fs.openSync(log, 'a');
  const played = settings.supervisor?.(there.socket) ?? [fixture('played_supervisor'), there.socket];
  const words = [...(settings.by ?? []), KEEPER, run, ...(settings.options ?? []), '--', ...played];
  const child = spawn(words[0] as string, words.slice(1), {
    stdio: ['ignore', 'ignore', complaints],
    ...settings.spawn,
    env: { ...process.env, TEST_DIRECTORY: at.directory, ...settings.spawn?.env },
  });
  fs.closeSync(complaints);
  const ended = new Promise<Ended>((resolve, reject) => {
    child.on('error', reject);
    child.on('exit', (status, signal) => resolve({ status, signal }));
  });
  // Before the scratch directory ends what it started: it would start that again.
  onTestFinished(async () => {
    for (const pid of keepersIn(run)) {
      process.kill(pid, 'SIGKILL');
      await eventually('its end', () => !isAlive(pid));
    }
    child.kill('SIGKILL');
    await ended;
  });
  return {
    ...there,
    at,
    pid: child.pid as number,
    run,
    child,
    ended,
    complaints: () => fs.readFileSync(log, 'latin1'),
    signal: (name) => process.kill(child.pid as number, name),
  };
}

/** A keeper whose first supervisor has said that it is ready. */
export async function readyKeeper(at: Scratch, settings?: KeeperSettings) {
  const keeper = await startKeeper(at, settings);
  const first = await keeper.supervisor(0);
  first.say('ready');
  await first.settled();
  return { keeper, first };
}

export function zombiesOf(pid: number): number[] {
  return childrenOf(pid).filter((child) => stat(child)?.state === 'Z');
}

/** The keeper has dealt with all children that had ended. */
export function noZombies(pid: number): Promise<true> {
  return eventually(`no zombies of ${pid}`, () => zombiesOf(pid).length === 0 && (true as const));
}
