/** Real servers as commands of a daemon: all that they write is in the scratch directory. */
import fs from 'node:fs';
import type { Certificate } from './certificates';
import type { Scratch } from './scratch';

/** @param server what is in its server { } besides the address to listen on */
export function nginx(at: Scratch, port: number, server = '', listen = ''): string[] {
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
    .map((name) => `${name}_temp_path ${at.file(name)};`)
    .join(' ');
  const config = at.write(
    'nginx.conf',
    `daemon off; pid ${at.file('nginx.pid')}; error_log ${at.file('error.log')}; worker_processes 1;
    events { }
    http {
      access_log ${at.file('access.log')}; ${temporary}
      server { listen 127.0.0.1:${port} ${listen}; ${server} }
    }\n`,
  );
  return ['/usr/sbin/nginx', '-p', at.directory, '-e', at.file('error.log'), '-c', config];
}

const REDIS = ['--save', '', '--appendonly', 'no', '--daemonize', 'no', '--logfile', ''];

export function redis(at: Scratch, port: number): string[] {
  return ['redis-server', '--port', String(port), '--bind', '127.0.0.1', '--dir', at.directory, ...REDIS];
}

/** On a unix socket alone. */
export function redisAt(directory: string, path: string): string[] {
  return ['redis-server', '--port', '0', '--unixsocket', path, '--dir', directory, ...REDIS];
}

/** @param body of a function (request, response), `count` is how many there were, with this one */
export function nodeServer(at: Scratch, port: number, body: string, tls?: Certificate): string[] {
  const create = tls
    ? `require('node:https').createServer({ key: fs.readFileSync('${tls.key}'), cert: fs.readFileSync('${tls.file}') }`
    : `require('node:http').createServer({}`;
  const script = `
    const fs = require('node:fs');
    let count = 0;
    ${create}, (request, response) => { count++; ${body} }).listen(${port}, '127.0.0.1');\n`;
  return [process.execPath, at.write(`server-${port}.js`, script)];
}

export const httpServer = {
  node: (at: Scratch, port: number) => nodeServer(at, port, "response.end('hello\\n');"),
  python(at: Scratch, port: number): string[] {
    fs.mkdirSync(at.file('files'), { recursive: true });
    return ['python3', '-m', 'http.server', '--bind', '127.0.0.1', '-d', at.file('files'), String(port)];
  },
};
