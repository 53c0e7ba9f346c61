/** One try to connect, and what came of it. */
import { connect, type NetConnectOpts, type Socket } from 'node:net';
import type { Subject } from './condition';
import type { Listener } from './listener';

/** A packet may have been lost, or a queue be full. */
const PATIENCE_MS = 1000;

/** Where nobody listens, the kernel may give a connection the very port that it is for as its own: it meets itself. */
function isItself({ localAddress, localPort, remoteAddress, remotePort }: Socket): boolean {
  return localPort !== undefined && localPort === remotePort && localAddress === remoteAddress;
}

/**
 * Connects, and hands the connection over for a look; closed afterwards.
 *
 * @param onConnect @returns why it does not count
 * @returns why not; undefined: connected
 */
export function tryToConnect(
  to: NetConnectOpts,
  signal: AbortSignal,
  onConnect: (socket: Socket) => string | undefined,
): Promise<string | undefined> {
  return new Promise((resolve) => {
    const socket = connect({ ...to, timeout: PATIENCE_MS });
    const finish = (why?: string) => {
      signal.removeEventListener('abort', abort);
      socket.destroy();
      resolve(why);
    };
    // Why it was not ready is what was found before.
    const abort = () => socket.destroy();
    signal.addEventListener('abort', abort);
    socket.on('error', (error) => finish(reasonOf(error)));
    socket.on('timeout', () => finish('no answer'));
    socket.on('connect', () => {
      if (!isItself(socket)) return finish(onConnect(socket));
      // Without a last state (TIME_WAIT) that keeps the port from the daemon.
      socket.resetAndDestroy();
      finish(REFUSED);
    });
  });
}

export const REFUSED = 'connection refused';
/** Also of who has accepted: its address is not known any more, and so not who it is. */
export const GONE = 'connection reset';

const WORDS: Record<string, string> = {
  ECONNREFUSED: REFUSED,
  ECONNRESET: GONE,
  ENOENT: 'no such file',
  ENOTFOUND: 'unknown host',
  EAI_AGAIN: 'the name cannot be resolved just now',
  EACCES: 'permission denied',
  EHOSTUNREACH: 'host unreachable',
  ENETUNREACH: 'network unreachable',
  EPROTOTYPE: 'not a stream socket',
  EAGAIN: 'too many connections wait there',
  ENAMETOOLONG: "longer than a socket's name",
};

export function inWords(code: string): string {
  return WORDS[code] ?? code;
}

/** Of several addresses the last one's. */
export function reasonOf(error: Error): string {
  const { code = '' } = ((error as AggregateError).errors?.at(-1) ?? error) as NodeJS.ErrnoException;
  return WORDS[code] ?? (code === '' ? error.message : `${error.message.split('\n')[0]}`);
}

/**
 * Whether a connection counts.
 *
 * @returns why not; undefined: it does, with a warning where nothing is to be seen
 */
export function judgeListener(listener: Listener, where: string, subject: Subject): string | undefined {
  if (listener.owner === 'daemon') return undefined;
  if (listener.owner === 'unknown') {
    subject.warn(`whether it is the daemon that listens on ${where} cannot be seen`);
    return undefined;
  }
  const who = listener.pid === undefined ? 'another process' : `process ${listener.pid}`;
  return `${who} listens there, not the daemon`;
}
