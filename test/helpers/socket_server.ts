/** A web server that is given its listening sockets (sd_listen_fds(3)), and whom it has answered. */
import fs from 'node:fs';
import { request } from 'node:http';
import type { Scratch } from './scratch';

const SERVER = `
const http = require('node:http');
const fs = require('node:fs');
const { LISTEN_PID, LISTEN_FDS, LISTEN_FDNAMES } = process.env;
if (LISTEN_PID !== String(process.pid)) process.exit(9);
const count = Number(LISTEN_FDS);
const servers = [];
let left = count;
for (let fd = 3; fd < 3 + count; fd++) {
  const server = http.createServer((_, response) => {
    response.setHeader('Connection', 'close');
    setTimeout(() => response.end(JSON.stringify({ pid: process.pid, fd, names: LISTEN_FDNAMES })), 2);
  });
  servers.push(server.listen({ fd }, () => --left || begin()));
}
function begin() {
  fs.appendFileSync(process.argv[2], process.pid + '\\n');
  if (process.env.READY_FD) fs.writeSync(Number(process.env.READY_FD), '\\n');
}
process.on('SIGTERM', () => { for (const server of servers) server.close(); });
`;

export interface Answer {
  pid: number;
  fd: number;
  names: string;
}

/** @returns its command; it says in a file of that name who has begun to serve, and on descriptor READY_FD */
export function socketServer(at: Scratch, served = 'served'): string {
  return `${process.execPath} ${at.write('server.cjs', SERVER)} ${at.file(served)}`;
}

export function whoServed(at: Scratch, served = 'served'): number[] {
  if (!fs.existsSync(at.file(served))) return [];
  return fs.readFileSync(at.file(served), 'utf8').split('\n').filter(Boolean).map(Number);
}

/** One request on a connection of its own. */
export function ask(to: { port: number; host?: string } | { socketPath: string }): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const sent = request({ ...to, agent: false }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (part: string) => {
        text += part;
      });
      response.on('error', reject);
      response.on('end', () => resolve(JSON.parse(text) as Answer));
    });
    sent.on('error', reject).end();
  });
}
