/** Sockets on which a process listens: its socket descriptors, looked up in proc_pid_net(5). */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

const LISTEN = '0A';
/** SO_ACCEPTCON in the flags of /proc/net/unix. */
const ACCEPTS = 0x10000;

export interface TcpListener {
  inode: string;
  /** In brackets where it is IPv6. */
  host: string;
  port: number;
}

export interface UnixListener {
  inode: string;
  /** As it was bound; `@` begins an abstract one. */
  path: string;
}

function lines(file: string): string[] {
  try {
    return readFileSync(file, 'latin1').split('\n').slice(1);
  } catch {
    return [];
  }
}

/** Of all sockets that a process has open. @throws where it may not be seen */
export function socketInodes(pid: number): Set<string> {
  const inodes = new Set<string>();
  for (const name of readdirSync(`/proc/${pid}/fd`)) {
    try {
      const inode = /^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/${pid}/fd/${name}`))?.[1];
      if (inode) inodes.add(inode);
    } catch {
      // Closed meanwhile.
    }
  }
  return inodes;
}

/** The kernel prints each 32-bit word of an address in the machine's byte order. */
function address(hex: string): string {
  const words = hex.match(/.{8}/g) ?? [];
  const bytes = words.flatMap((word) => [...Buffer.from(word, 'hex').reverse()]);
  if (bytes.length === 4) return bytes.join('.');
  const groups = Array.from({ length: 8 }, (_, at) =>
    (((bytes[at * 2] ?? 0) << 8) | (bytes[at * 2 + 1] ?? 0)).toString(16),
  );
  // The URL standard shortens as RFC 5952 says.
  return new URL(`http://[${groups.join(':')}]`).hostname;
}

/** @param process whose network it is: a pid, or `self` */
export function tcpListeners(process: number | 'self'): TcpListener[] {
  return ['tcp', 'tcp6'].flatMap((file) =>
    lines(`/proc/${process}/net/${file}`).flatMap((line) => {
      const fields = line.trim().split(/\s+/);
      if (fields[3] !== LISTEN) return [];
      const [host = '', port = ''] = (fields[1] ?? '').split(':');
      return [{ inode: fields[9] ?? '', host: address(host), port: Number.parseInt(port, 16) }];
    }),
  );
}

export function unixListeners(process: number | 'self'): UnixListener[] {
  return lines(`/proc/${process}/net/unix`).flatMap((line) => {
    const fields = line.trim().split(/\s+/);
    const accepts = (Number.parseInt(fields[3] ?? '0', 16) & ACCEPTS) !== 0;
    return accepts ? [{ inode: fields[6] ?? '', path: fields.slice(7).join(' ') }] : [];
  });
}

/** For people. Undefined where it cannot be read. */
export function listeningSockets(pid: number): string[] | undefined {
  try {
    const inodes = socketInodes(pid);
    const own = ({ inode }: { inode: string }) => inodes.has(inode);
    return [
      ...tcpListeners(pid)
        .filter(own)
        .map(({ host, port }) => `tcp ${host}:${port}`),
      ...unixListeners(pid)
        .filter(own)
        .map(({ path }) => `unix ${path}`),
    ];
  } catch {
    return undefined;
  }
}
