/** A network of a test's own, with another machine in it: two network namespaces and a cable. Needs root and ip(8). */
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import { eventually } from './eventually';
import { fixture } from './paths';
import { endLater, type Scratch } from './scratch';

export function noNetworks(): string | undefined {
  const cable = ['ip', 'link', 'add', 'v0', 'type', 'veth', 'peer', 'name', 'v1'];
  const probe = spawnSync('unshare', ['--net', ...cable]);
  return probe.status === 0 ? undefined : 'needs CAP_SYS_ADMIN';
}

const HERE = '10.99.0.1';
const THERE = '10.99.0.2';

async function namespace(command: readonly string[]): Promise<number> {
  const own = fs.readlinkSync('/proc/self/ns/net');
  const script = 'ip link set lo up; exec "$@"';
  const child = spawn('unshare', ['--net', 'sh', '-c', script, 'sh', ...command], { stdio: 'ignore' });
  const pid = endLater(child.pid as number);
  await eventually('a network namespace', () => fs.readlinkSync(`/proc/${pid}/ns/net`) !== own);
  return pid;
}

export interface Network {
  /** Precedes a command that is to be in it. */
  enter: string[];
  /** The only port that the kernel may choose. */
  onlyEphemeralPort(port: number): void;
  /** Somebody listens on the other machine. @returns its address */
  remoteListener(port: number): Promise<string>;
}

export async function isolatedNetwork(): Promise<Network> {
  const pid = await namespace(['sleep', '1000']);
  const enter = ['nsenter', '--net', '--target', String(pid)];
  const within = (...command: string[]) => execFileSync(enter[0] as string, [...enter.slice(1), ...command]);
  return {
    enter,
    onlyEphemeralPort: (port) =>
      void within('sh', '-c', `echo ${port} ${port} >/proc/sys/net/ipv4/ip_local_port_range`),
    async remoteListener(port) {
      const remote = await namespace([fixture('listener'), 'self', '0.0.0.0', String(port)]);
      const there = (...command: string[]) =>
        execFileSync('nsenter', ['--net', '--target', String(remote), ...command]);
      within('ip', 'link', 'add', 'here', 'type', 'veth', 'peer', 'name', 'there', 'netns', String(remote));
      within('ip', 'address', 'add', `${HERE}/24`, 'dev', 'here');
      there('ip', 'address', 'add', `${THERE}/24`, 'dev', 'there');
      within('ip', 'link', 'set', 'here', 'up');
      there('ip', 'link', 'set', 'there', 'up');
      return THERE;
    },
  };
}

/** Precedes a command: the only name server that it knows never answers. */
export function silentNameServer(at: Scratch): string[] {
  const config = at.write('resolv.conf', `nameserver ${THERE}\noptions timeout:30 attempts:5\n`);
  const script = `set -e; ip link set lo up; ip link add here type veth peer name nowhere
    ip link set here up; ip link set nowhere up; ip address add ${HERE}/24 dev here
    ip neighbour add ${THERE} lladdr 02:00:00:00:00:02 dev here; mount --bind ${config} /etc/resolv.conf; exec "$@"`;
  return ['unshare', '--mount', '--net', 'sh', '-c', script, 'sh'];
}
