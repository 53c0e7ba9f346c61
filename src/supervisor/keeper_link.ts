/** The supervisor's line to its keeper, which holds what must outlive the supervisor (native/keeper). */
import { EventEmitter } from 'node:events';
import { Socket } from 'node:net';
import { native } from '../native';
import { encodeLine, onLines } from './words';

/** An exit that the keeper saw, of a program that was adopted or that ended while there was no supervisor. */
export interface KeptExit {
  pid: number;
  /** As wait(2) has it. */
  status: number;
  /** Clock ticks after boot. */
  startTime: number;
}

interface KeeperEvents {
  exit: [KeptExit];
  /** Without SIG. */
  signal: [string];
  /** A logger listens. */
  logger: [number];
  /** Another supervisor has taken over. */
  replaced: [];
  'handover-failed': [string];
  /** The keeper has ended. */
  lost: [];
}

/** Nothing that is held has this name. */
const NOTHING = '-';

export class KeeperLink extends EventEmitter<KeeperEvents> {
  #socket: Socket;
  #descriptor: number;
  #isLost = false;
  /** What a keeper after this one must hold too: FIFOs by their names, descriptors by their numbers. */
  readonly #holdings = new Map<string, string | number>();
  /** Answers come in any order, but one for each request of an ID. */
  readonly #held = new Map<string, ((errno: number) => void)[]>();
  #allTold: () => void = () => undefined;
  /** Resolves when all exits that happened before us are told. */
  readonly exitsTold = new Promise<void>((resolve) => {
    this.#allTold = resolve;
  });

  /** @param descriptor of a connected stream socket */
  constructor(descriptor: number) {
    super();
    this.#descriptor = descriptor;
    this.#socket = this.#listen(descriptor);
  }

  #listen(descriptor: number): Socket {
    const socket = new Socket({ fd: descriptor, readable: true, writable: true });
    onLines(socket, ([word = '', ...rest]) => {
      if (word === 'end-of-exits') this.#allTold();
      else this.#hear(word, rest);
    });
    socket
      .on('error', () => undefined)
      .on('close', () => {
        this.#allTold();
        this.#isLost = true;
        for (const id of [...this.#held.keys()]) if (!this.#holdings.has(id)) this.#nobodyHolds(id);
        this.emit('lost');
      });
    return socket;
  }

  /** The keeper has ended, and there is no other yet. */
  get isLost(): boolean {
    return this.#isLost;
  }

  /** Another keeper: it is to hold all that its predecessor did. */
  attach(descriptor: number): void {
    this.#descriptor = descriptor;
    this.#socket = this.#listen(descriptor);
    this.#isLost = false;
    for (const [id, what] of this.#holdings) {
      if (typeof what === 'string') this.#say('hold', id, what);
      else native.sendDescriptor(descriptor, encodeLine(['keep', id]), what);
    }
  }

  #hear(word: string, rest: string[]): void {
    const [first = '', second, third] = rest;
    if (word === 'failed') this.#answer(first, Number(second));
    else if (word === 'held' || word === 'dropped') this.#answer(first, 0);
    else if (word === 'exit')
      this.emit('exit', { pid: Number(first), status: Number(second), startTime: Number(third) });
    else if (word === 'signal') this.emit('signal', first);
    else if (word === 'logger') this.emit('logger', Number(first));
    else if (word === 'replaced') this.emit('replaced');
    else if (word === 'handover-failed') this.emit('handover-failed', first);
  }

  #answer(id: string, errno: number): void {
    const [first, ...others] = this.#held.get(id) ?? [];
    if (others.length === 0) this.#held.delete(id);
    else this.#held.set(id, others);
    first?.(errno);
  }

  /** What was to be dropped is, with the keeper that had it. */
  #nobodyHolds(id: string): void {
    while (this.#held.has(id)) this.#answer(id, 0);
  }

  #await(id: string): Promise<number> {
    return new Promise((resolve) => this.#held.set(id, [...(this.#held.get(id) ?? []), resolve]));
  }

  #say(...words: string[]): void {
    if (!this.#socket.destroyed) this.#socket.write(encodeLine(words));
  }

  /** Keeps a FIFO open, so that what is in it outlives program and logger. @returns 0 or errno */
  hold(id: string, path: string): Promise<number> {
    this.#holdings.set(id, path);
    this.#say('hold', id, path);
    return this.#await(id);
  }

  /** Keeps a descriptor, which must stay open here too, for every supervisor after us. @returns 0 or errno */
  keep(id: string, descriptor: number): Promise<number> {
    this.#holdings.set(id, descriptor);
    // What is still queued in the socket must not be overtaken: it never is, for we write little and it reads at once.
    const errno = native.sendDescriptor(this.#descriptor, encodeLine(['keep', id]), descriptor);
    return errno === 0 ? this.#await(id) : Promise.resolve(errno);
  }

  /** @returns 0 or errno */
  drop(id: string): Promise<number> {
    this.#holdings.delete(id);
    if (this.#isLost) return Promise.resolve(0);
    this.#say('drop', id);
    return this.#await(id);
  }

  /** Resolves when all that the keeper has reaped by now is told: it answers after what it had to say. */
  async heard(): Promise<void> {
    await this.drop(NOTHING);
  }

  ready(): void {
    this.#say('ready');
  }

  /** An orderly end has begun. */
  stopping(): void {
    this.#say('stopping');
  }

  /** It is written down how it has ended. Until then the keeper tells every supervisor. */
  seen(pid: number): void {
    this.#say('seen', String(pid));
  }

  /** We end, and that is the end. */
  leave(status: number): void {
    this.#say('leave', String(status));
  }

  /** There is none, of this keeper or of another. */
  startLogger(): void {
    this.#say('logger');
  }

  handover(): void {
    this.#say('handover');
  }

  close(): void {
    this.removeAllListeners();
    this.#socket.destroy();
  }

  /** Resolves when all that was said has been written. */
  flushed(): Promise<void> {
    return new Promise((resolve) => {
      if (this.#socket.destroyed) resolve();
      else this.#socket.write('', () => resolve());
    });
  }
}
