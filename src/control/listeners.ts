/** Where one HTTP server listens: made, found again after a supervisor before us, and taken away. */
import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import type { InetServerConfig, UnixServerConfig } from '../config/model';
import { native } from '../native';
import { errnoName, errnoWords } from '../process/errno';
import type { HeldDescriptors } from './held_descriptors';
import { cannotListen, isInPlace, makeSocketFile, removeSocketFile, type SocketFile } from './socket_file';

const unixName = (file: string, inode: number) => `unix:${inode}:${file}`;

/** What it was called, taken apart. */
function parseUnixName(name: string): { file: string; inode: number } | undefined {
  const [, inode, file] = /^unix:(\d+):([\s\S]+)$/.exec(name) ?? [];
  return file === undefined ? undefined : { file, inode: Number(inode) };
}

/** @throws TdaemonError */
export async function listenUnix(
  config: UnixServerConfig,
  runtimeDirectory: string,
  held: HeldDescriptors,
): Promise<SocketFile> {
  for (const name of held.left) {
    const { file, inode = 0 } = parseUnixName(name) ?? {};
    if (file !== config.file) continue;
    const descriptor = isInPlace(config, inode) ? await held.take(name) : undefined;
    if (descriptor !== undefined) return { path: file, descriptor, inode };
    // Of our own, but not as it is wanted now, or no longer there: nobody listens there any more.
    removeSocketFile(file, inode);
    await held.discard(name);
  }
  const made = makeSocketFile(config, runtimeDirectory);
  await held.keep(unixName(made.path, made.inode), made.descriptor);
  return made;
}

/** For clients it is over. */
export async function unlistenUnix({ path, inode }: SocketFile, held: HeldDescriptors): Promise<void> {
  removeSocketFile(path, inode);
  await held.discard(unixName(path, inode));
}

export function hostText(host: string): string {
  return isIP(host) === 6 ? `[${host}]` : host;
}

/** Numeric; IPv4 first, which old clients speak only. Without a host all that there are. */
async function addressesOf(host: string): Promise<string[]> {
  if (host === '') return ['::', '0.0.0.0'];
  if (isIP(host) !== 0) return [host];
  const found = await lookup(host, { all: true, verbatim: true });
  return found.sort((one, other) => one.family - other.family).map(({ address }) => address);
}

const tcpName = ({ host, port }: InetServerConfig) => `tcp:${hostText(host)}:${port}`;

/** @returns a descriptor. @throws TdaemonError */
export async function listenTcp(config: InetServerConfig, held: HeldDescriptors): Promise<number> {
  const name = tcpName(config);
  const before = await held.take(name);
  if (before !== undefined) return before;
  const addresses = await addressesOf(config.host).catch((error: NodeJS.ErrnoException) => {
    throw cannotListen(name, error.code ?? 'EIO', error.message);
  });
  let errno = 0;
  for (const address of addresses) {
    const descriptor = native.listenTcp(address, config.port);
    if (descriptor >= 0) {
      await held.keep(name, descriptor);
      return descriptor;
    }
    errno = -descriptor;
    // Without IPv6 the next may do.
    if (errnoName(errno) === 'EADDRINUSE') break;
  }
  throw cannotListen(name, errnoName(errno), errnoWords(errno));
}

/** What supervisors before us have listened on, and the configuration has no more. */
export async function discardOthers(
  unix: readonly UnixServerConfig[],
  inet: readonly InetServerConfig[],
  held: HeldDescriptors,
): Promise<void> {
  const wanted = new Set([...unix.map(({ file }) => file), ...inet.map(tcpName)]);
  const unwanted = held.left.filter((name) => !wanted.has(parseUnixName(name)?.file ?? name));
  for (const name of unwanted) {
    const found = parseUnixName(name);
    if (found) removeSocketFile(found.file, found.inode);
  }
  await Promise.all(unwanted.map((name) => held.discard(name)));
}
