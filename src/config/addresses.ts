/** The types of values that name a place in the file system or the network. */
import { posix } from 'node:path';
import { invalid } from '../errors';
import type { UserEntry } from '../native';
import type { Type } from './key';
import type { LogTarget, Owner, SocketConfig } from './model';

const LONGEST_SOCKET_PATH = 107;

export const USER: Type<UserEntry> = { form: 'USER', read: (text, all) => all.user(text) };
export const OWNER: Type<Owner> = { form: 'USER[:GROUP]', read: (text, all) => all.owner(text) };
export const PATH: Type<string> = { form: 'FILE', read: (text, all) => all.path(text) };
export const SHORT_PATH: Type<string> = { form: 'FILE', read: (text, all) => posix.resolve(all.path(text)) };
/** Its directory must be there. supervisord makes the paths of its own files short: `/a/../b` is `/b`. */
export const FILE: Type<string> = { form: 'FILE', read: (text, all) => posix.resolve(all.file(text)) };
export const DIRECTORY: Type<string> = { form: 'DIRECTORY', read: (text, all) => all.directory(text) };

/** `syslog` is no path. */
export const MAIN_LOG: Type<string> = {
  form: 'FILE | syslog',
  read: (text, all) => (text === 'syslog' ? text : posix.resolve(all.file(text))),
};

/** Not looked at: it may come to be before the program starts. Nothing: where the supervisor is. */
export const WORKING_DIRECTORY: Type<string | undefined> = {
  form: 'DIRECTORY',
  read: (text, all) => (text === '' ? undefined : all.absolute(text)),
};

export type LogFile = LogTarget | { kind: 'syslog' };

export const LOG_FILE: Type<LogFile> = {
  form: 'FILE | AUTO | NONE',
  read(text, all) {
    const word = text.toLowerCase();
    if (word === '' || word === 'none' || word === 'off') return { kind: 'none' };
    if (word === 'auto' || word === 'syslog') return { kind: word };
    return { kind: 'file', path: all.file(text) };
  },
};

function port(text: string): number {
  const number = /^\s*\+?0*(\d{1,5})\s*$/.exec(text)?.[1];
  if (number === undefined || Number(number) < 1 || Number(number) > 65535)
    throw invalid(`'${text}' is no port from 1 to 65535`);
  return Number(number);
}

export interface InetAddress {
  /** Empty: all. */
  host: string;
  port: number;
}

/** `9001`, `*:9001`, `localhost:9001`, `[::1]:9001` */
export const INET_ADDRESS: Type<InetAddress> = {
  form: '[HOST:]PORT',
  read(text) {
    const colon = text.lastIndexOf(':');
    const host = text.slice(0, Math.max(colon, 0)).toLowerCase();
    const bare = /^\[(.*)\]$/.exec(host)?.[1] ?? host;
    if (/[\s/]/.test(bare)) throw invalid(`'${host}' is no host`);
    return { host: bare === '*' ? '' : bare, port: port(text.slice(colon + 1)) };
  },
};

function socketPath(path: string): SocketConfig['address'] {
  if (!path.startsWith('/')) throw invalid(`the path '${path}' is not absolute`);
  const normal = posix.normalize(path);
  if (Buffer.byteLength(normal) > LONGEST_SOCKET_PATH)
    throw invalid(`'${normal}' is longer than a socket's name may be (${LONGEST_SOCKET_PATH} bytes)`);
  return { kind: 'unix', path: normal };
}

/** Of a server. */
export const SOCKET_FILE: Type<string> = {
  form: 'FILE',
  read(text, all) {
    const path = posix.resolve(all.path(text));
    socketPath(path);
    return path;
  },
};

function socket(text: string): SocketConfig {
  const unix = /^unix:(?:\/\/(?=\/)|(?=\/(?!\/)))/.exec(text)?.[0];
  if (unix) return { text, address: socketPath(text.slice(unix.length)) };
  const tcp = /^tcp:\/\/(.*)$/s.exec(text)?.[1];
  if (tcp === undefined || !tcp.includes(':'))
    throw invalid(`'${text}' is neither tcp://HOST:PORT nor unix:/PATH`);
  return { text, address: { kind: 'tcp', ...INET_ADDRESS.read(tcp, undefined as never, () => undefined) } };
}

/** Of an fcgi-program; without a host there it makes no sense to supervisord. */
export const SOCKET: Type<SocketConfig> = {
  form: 'tcp://HOST:PORT | unix:///PATH',
  read(text) {
    const found = socket(text);
    if (found.address.kind === 'tcp' && found.address.host === '') throw invalid(`'${text}' names no host`);
    return found;
  },
};

export const SOCKETS: Type<SocketConfig[]> = {
  form: 'SOCKET SOCKET…',
  read: (text) =>
    text
      .split(/\s+/)
      .filter((each) => each !== '')
      .map(socket),
};

/** Where the supervisor answers. */
export const SERVER_URL: Type<string> = {
  form: 'http://HOST:PORT | unix:///PATH',
  read: (text, all) =>
    text.startsWith('unix://') ? `unix://${posix.resolve(all.path(text.slice('unix://'.length)))}` : text,
};

export const PROGRAM_SERVER_URL: Type<string | null> = {
  form: 'URL | AUTO',
  read: (text) => (text === '' || text.trim().toUpperCase() === 'AUTO' ? null : text),
};
