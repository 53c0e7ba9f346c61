/** `cmd:COMMAND`: `sh -c COMMAND`, as the daemon's user, in its environment and directory, exits with 0. */
import { existsSync } from 'node:fs';
import { Socket } from 'node:net';
import { invalid } from '../errors';
import { type Exit, native, type SpawnPlan } from '../native';
import { errnoName, errnoWords } from '../process/errno';
import { kill, LiveProcess } from '../process/live_process';
import { signalName, signalNumber } from '../process/signals';
import { type Condition, hopeless, type Start, type Subject, until } from './condition';
import { inRoot } from './paths';
import { poll } from './poll';

const SHELL = '/bin/sh';
const LONGEST_LINE = 1000;
/** Somebody who left the group may hold the output open: that much longer it is waited for. */
const ESCAPED_WRITER_MS = 50;

function setUp(what: string, errno: number): Error {
  const code = errnoName(errno);
  return hopeless(`cannot run the readiness command: ${what}: ${errnoWords(errno)} (${code})`, code, 'setup');
}

export class CommandSucceeds implements Condition {
  readonly text: string;
  readonly asks = true;
  readonly #command: string;
  /** No process of it is left. */
  #reaped = Promise.resolve();
  state: string | undefined = 'it has not ended';

  constructor(text: string, rest: string) {
    if (rest.includes('\0')) throw invalid(`ready: the command contains a NUL byte`);
    this.text = text;
    this.#command = rest;
  }

  check({ spawn }: Start): void {
    if (spawn.chroot !== undefined && !existsSync(inRoot({ spawn }, SHELL)))
      throw invalid(`ready: '${this.text}' needs ${SHELL} inside the root directory '${spawn.chroot}'`);
  }

  watch(subject: Subject, signal: AbortSignal): Promise<void> {
    return poll(signal, async (ended) => {
      const exit = await this.#run(subject, ended);
      if (exit.signal !== undefined) this.state = `ended by ${signalName(exit.signal)}`;
      else this.state = exit.code === 0 ? undefined : `exit status ${exit.code}`;
      return exit.code === 0;
    });
  }

  #plan({ spawn }: Subject, output: number): SpawnPlan {
    // What is the program's alone. (The descriptors are closed by now, and their numbers may be somebody else's.)
    const { lock, pidfile, passes, listenPid, record, cgroup, ...rest } = spawn;
    return {
      ...rest,
      candidates: [SHELL],
      argv: ['sh', '-c', this.#command],
      stdio: [
        { kind: 'null' },
        { kind: 'inherit', descriptor: output },
        { kind: 'inherit', descriptor: output },
      ],
      keep: [],
      tellOutputs: false,
    };
  }

  #run(subject: Subject, signal: AbortSignal): Promise<Exit> {
    const pipe = native.openPipe(2);
    if (typeof pipe === 'number') throw setUp('a pipe', pipe);
    const started = native.spawnChild(this.#plan(subject, pipe.writer));
    native.closeDescriptor(pipe.writer);
    if (!started.ok) {
      native.closeDescriptor(pipe.reader);
      throw setUp(started.stage, started.errno);
    }
    const { pid } = started;
    const live = LiveProcess.from(started);
    const output = showLines(pipe.reader, subject);
    return until(signal, (settle) => {
      let buried = false;
      let escaped: NodeJS.Timeout | undefined;
      const cancel = live.onEnd(() => {
        const exit = this.#bury(pid);
        buried = true;
        // All writers are gone, so what they wrote is there to be read, and then its end.
        escaped = setTimeout(() => settle(exit), ESCAPED_WRITER_MS);
        if (output.closed) settle(exit);
        else output.once('close', () => settle(exit));
      });
      return () => {
        cancel();
        clearTimeout(escaped);
        // Whatever it has started goes with it. It leads its group, and is not reaped yet: the number is still its own.
        if (!buried) this.#kill(pid);
        live.close();
        output.destroy();
      };
    });
  }

  #bury(pid: number): Exit {
    killGroup(pid);
    return native.reap(pid) ?? { code: -1 };
  }

  #kill(pid: number): void {
    const permitted = killGroup(pid);
    this.#reaped = new Promise((resolve) => {
      const reap = () => {
        // Of whom we may not end nobody knows when it ends.
        if (native.reap(pid) || !permitted) resolve();
        else setTimeout(reap, 1);
      };
      reap();
    });
  }

  close(): Promise<void> {
    return this.#reaped;
  }
}

/** @returns false: it has become another user's (set-user-ID), whom we may not signal */
function killGroup(group: number): boolean {
  try {
    kill(-group, signalNumber('KILL'));
    return true;
  } catch {
    return false;
  }
}

function showLines(descriptor: number, subject: Subject): Socket {
  const socket = new Socket({ fd: descriptor, readable: true, writable: false });
  let rest = '';
  socket.setEncoding('utf8').on('data', (text: string) => {
    const lines = (rest + text).split('\n');
    rest = (lines.pop() ?? '').slice(0, LONGEST_LINE);
    for (const line of lines) subject.show(line);
  });
  socket.on('end', () => {
    if (rest !== '') subject.show(rest);
  });
  socket.on('error', () => undefined);
  return socket;
}
