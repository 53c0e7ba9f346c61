/** Whether it is the daemon that listens where something accepted a connection: a stranger's port proves nothing. */
import { readdirSync } from 'node:fs';
import { socketInodes, tcpListeners, unixListeners } from '../process/listening';
import { readStat } from '../process/live_process';
import { processTree } from '../process/tree';
import type { Subject } from './condition';

export type Listener =
  | { owner: 'daemon' }
  /** Somebody else; who, where that may be seen. */
  | { owner: 'stranger'; pid?: number; name?: string }
  /** The system does not let us see, or it is on another machine. */
  | { owner: 'unknown' };

function holds(pid: number, inodes: ReadonlySet<string>): boolean | undefined {
  try {
    const own = socketInodes(pid);
    return [...inodes].some((inode) => own.has(inode));
  } catch {
    // Not ours to see. (Or it has ended, and holds nothing.)
    return readStat(pid) === undefined ? false : undefined;
  }
}

function anybody(inodes: ReadonlySet<string>): number | undefined {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .find((pid) => holds(pid, inodes));
}

function whoHolds(inodes: ReadonlySet<string>, { live, group }: Subject): Listener {
  if (inodes.size === 0) return { owner: 'unknown' };
  // Mostly it is the daemon itself, and all of /proc need not be read.
  if (holds(live.pid, inodes)) return { owner: 'daemon' };
  const held = [...processTree(live.pid, group)].map((pid) => holds(pid, inodes));
  if (held.includes(true)) return { owner: 'daemon' };
  if (held.includes(undefined)) return { owner: 'unknown' };
  const pid = anybody(inodes);
  return pid === undefined ? { owner: 'stranger' } : { owner: 'stranger', pid };
}

/** Whom the kernel asks first, of those who listen on a port: an address before all of them, IPv4 before IPv6. */
function inOrder(address: string): string[] {
  const plain = address.replace(/^::ffff:(?=\d+\.)/, '').replace(/%.*$/, '');
  if (plain.includes(':')) return [new URL(`http://[${plain}]`).hostname, '[::]'];
  return [plain, new URL(`http://[::ffff:${plain}]`).hostname, '0.0.0.0', '[::]'];
}

/** @param address the numeric one that was connected to */
export function whoListensOnTcp(address: string, port: number, subject: Subject): Listener {
  const onPort = tcpListeners('self').filter((listener) => listener.port === port);
  const host = inOrder(address).find((each) => onPort.some((listener) => listener.host === each));
  const asked = onPort.filter((listener) => listener.host === host);
  return whoHolds(new Set(asked.map(({ inode }) => inode)), subject);
}

/** @param peer the process that began to listen, as the kernel says; 0: not known */
export function whoListensOnUnix(path: string, peer: number, subject: Subject): Listener {
  const { live, group } = subject;
  if (peer === live.pid) return { owner: 'daemon' };
  if (peer !== 0 && processTree(live.pid, group).has(peer)) return { owner: 'daemon' };
  // Who listens may have got the socket from another process.
  const listeners = unixListeners('self').filter((listener) => listener.path === path);
  const found = whoHolds(new Set(listeners.map(({ inode }) => inode)), subject);
  if (found.owner !== 'unknown' || peer === 0 || !readStat(peer)) return found;
  return { owner: 'stranger', pid: peer };
}
