/** Addresses on which a process listens: its socket descriptors, looked up in proc_pid_net(5). */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

const LISTEN = '0A';
/** SO_ACCEPTCON in the flags of /proc/net/unix. */
const ACCEPTS = 0x10000;

function lines(file: string): string[] {
  try {
    return readFileSync(file, 'latin1').split('\n').slice(1);
  } catch {
    return [];
  }
}

function socketInodes(pid: number): Set<string> {
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

function tcp(pid: number, file: string, inodes: Set<string>): string[] {
  return lines(`/proc/${pid}/net/${file}`).flatMap((line) => {
    const fields = line.trim().split(/\s+/);
    const [host = '', port = ''] = (fields[1] ?? '').split(':');
    return fields[3] === LISTEN && inodes.has(fields[9] ?? '')
      ? [`tcp ${address(host)}:${Number.parseInt(port, 16)}`]
      : [];
  });
}

function unix(pid: number, inodes: Set<string>): string[] {
  return lines(`/proc/${pid}/net/unix`).flatMap((line) => {
    const fields = line.trim().split(/\s+/);
    const listens = (Number.parseInt(fields[3] ?? '0', 16) & ACCEPTS) !== 0;
    return listens && inodes.has(fields[6] ?? '') ? [`unix ${fields.slice(7).join(' ')}`] : [];
  });
}

/** Undefined where it cannot be read. */
export function listeningSockets(pid: number): string[] | undefined {
  try {
    const inodes = socketInodes(pid);
    return [...tcp(pid, 'tcp', inodes), ...tcp(pid, 'tcp6', inodes), ...unix(pid, inodes)];
  } catch {
    return undefined;
  }
}
