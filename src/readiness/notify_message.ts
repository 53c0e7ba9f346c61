/** What a datagram of sd_notify(3) says: NAME=VALUE lines. Anything else in it is passed over. */

export interface Message {
  ready: boolean;
  /** For people: what it is doing. */
  status?: string;
  /** errno(3). */
  errno?: number;
  /** From now. */
  extendMilliseconds?: number;
  mainPid?: number;
}

const LONGEST_STATUS = 200;

function decimal(text: string, most: number): number | undefined {
  const number = /^\d{1,16}$/.test(text) ? Number(text) : Number.NaN;
  return number <= most ? number : undefined;
}

export function parseNotification(content: Buffer): Message {
  const message: Message = { ready: false };
  for (const line of content.toString('utf8').split('\n')) {
    const at = line.indexOf('=');
    const value = line.slice(at + 1);
    switch (line.slice(0, Math.max(at, 0))) {
      case 'READY':
        message.ready ||= value === '1';
        break;
      case 'STATUS':
        message.status = value.slice(0, LONGEST_STATUS);
        break;
      case 'ERRNO': {
        const errno = decimal(value, 4095);
        if (errno !== undefined) message.errno = errno;
        break;
      }
      case 'EXTEND_TIMEOUT_USEC': {
        const microseconds = decimal(value, Number.MAX_SAFE_INTEGER);
        if (microseconds !== undefined) message.extendMilliseconds = microseconds / 1000;
        break;
      }
      case 'MAINPID': {
        const pid = decimal(value, 2 ** 31 - 1);
        if (pid) message.mainPid = pid;
        break;
      }
      // BARRIER=1 is answered by closing the descriptor that it brings, which the add-on has done by now.
    }
  }
  return message;
}
