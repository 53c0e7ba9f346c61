/**
 * The real supervisord and ours with the same configuration, and both asked the same by the real supervisorctl and by `tdaemon ctl`:
 * four sides, of which the one that is supervisor's on both ends says what is right.
 */
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { eventually } from './eventually';
import { TDAEMON } from './paths';
import { freePort } from './port';
import { endLater, type Scratch, scratch } from './scratch';
import { type Supervised, superviseCommand, supervisedLater } from './supervise';
import { type Ran, run } from './tdaemon';

/** Of all kinds, for those who compare. */
export const PROGRAMS = `
[program:a]
command=sleep 1000
startsecs=0
[program:b]
command=sh -c 'echo out; echo err >&2; exec sleep 1000'
stdout_logfile=DIR/b.out
stderr_logfile=DIR/b.err
autostart=false
[program:off]
command=sleep 1000
autostart=false
[program:quick]
command=false
autostart=false
startretries=0
[program:missing]
command=/does/not/exist
autostart=false
[program:noexec]
command=/etc/passwd
autostart=false
[program:folder]
command=/etc
autostart=false
[program:nowhere]
command=no-such-command-anywhere
autostart=false
[program:n]
command=sleep 1000
process_name=%(program_name)s_%(process_num)02d
numprocs=2
startsecs=0
[program:g1]
command=sleep 1000
startsecs=0
priority=2
[program:g2]
command=sleep 1000
startsecs=0
priority=1
[group:g]
programs=g1,g2
[program:stubborn]
command=sh -c 'trap "" TERM; while :; do sleep 1; done'
stopwaitsecs=1
autostart=false
startsecs=0
[program:over]
command=true
startsecs=0
autorestart=false
`;

/** Who is asked, and by whom. */
export interface Kind {
  server: 'tdaemon' | 'supervisord';
  client: 'ctl' | 'supervisorctl';
}

export interface Side extends Kind {
  directory: string;
  configFile: string;
  port: number;
}

/** What ctl does otherwise on purpose: no names of Python's classes, and a wrong password is said once. */
const AFTER_REFUSED = /(?<=^Server requires authentication\n)error: .*ProtocolError.*\n/gm;
const EXCEPTION = /^error: .*$/gm;
/** Of a group, which has no logs of its own: supervisorctl shows Python's None for its processes. */
const NO_PROCESS = /:None(?=: ERROR)/g;

/** What differs by nature: processes, times, places. */
function normalize(text: string, { directory, port }: Side): string {
  return text
    .replace(AFTER_REFUSED, '')
    .replace(EXCEPTION, 'error: ')
    .replace(NO_PROCESS, ':*')
    .replaceAll(directory, 'DIR')
    .replaceAll(String(port), 'PORT')
    .replace(/\bpid \d+, uptime \d+:\d\d:\d\d/g, 'pid N, uptime T')
    .replace(/\b[A-Z][a-z]{2} \d\d \d\d:\d\d [AP]M\b/g, 'DATE')
    .replace(/^[1-9]\d*$/gm, 'PID')
    .split('\n')
    .sort()
    .join('\n');
}

export interface Shown {
  status: number | null;
  stdout: string;
  stderr: string;
}

interface Difference {
  action: string;
  by: Kind;
  ours: Shown;
  theirs: Shown;
}

const isEqual = (one: Shown, other: Shown) => JSON.stringify(one) === JSON.stringify(other);

export class SideBySide {
  /** The real supervisorctl with ours, and with the real supervisord; then ctl with both. */
  readonly sides: readonly [Side, Side, ...Side[]];
  readonly supervised: Supervised;
  readonly differences: Difference[] = [];

  private constructor(sides: [Side, Side, ...Side[]], supervised: Supervised) {
    this.sides = sides;
    this.supervised = supervised;
  }

  /** @param programs DIR is the directory of each side */
  static async start(programs: string, { withCtl = true } = {}): Promise<SideBySide> {
    const at = scratch();
    const sides: [Side, Side, ...Side[]] = [
      await side(at, { server: 'tdaemon', client: 'supervisorctl' }, programs),
      await side(at, { server: 'supervisord', client: 'supervisorctl' }, programs),
    ];
    if (withCtl)
      sides.push(
        await side(at, { server: 'tdaemon', client: 'ctl' }, programs),
        await side(at, { server: 'supervisord', client: 'ctl' }, programs),
      );
    const supervised = await Promise.all(sides.map((each) => startServer(at, each)));
    return new SideBySide(sides, supervised[0] as Supervised);
  }

  get ours(): Side {
    return this.sides[0];
  }

  get theirs(): Side {
    return this.sides[1];
  }

  configure(programs: string): void {
    for (const side of this.sides) fs.writeFileSync(side.configFile, configuration(side, programs));
  }

  each<Result>(act: (side: Side) => Promise<Result>): Promise<[Result, Result, ...Result[]]> {
    return Promise.all(this.sides.map(act)) as Promise<[Result, Result, ...Result[]]>;
  }

  /** @param args PORT is the port of each side */
  shown(args: readonly string[]): Promise<[Shown, Shown, ...Shown[]]> {
    return this.each(async (side) => {
      const words = args.map((word) => word.replaceAll('PORT', String(side.port)));
      const { status, stdout, stderr } = await client(side, words);
      return { status, stdout: normalize(stdout, side), stderr: normalize(stderr, side) };
    });
  }

  #note(action: string, shown: readonly [Shown, Shown, ...Shown[]]): void {
    const theirs = shown[1];
    for (const [at, ours] of shown.entries())
      if (!isEqual(ours, theirs)) {
        const { server, client } = this.sides[at] as Side;
        this.differences.push({ action, by: { server, client }, ours, theirs });
      }
  }

  /** Notes where they differ. */
  async compare(action: string): Promise<void> {
    this.#note(action, await this.shown(words(action)));
  }

  /** In the shell. */
  async compareTyped(typed: string): Promise<void> {
    const shown = await this.each(async (side) => {
      const ran = talk(side, [], typed);
      ran.end();
      const { status, text } = await ran.done;
      return { status, stdout: normalize(text, side), stderr: '' };
    });
    this.#note(typed, shown);
  }

  /** One action a line. */
  async compareAll(actions: string): Promise<void> {
    for (const action of actions.split('\n').map((line) => line.trim()))
      if (action !== '') await this.compare(action);
  }

  /** What changes by itself until it is settled. */
  async compareSettled(action: string, settled: RegExp): Promise<void> {
    const end = Date.now() + 30_000;
    for (;;) {
      const shown = await this.shown(words(action));
      const isSettled = shown.every((each) => settled.test(each.stdout) && isEqual(each, shown[1]));
      if (isSettled) return;
      if (Date.now() > end) return this.#note(action, shown);
    }
  }
}

async function startServer(
  at: Scratch,
  { server, directory, configFile }: Side,
): Promise<Supervised | undefined> {
  const own = { ...at, directory, file: (name: string) => path.join(directory, name) };
  const supervised = server === 'tdaemon' ? supervisedLater(own) : undefined;
  const { status, stdout, stderr } = await (supervised
    ? superviseCommand(own)
    : run('supervisord', ['-c', configFile]));
  if (status !== 0) throw new Error(`${stdout}${stderr}`);
  await eventually('its socket', () => fs.existsSync(path.join(directory, 's.sock')));
  return supervised;
}

export function words(action: string): string[] {
  return action.split(' ').filter((word) => word !== '');
}

/** What it prints must not depend on where the test runs. */
function environmentOf({ configFile }: Side): NodeJS.ProcessEnv {
  const HOME = path.dirname(configFile);
  return { ...process.env, LC_ALL: 'C.UTF-8', PYTHONUNBUFFERED: '1', HOME };
}

/** The program and its first words. */
function commandOf({ client, configFile }: Side): [string, ...string[]] {
  const command: [string, ...string[]] = client === 'ctl' ? [TDAEMON, 'ctl'] : ['supervisorctl'];
  return [...command, '-c', configFile];
}

export function client(side: Side, args: readonly string[]): Promise<Ran> {
  const [program, ...words] = commandOf(side);
  return run(program, [...words, ...args], { env: environmentOf(side) });
}

function spawnClient(side: Side, args: readonly string[]) {
  const [program, ...words] = commandOf(side);
  const child = spawn(program, [...words, ...args], { env: environmentOf(side) });
  endLater(child.pid as number);
  return child;
}

export interface Talk {
  /** All that it has printed. */
  text(): string;
  /** Nothing more will be typed. */
  end(): void;
  done: Promise<{ status: number | null; text: string }>;
}

/** A client with somebody who types. */
export function talk(side: Side, args: readonly string[], typed: string): Talk {
  const child = spawnClient(side, args);
  let text = '';
  for (const output of [child.stdout, child.stderr])
    output.setEncoding('utf8').on('data', (part: string) => {
      text += part;
    });
  child.stdin.on('error', () => undefined).write(typed);
  const done = new Promise<{ status: number | null; text: string }>((resolve) =>
    child.on('close', (status) => resolve({ status, text })),
  );
  return { text: () => text, end: () => void child.stdin.end(), done };
}

/** A client that goes on until it is interrupted. */
export function follow(side: Side, args: readonly string[]): { text(): string; end(): void } {
  const child = spawnClient(side, args);
  let text = '';
  child.stdout.setEncoding('utf8').on('data', (part: string) => {
    text += part;
  });
  return { text: () => text, end: () => void child.kill('SIGINT') };
}

function configuration({ directory, port }: Side, programs: string): string {
  return `[supervisord]
logfile=${directory}/supervisord.log
pidfile=${directory}/supervisord.pid
childlogdir=${directory}
directory=${directory}
[unix_http_server]
file=${directory}/s.sock
[inet_http_server]
port=127.0.0.1:${port}
username=user
password=pass
[rpcinterface:supervisor]
supervisor.rpcinterface_factory = supervisor.rpcinterface:make_main_rpcinterface
[supervisorctl]
serverurl=unix://${directory}/s.sock
${programs.replaceAll('DIR', directory)}
`;
}

async function side(at: Scratch, kind: Kind, programs: string): Promise<Side> {
  const directory = at.file(`${kind.server}-${kind.client}`);
  fs.mkdirSync(directory);
  const configFile = path.join(directory, 'supervisord.conf');
  const made = { ...kind, directory, configFile, port: await freePort() };
  fs.writeFileSync(made.configFile, configuration(made, programs));
  return made;
}
