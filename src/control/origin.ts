/**
 * Whether a request comes from where it may: a browser in which somebody looks at another site must not be its hand, whether
 * it says so (Origin, Sec-Fetch-Site) or was led here by a name that means another address by now (Host).
 */
import { isIP } from 'node:net';
import { hostname } from 'node:os';

export interface Headers {
  host?: string | undefined;
  origin?: string | undefined;
  'sec-fetch-site'?: string | string[] | undefined;
}

const DEFAULT_PORTS: Record<string, string> = { 'http:': '80', 'https:': '443' };

/** `name:port` in small letters; undefined: it is none. */
function parseHost(text: string, protocol = 'http:'): { name: string; port: string } | undefined {
  const found = /^(\[[0-9a-f:.]+\]|[^\s:/@[\]]+)(?::(\d{1,5}))?$/i.exec(text.trim());
  if (!found) return undefined;
  const [, name = '', port = DEFAULT_PORTS[protocol] ?? ''] = found;
  return { name: name.toLowerCase().replace(/^\[(.*)\]$/, '$1'), port };
}

/** What `allowed_hosts` says: `example.org`, with any port, or `example.org:8443`. */
function isAllowed(text: string, allowedHosts: readonly string[], protocol = 'http:'): boolean {
  const host = parseHost(text, protocol);
  return allowedHosts.some((each) => {
    const allowed = parseHost(each, protocol);
    const anyPort = !/:\d+$/.test(each);
    return host && allowed && host.name === allowed.name && (anyPort || host.port === allowed.port);
  });
}

function isOwnOrigin(origin: string, host: string | undefined, allowedHosts: readonly string[]): boolean {
  const parts = /^(https?:)\/\/([^/]+)$/i.exec(origin);
  if (!parts) return false;
  const [, scheme = '', authority = ''] = parts;
  const protocol = scheme.toLowerCase();
  if (isAllowed(authority, allowedHosts, protocol)) return true;
  const from = parseHost(authority, protocol);
  const here = parseHost(host ?? '', protocol);
  return from !== undefined && here !== undefined && from.name === here.name && from.port === here.port;
}

/** A page of another site has made it. */
export function isForeign(headers: Headers, allowedHosts: readonly string[]): boolean {
  const site = headers['sec-fetch-site'];
  if (site !== undefined && site !== 'same-origin' && site !== 'none') return true;
  return headers.origin !== undefined && !isOwnOrigin(headers.origin, headers.host, allowedHosts);
}

/** A name that nobody else can make mean us. A client without Host is no browser. */
export function isKnownHost(host: string | undefined, allowedHosts: readonly string[]): boolean {
  if (host === undefined || host.trim() === '') return true;
  if (isAllowed(host, allowedHosts)) return true;
  const name = parseHost(host)?.name ?? '';
  return isIP(name) !== 0 || name === 'localhost' || name === hostname().toLowerCase();
}
