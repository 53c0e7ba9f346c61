/** The files of the web page: packed into the bundle when it is built, and unpacked by whoever asks. */

import { gzipped as icon } from 'packed:./client/icon.svg';
import { gzipped as document } from 'packed:./client/index.html';
import { gzipped as script } from 'packed:./client/main.ts';
import { gzipped as ok } from 'packed:./client/ok.html';
import { gzipped as style } from 'packed:./client/page.css';
import { createHash } from 'node:crypto';
import { gunzipSync } from 'node:zlib';
import { answer, type Exchange, refuse } from '../exchange';

interface PageFile {
  type: string;
  bytes: Buffer;
  tag: string;
}

function unpacked(type: string, base64: string): PageFile {
  const bytes = Buffer.from(base64, 'base64');
  const tag = createHash('sha256').update(bytes).digest('base64url').slice(0, 22);
  return { type, bytes, tag: `"${tag}"` };
}

const HTML = 'text/html;charset=utf-8';
const page = unpacked(HTML, document);

const FILES: ReadonlyMap<string, PageFile> = new Map([
  ['/', page],
  ['/index.html', page],
  ['/tail.html', page],
  ['/ok.html', unpacked(HTML, ok)],
  ['/page.css', unpacked('text/css;charset=utf-8', style)],
  ['/page.js', unpacked('text/javascript;charset=utf-8', script)],
  ['/icon.svg', unpacked('image/svg+xml', icon)],
]);

/** Nothing but these files, nothing inline, in nobody's frame; and no text can be made markup, whatever the script does. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  "form-action 'self'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
  "trusted-types 'none'",
].join('; ');

export const SAFE: Readonly<Record<string, string>> = {
  'Content-Security-Policy': POLICY,
  'X-Frame-Options': 'DENY',
  'Referrer-Policy': 'no-referrer',
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Resource-Policy': 'same-origin',
};

const takesGzip = (accepted: string) => /(?:^|[\s,])gzip(?!\s*;\s*q=0(?:\.0*)?\s*(?:,|$))/i.test(accepted);

export function sendFile(exchange: Exchange): void {
  const file = FILES.get(exchange.path);
  if (!file) {
    refuse(exchange, 404);
    return;
  }
  const { headers } = exchange.request;
  const common = { ...SAFE, 'Cache-Control': 'no-cache', ETag: file.tag, Vary: 'Accept-Encoding' };
  const known = (headers['if-none-match'] ?? '').split(',').map((tag) => tag.trim().replace(/^W\//, ''));
  if (known.includes(file.tag)) {
    exchange.response.writeHead(304, common).end();
    return;
  }
  if (takesGzip(headers['accept-encoding']?.toString() ?? ''))
    answer(exchange, 200, file.type, file.bytes, { ...common, 'Content-Encoding': 'gzip' });
  else answer(exchange, 200, file.type, gunzipSync(file.bytes), common);
}
