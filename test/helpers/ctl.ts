/** `tdaemon ctl` with a supervisor of the test's own: in a pipe, or on a terminal with somebody who types. */
import { spawn } from 'node:child_process';
import { eventually } from './eventually';
import { fixture, TDAEMON } from './paths';
import { endLater, type Scratch, scratch } from './scratch';
import { type Supervised, supervise } from './supervise';
import { type Ran, run } from './tdaemon';

export interface Terminal {
  /** All that has been shown; ESC is written as such. */
  text(): string;
  /** Without what commands the terminal, in lines. */
  plain(): string;
  type(text: string): void;
  /** Resolves when it has been shown. */
  shows(what: string | RegExp): Promise<void>;
  ended: Promise<number | null>;
}

export interface Size {
  columns?: number;
  rows?: number;
}

const ESCAPE = '\u001b';
/** Of what is on the screen, in an error. */
const LAST = 1500;
const COMMANDS = /ESC\[[0-9;?]*[A-Za-z]/g;

/** HOME and colours do not depend on where the test runs. */
function environmentOf(at: Scratch, more: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const { NO_COLOR: _, ...rest } = process.env;
  return {
    ...rest,
    TERM: 'xterm',
    LC_ALL: 'C.UTF-8',
    HOME: at.directory,
    TDAEMON_TEST: at.directory,
    ...more,
  };
}

/** @param command what is run on it */
export function onTerminal(
  at: Scratch,
  command: readonly string[],
  { columns = 120, rows = 30 }: Size = {},
  env: NodeJS.ProcessEnv = {},
): Terminal {
  const sized = ['sh', '-c', `stty columns ${columns} rows ${rows}; exec "$@"`, 'sh', ...command];
  const child = spawn(fixture('terminal'), sized, { env: environmentOf(at, env) });
  endLater(child.pid as number);
  let text = '';
  child.stdout.setEncoding('utf8').on('data', (part: string) => {
    text += part.replaceAll(ESCAPE, 'ESC');
  });
  child.stdin.on('error', () => undefined);
  const ended = new Promise<number | null>((resolve) => child.on('close', resolve));
  const plain = () => text.replace(COMMANDS, '').replace(/\r+\n/g, '\n');
  return {
    text: () => text,
    plain,
    type: (typed) => void child.stdin.write(typed),
    async shows(what) {
      const is = () => (typeof what === 'string' ? plain().includes(what) : what.test(plain()));
      await eventually(`${what} on the screen`, is).catch((error: Error) => {
        throw new Error(`${error.message}, but ${JSON.stringify(plain().slice(-LAST))}`);
      });
    },
    ended,
  };
}

export class Controlled {
  readonly at: Scratch;
  readonly supervised: Supervised;

  constructor(at: Scratch, supervised: Supervised) {
    this.at = at;
    this.supervised = supervised;
  }

  #command(words: readonly string[]): string[] {
    return [TDAEMON, 'ctl', '-c', this.supervised.configFile, ...words];
  }

  ctl(...words: string[]): Promise<Ran> {
    const [program = '', ...rest] = this.#command(words);
    return run(program, rest, { env: environmentOf(this.at, {}) });
  }

  /** What --json has said. */
  async json<Result>(...words: string[]): Promise<Result> {
    return JSON.parse((await this.ctl('--json', ...words)).stdout) as Result;
  }

  /** One that goes on until it is interrupted. */
  follow(...words: string[]): {
    text(): string;
    interrupt(): void;
    stopReading(): void;
    ended: Promise<number | null>;
  } {
    const [program = '', ...rest] = this.#command(words);
    const child = spawn(program, rest, {
      env: environmentOf(this.at, {}),
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    endLater(child.pid as number);
    let text = '';
    child.stdout.setEncoding('utf8').on('data', (part: string) => {
      text += part;
    });
    const ended = new Promise<number | null>((resolve) => child.on('exit', resolve));
    return {
      text: () => text,
      interrupt: () => void child.kill('SIGINT'),
      stopReading: () => void child.stdout.destroy(),
      ended,
    };
  }

  terminal(words: readonly string[], size?: Size, env?: NodeJS.ProcessEnv): Terminal {
    return onTerminal(this.at, this.#command(words), size, env);
  }
}

export async function controlled(programs: string, ctl = '', at = scratch()): Promise<Controlled> {
  const file = at.file('s.sock');
  const sections = `[unix_http_server]\nfile=${file}\n[supervisorctl]\nserverurl=unix://${file}\n${ctl}\n`;
  return new Controlled(at, await supervise(at, `${sections}${programs}`));
}
