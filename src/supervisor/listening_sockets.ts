/**
 * Sockets that listen for programs. The keeper holds them too, so that they outlive the supervisor; each is open as long as
 * somebody claims it.
 */
import { createHash } from 'node:crypto';
import { lookup } from 'node:dns/promises';
import { closeSync } from 'node:fs';
import { isIP } from 'node:net';
import type { Owner, SocketConfig } from '../config/model';
import { invalid, TdaemonError } from '../errors';
import { type FileIdentity, native, type Refusal } from '../native';
import { errnoName, errnoWords } from '../process/errno';
import { pause } from '../process/pause';
import type { MainLog } from './main_log';
import { decodeWord } from './words';

export interface WantedSocket extends SocketConfig {
  backlog?: number;
  /** Of a unix socket. */
  owner?: Owner;
  mode: number;
}

/** Of the keeper, what is needed here. */
export interface SocketKeeper {
  keep(id: string, descriptor: number): Promise<number>;
  drop(id: string): void;
}

interface Listening {
  id: string;
  descriptor: number;
  path: string | undefined;
  file: FileIdentity | undefined;
  claimants: Set<string>;
}

/** SOMAXCONN; the kernel has a limit of its own. */
const BACKLOG = 4096;
const LOOKUP_MS = 5000;
const ID_PREFIX = 'listen ';
/** An ID is no longer than a name of a file. */
const LONGEST_KEY = 150;

function keyOf({ address }: SocketConfig): string {
  const key = address.kind === 'unix' ? `unix:${address.path}` : `tcp:${address.host || '*'}:${address.port}`;
  return Buffer.byteLength(key) <= LONGEST_KEY ? key : createHash('sha256').update(key).digest('hex');
}

/** `listen KEY` or `listen KEY DEVICE:INODE`. */
function idOf(key: string, file: FileIdentity | undefined): string {
  return file ? `${ID_PREFIX}${key} ${file.device}:${file.inode}` : `${ID_PREFIX}${key}`;
}

/** What supervisors before us have left (TDAEMON_HELD): `ID=DESCRIPTOR,ID=DESCRIPTOR`. */
export function heldDescriptors(variable: string | undefined): Map<string, number> {
  const pairs = (variable ?? '').split(',').filter((pair) => pair !== '');
  return new Map(
    pairs.map((pair) => {
      const at = pair.lastIndexOf('=');
      return [decodeWord(pair.slice(0, at)), Number(pair.slice(at + 1))];
    }),
  );
}

export class ListeningSockets {
  readonly #keeper: SocketKeeper;
  readonly #log: MainLog;
  readonly #open = new Map<string, Listening>();
  /** Numeric addresses of host names. */
  readonly #addresses = new Map<string, string>();
  #leavesOpen = false;

  /** @param held by the keeper: this process has inherited them */
  constructor(keeper: SocketKeeper, log: MainLog, held: ReadonlyMap<string, number>) {
    this.#keeper = keeper;
    this.#log = log;
    for (const [id, descriptor] of held) this.#inherit(id, descriptor);
  }

  #inherit(id: string, descriptor: number): void {
    if (!id.startsWith(ID_PREFIX) || native.markCloseOnExec(descriptor) !== 0) return;
    const [, key = '', device, inode] =
      /^(.*?)(?: (\d+):(\d+))?$/s.exec(id.slice(ID_PREFIX.length)) ?? ([] as string[]);
    const file =
      device === undefined || inode === undefined
        ? undefined
        : { device: BigInt(device), inode: BigInt(inode) };
    const path = key.startsWith('unix:') ? key.slice('unix:'.length) : undefined;
    const listening = { id, descriptor, path, file, claimants: new Set<string>() };
    this.#open.set(key, listening);
    // It is held already; but should the keeper end, our link to it must know what the next one is to hold.
    void this.#keep(listening, key);
  }

  /** Finds the addresses of host names, which takes its time. Resolves in any case. */
  async prepare({ address }: SocketConfig): Promise<void> {
    if (address.kind === 'unix' || address.host === '' || isIP(withoutZone(address.host))) return;
    await Promise.race([this.#lookUp(address.host), pause(LOOKUP_MS)]);
  }

  async #lookUp(host: string): Promise<void> {
    try {
      const found = await lookup(host, { all: true });
      // As supervisord, which knows no other.
      const best = found.find(({ family }) => family === 4) ?? found[0];
      if (best) this.#addresses.set(host, best.address);
    } catch {
      // Said when the socket is to be opened.
    }
  }

  /**
   * @param claimant who needs it; more than one may
   * @returns its descriptor, which stays ours
   * @throws TdaemonError when it cannot be had
   */
  claim(claimant: string, wanted: WantedSocket): number {
    const key = keyOf(wanted);
    const there = this.#open.get(key) ?? this.#make(key, wanted);
    there.claimants.add(claimant);
    return there.descriptor;
  }

  /** Of a program that runs: if it is open. */
  claimAgain(claimant: string, socket: SocketConfig): void {
    this.#open.get(keyOf(socket))?.claimants.add(claimant);
  }

  #make(key: string, wanted: WantedSocket): Listening {
    const { address } = wanted;
    const made = address.kind === 'unix' ? listenAt(wanted, address.path) : this.#listenOn(wanted, address);
    if (made.descriptor === undefined) throw refusal(wanted, made);
    const { descriptor } = made;
    const file = 'inode' in made ? { device: made.device, inode: made.inode } : undefined;
    const id = idOf(key, file);
    const path = address.kind === 'unix' ? address.path : undefined;
    const listening = { id, descriptor, path, file, claimants: new Set<string>() };
    this.#open.set(key, listening);
    this.#log.say('info', `listening on ${wanted.text}`);
    void this.#keep(listening, wanted.text);
    return listening;
  }

  #listenOn(wanted: WantedSocket, address: { host: string; port: number }): Made {
    const { port, host } = address;
    const { backlog = BACKLOG } = wanted;
    if (host !== '') {
      const number = isIP(withoutZone(host)) ? host : this.#addresses.get(host);
      if (number !== undefined) return native.openTcpListener(number, port, backlog);
      void this.#lookUp(host);
      throw invalid(`cannot listen on ${wanted.text}: no address of '${host}' is known`);
    }
    const both = native.openTcpListener('::', port, backlog);
    const hasNoSix =
      both.descriptor === undefined && ['EAFNOSUPPORT', 'EADDRNOTAVAIL'].includes(errnoName(both.errno));
    return hasNoSix ? native.openTcpListener('0.0.0.0', port, backlog) : both;
  }

  async #keep({ id, descriptor }: Listening, text: string): Promise<void> {
    const errno = await this.#keeper.keep(id, descriptor);
    if (errno !== 0)
      this.#log.say(
        'error',
        `${text} would not outlive the supervisor: ${errnoWords(errno)} (${errnoName(errno)})`,
      );
  }

  /** From now on nothing is closed: the next supervisor is to have it. */
  leaveOpen(): void {
    this.#leavesOpen = true;
  }

  /** What nobody claims any more is closed. */
  release(claimant: string): void {
    if (this.#leavesOpen) return;
    for (const [key, { claimants }] of this.#open)
      if (claimants.delete(claimant) && claimants.size === 0) this.#close(key);
  }

  /** Left by supervisors before us, for programs that are no more. */
  closeUnclaimed(): void {
    for (const [key, { claimants }] of this.#open) if (claimants.size === 0) this.#close(key);
  }

  #close(key: string): void {
    const listening = this.#open.get(key);
    if (!listening) return;
    const { id, descriptor, path, file } = listening;
    this.#open.delete(key);
    if (path !== undefined && file) native.removeUnixListener(path, file.device, file.inode);
    this.#keeper.drop(id);
    closeSync(descriptor);
    this.#log.say('info', `no longer listening on ${key}`);
  }
}

type Made = { descriptor: number } | ({ descriptor: number } & FileIdentity) | Refusal;

/** `fe80::1%eth0` */
function withoutZone(host: string): string {
  return host.replace(/%.*$/, '');
}

function listenAt({ backlog = BACKLOG, mode, owner }: WantedSocket, path: string): Made {
  return native.openUnixListener(path, backlog, mode, owner?.uid ?? -1, owner?.gid ?? -1);
}

function refusal(wanted: WantedSocket, { errno, syscall }: Refusal): TdaemonError {
  const code = errnoName(errno);
  return new TdaemonError(`cannot listen on ${wanted.text}: ${errnoWords(errno)} (${code})`, {
    reason: 'setup',
    code,
    errno,
    syscall,
    ...(wanted.address.kind === 'unix' && { path: wanted.address.path }),
  });
}
