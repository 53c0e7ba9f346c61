/** Where a supervisor is, as `serverurl` says it: http://HOST:PORT, https://HOST:PORT, unix:///PATH. */
import { invalid } from '../../errors';

export interface ServerAddress {
  /** As it was given: it is what people are told. */
  url: string;
  isSecure: boolean;
  /** For node:http. */
  to: { socketPath: string } | { host: string; port: number };
  /** For the header Host. */
  host: string;
  /** Before the paths of supervisord: of a proxy. */
  prefix: string;
}

const UNIX = 'unix://';
const PORTS = { 'http:': 80, 'https:': 443 } as const;

function parsed(url: string): URL {
  try {
    return new URL(url);
  } catch {
    throw invalid(`'${url}' is neither http://HOST:PORT nor unix:///PATH`);
  }
}

/** @throws TdaemonError (`invalid`) */
export function parseServerUrl(url: string): ServerAddress {
  if (url.startsWith(UNIX)) {
    const socketPath = url.slice(UNIX.length);
    if (socketPath === '') throw invalid(`'${url}' names no socket`);
    // A name of a host is short; a path may not be.
    return { url, isSecure: false, to: { socketPath }, host: 'localhost', prefix: '' };
  }
  const { protocol, hostname, host, port, pathname, username, password } = parsed(url);
  if (protocol !== 'http:' && protocol !== 'https:')
    throw invalid(`'${url}' is neither http://HOST:PORT nor unix:///PATH`);
  if (username !== '' || password !== '')
    throw invalid('a name and a password in the URL would be shown with it: -u and -p, or [supervisorctl]');
  return {
    url,
    isSecure: protocol === 'https:',
    to: { host: hostname.replace(/^\[(.*)\]$/, '$1'), port: port === '' ? PORTS[protocol] : Number(port) },
    host,
    prefix: pathname.replace(/\/(RPC2)?\/?$/, ''),
  };
}
