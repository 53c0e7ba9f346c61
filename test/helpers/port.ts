/** TCP ports for servers: test/fixtures/reserve_port.c says why nobody else gets them meanwhile. */
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import { connect } from 'node:net';
import { eventually } from './eventually';
import { fixture } from './paths';
import { descriptors } from './procfs';
import { endLater } from './scratch';

/** Free until the test ends, but for who sets SO_REUSEADDR. */
export function freePort(): Promise<number> {
  const holder = spawn(fixture('reserve_port'), { stdio: ['pipe', 'pipe', 'inherit'] });
  endLater(holder.pid as number);
  return new Promise((resolve, reject) => {
    holder.stdout.setEncoding('latin1').once('data', (text: string) => resolve(Number(text)));
    holder.once('exit', () => reject(new Error('no free port')));
  });
}

/** Inodes of the sockets that listen on a port, on whatever address: proc_pid_net(5). */
function listenersOn(port: number): string[] {
  const hex = port.toString(16).toUpperCase().padStart(4, '0');
  return ['tcp', 'tcp6'].flatMap((file) =>
    fs
      .readFileSync(`/proc/self/net/${file}`, 'latin1')
      .split('\n')
      .map((line) => line.trim().split(/\s+/))
      .filter((fields) => fields[1]?.endsWith(`:${hex}`) && fields[3] === '0A')
      .map((fields) => fields[9] as string),
  );
}

/** Whether a process has a socket open that listens on the port. */
export function listens(pid: number, port: number): boolean {
  const open = [...descriptors(pid).values()];
  return listenersOn(port).some((inode) => open.includes(`socket:[${inode}]`));
}

/** Whether somebody listens on a unix socket of that name; `@` begins an abstract one. */
export function listensAt(path: string): boolean {
  // Flags: SO_ACCEPTCON.
  return fs
    .readFileSync('/proc/self/net/unix', 'latin1')
    .split('\n')
    .some((line) => line.endsWith(` ${path}`) && / 00010000 /.test(line));
}

function listener(...args: string[]): number {
  const child = spawn(fixture('listener'), args, { stdio: ['ignore', 'ignore', 'inherit'], detached: true });
  return endLater(child.pid as number);
}

/** Somebody else's server: test/fixtures/listener.c, which listens already. */
export async function strangerOn(port: number, mode = 'self', address = '127.0.0.1'): Promise<number> {
  const pid = listener(mode, address, String(port));
  await eventually(`a listener on ${port}`, () => listens(pid, port));
  return pid;
}

export async function strangerAt(path: string): Promise<number> {
  const pid = listener('self', path);
  await eventually(`a listener at ${path}`, () => listensAt(path));
  return pid;
}

/** Whether a connection is accepted, at once. */
export function accepts(to: { host: string; port: number } | { path: string }): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(to);
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
    socket.once('close', () => socket.destroy());
    socket.once('connect', () => socket.end());
  });
}
