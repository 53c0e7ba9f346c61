/** The real supervisord and ours with the same configuration, and the real supervisorctl asking both the same. */
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { eventually } from './eventually';
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

export interface Side {
  directory: string;
  configFile: string;
  port: number;
}

/** What differs by nature: processes, times, places. */
function normalize(text: string, { directory, port }: Side): string {
  return text
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

export class SideBySide {
  readonly ours: Side;
  readonly theirs: Side;
  readonly supervised: Supervised;
  readonly differences: { action: string; ours: Shown; theirs: Shown }[] = [];

  private constructor(ours: Side, theirs: Side, supervised: Supervised) {
    this.ours = ours;
    this.theirs = theirs;
    this.supervised = supervised;
  }

  /** @param programs DIR is the directory of each side */
  static async start(programs: string): Promise<SideBySide> {
    const at = scratch();
    const ours = await side(at, 'ours', programs);
    const theirs = await side(at, 'theirs', programs);
    const own = { ...at, directory: ours.directory, file: (name: string) => path.join(ours.directory, name) };
    const supervised = supervisedLater(own);
    const ran = await Promise.all([superviseCommand(own), run('supervisord', ['-c', theirs.configFile])]);
    for (const { status, stdout, stderr } of ran) if (status !== 0) throw new Error(`${stdout}${stderr}`);
    for (const { directory } of [ours, theirs])
      await eventually('its socket', () => fs.existsSync(path.join(directory, 's.sock')));
    return new SideBySide(ours, theirs, supervised);
  }

  configure(programs: string): void {
    for (const side of [this.ours, this.theirs])
      fs.writeFileSync(side.configFile, configuration(side, programs));
  }

  each<Result>(act: (side: Side) => Promise<Result>): Promise<[Result, Result]> {
    return Promise.all([act(this.ours), act(this.theirs)]);
  }

  /** @param args PORT is the port of each side */
  async shown(args: readonly string[]): Promise<{ ours: Shown; theirs: Shown }> {
    const [ours, theirs] = await this.each(async (side) => {
      const words = args.map((word) => word.replaceAll('PORT', String(side.port)));
      const { status, stdout, stderr } = await supervisorctl(side, words);
      return { status, stdout: normalize(stdout, side), stderr: normalize(stderr, side) };
    });
    return { ours, theirs };
  }

  /** Notes where they differ. */
  async compare(action: string): Promise<void> {
    const { ours, theirs } = await this.shown(words(action));
    if (JSON.stringify(ours) !== JSON.stringify(theirs)) this.differences.push({ action, ours, theirs });
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
      const { ours, theirs } = await this.shown(words(action));
      const isSettled = settled.test(ours.stdout) && settled.test(theirs.stdout);
      if (isSettled && JSON.stringify(ours) === JSON.stringify(theirs)) return;
      if (Date.now() < end) continue;
      this.differences.push({ action, ours, theirs });
      return;
    }
  }
}

export function words(action: string): string[] {
  return action.split(' ').filter((word) => word !== '');
}

/** What it prints must not depend on where the test runs. */
function environmentOf({ configFile }: Side): NodeJS.ProcessEnv {
  const HOME = path.dirname(configFile);
  return { ...process.env, LC_ALL: 'C.UTF-8', PYTHONUNBUFFERED: '1', HOME };
}

export function supervisorctl(side: Side, args: readonly string[]): Promise<Ran> {
  return run('supervisorctl', ['-c', side.configFile, ...args], { env: environmentOf(side) });
}

export interface Talk {
  /** All that it has printed. */
  text(): string;
  /** Nothing more will be typed. */
  end(): void;
  done: Promise<{ status: number | null; text: string }>;
}

/** supervisorctl with somebody who types. */
export function talk(side: Side, args: readonly string[], typed: string): Talk {
  const child = spawn('supervisorctl', ['-c', side.configFile, ...args], { env: environmentOf(side) });
  endLater(child.pid as number);
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

/** supervisorctl that goes on until it is interrupted. */
export function follow(side: Side, args: readonly string[]): { text(): string; end(): void } {
  const child = spawn('supervisorctl', ['-c', side.configFile, ...args], { env: environmentOf(side) });
  endLater(child.pid as number);
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

async function side(at: Scratch, name: string, programs: string): Promise<Side> {
  const directory = at.file(name);
  fs.mkdirSync(directory);
  const made = { directory, configFile: path.join(directory, 'supervisord.conf'), port: await freePort() };
  fs.writeFileSync(made.configFile, configuration(made, programs));
  return made;
}
