/** `notify`: the daemon sends READY=1 to $NOTIFY_SOCKET, as sd_notify(3) does. */
import { TdaemonError } from '../errors';
import { type NotifySocket, native } from '../native';
import { errnoName, errnoWords } from '../process/errno';
import { descendsFrom } from '../process/tree';
import { type Condition, hopeless, type Start, type Subject, until } from './condition';
import { NotifyAddress } from './notify_address';
import { type Message, parseNotification } from './notify_message';

/** At once: more is received at the next turn of the event loop, or who sends without end would stop the clock. */
const MOST_MESSAGES = 64;

export class Notified implements Condition {
  readonly text: string;
  #address: NotifyAddress | undefined;
  #socket: NotifySocket | undefined;
  #uid = 0;
  #refused: string | undefined;

  constructor(text: string) {
    this.text = text;
  }

  get state(): string {
    return this.#refused ?? 'no READY=1 yet';
  }

  prepare(start: Start): void {
    this.#uid = start.uid;
    const address = new NotifyAddress(start);
    this.#address = address;
    const socket = native.openNotifySocket(address.name);
    if (typeof socket === 'number') {
      const code = errnoName(socket);
      throw new TdaemonError(
        `cannot make a notification socket '${address.name}': ${errnoWords(socket)} (${code})`,
        { reason: 'setup', code, errno: socket, syscall: 'bind', path: address.name },
      );
    }
    this.#socket = socket;
    address.admit();
    start.setVariable('NOTIFY_SOCKET', address.name);
  }

  watch(subject: Subject, signal: AbortSignal): Promise<void> {
    return until(signal, (settle, fail) => {
      const socket = this.#socket as NotifySocket;
      const watch = native.watchNotifySocket(socket, () => {
        try {
          if (this.#receive(socket, subject)) settle();
        } catch (error) {
          fail(error);
        }
      });
      if (typeof watch === 'number') throw new Error(`cannot watch a socket: ${errnoWords(watch)}`);
      return () => native.unwatch(watch);
    });
  }

  /** @returns whether it is ready */
  #receive(socket: NotifySocket, subject: Subject): boolean {
    let ready = false;
    for (let count = 0; count < MOST_MESSAGES; count++) {
      const received = native.receiveNotification(socket);
      if (received === null) return ready;
      if (typeof received === 'number')
        throw hopeless(`its socket fails: ${errnoWords(received)}`, errnoName(received), 'setup');
      const { pid, uid } = received;
      if (!this.#mayNotify(pid, uid, subject)) {
        this.#refused = `a notification of process ${pid} (uid ${uid}) was refused`;
        continue;
      }
      ready = this.#heed(parseNotification(received.content), pid, subject) || ready;
    }
    return ready;
  }

  /**
   * Of the daemon's user or root, and, where it still can be seen, of the daemon's own processes. One that has ended
   * since is believed by its uid alone: it could do worse to the daemon than to call it ready.
   */
  #mayNotify(pid: number, uid: number, { live, group }: Subject): boolean {
    if (uid !== this.#uid && uid !== 0) return false;
    return pid === process.pid ? false : descendsFrom(pid, live.pid, group) !== false;
  }

  #heed(message: Message, sender: number, subject: Subject): boolean {
    if (message.status !== undefined) subject.status(message.status);
    if (message.errno !== undefined)
      subject.status(`it reports ${errnoName(message.errno)}: ${errnoWords(message.errno)}`);
    if (message.extendMilliseconds !== undefined) subject.extend(message.extendMilliseconds);
    const { mainPid } = message;
    // A process may hand over to its own descendants only, or its name to any pid could be lent.
    if (mainPid !== undefined && mainPid !== subject.live.pid) {
      const own =
        descendsFrom(mainPid, sender, undefined) === true ||
        descendsFrom(mainPid, subject.live.pid, subject.group) === true;
      if (own) subject.becomes(mainPid);
      else this.#refused = `process ${mainPid}, named as the main one, is no descendant of the daemon`;
    }
    return message.ready;
  }

  close(): void {
    if (this.#socket) native.closeNotifySocket(this.#socket);
    this.#socket = undefined;
    this.#address?.remove();
  }
}
