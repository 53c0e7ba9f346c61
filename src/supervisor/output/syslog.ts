/** Lines for the system's log: datagrams to /dev/log, as syslog(3) sends them. */
import { type DatagramSocket, native } from '../../native';
import { errnoName } from '../../process/errno';
import { pause } from '../../process/pause';

/** RFC 3164, 4.1.1: of user-level messages. */
const FACILITY = 1;
export const SEVERITIES = {
  critical: 2,
  error: 3,
  warn: 4,
  info: 6,
  debug: 7,
  trace: 7,
  blather: 7,
} as const;
export type Severity = keyof typeof SEVERITIES;

/** Common daemons take 8 KB; what is longer comes in pieces. */
const LONGEST = 8000;
/** A daemon that has too many is given that time; after that its lines are lost until it takes one again. */
const PATIENCE_MS = 1000;
const AGAIN_MS = 10;
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

const BUSY = new Set(['EAGAIN', 'EWOULDBLOCK', 'ENOBUFS']);

export interface Sender {
  tag: string;
  /** 0: not known. */
  pid: number;
  severity?: Severity;
}

function header({ tag, pid, severity = 'info' }: Sender): string {
  const now = new Date();
  const time = now.toTimeString().slice(0, 8);
  const date = `${MONTHS[now.getMonth()]} ${String(now.getDate()).padStart(2)}`;
  return `<${FACILITY * 8 + SEVERITIES[severity]}>${date} ${time} ${tag}${pid > 0 ? `[${pid}]` : ''}: `;
}

export class Syslog {
  readonly #address: string;
  readonly #onTrouble: (message: string) => void;
  #socket: DatagramSocket | undefined;
  /** What is wrong, and has been said. */
  #trouble = '';

  constructor(onTrouble: (message: string) => void, address = '/dev/log') {
    this.#address = address;
    this.#onTrouble = onTrouble;
  }

  /** Resolves when it has been sent, or is lost. */
  async send(sender: Sender, line: Buffer): Promise<void> {
    const head = Buffer.from(header(sender));
    for (let at = 0; at === 0 || at < line.length; at += LONGEST)
      await this.#deliver(Buffer.concat([head, line.subarray(at, at + LONGEST)]));
  }

  async #deliver(datagram: Buffer): Promise<void> {
    // Who did not take it before is not waited for again.
    const patience = this.#trouble === '' ? PATIENCE_MS : 0;
    let error = this.#attempt(datagram);
    for (let waited = 0; waited < patience && BUSY.has(error); waited += AGAIN_MS) {
      await pause(AGAIN_MS);
      error = this.#attempt(datagram);
    }
    const isNew = error !== '' && this.#trouble === '';
    this.#trouble = error;
    if (isNew) this.#onTrouble(`cannot write to the system's log (${this.#address}): ${error}`);
  }

  /** @returns the name of an error, or nothing */
  #attempt(datagram: Buffer): string {
    const first = this.#once(datagram);
    if (first === 0 || BUSY.has(errnoName(first))) return first === 0 ? '' : errnoName(first);
    // The daemon may have been started anew, with another socket.
    const second = this.#once(datagram);
    return second === 0 ? '' : errnoName(second);
  }

  #once(datagram: Buffer): number {
    const socket = this.#socket ?? native.connectDatagram(this.#address);
    if (typeof socket === 'number') return socket;
    this.#socket = socket;
    const errno = native.sendDatagram(socket, datagram);
    if (errno !== 0 && !BUSY.has(errnoName(errno))) this.close();
    return errno;
  }

  close(): void {
    if (this.#socket) native.closeDatagram(this.#socket);
    this.#socket = undefined;
  }
}
