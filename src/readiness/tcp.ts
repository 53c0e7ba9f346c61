/** `tcp:HOST:PORT`: the daemon accepts a connection. */
import { invalid } from '../errors';
import type { Condition, Subject } from './condition';
import { GONE, judgeListener, tryToConnect } from './connect';
import { whoListensOnTcp } from './listener';
import { poll } from './poll';

export class TcpAccepts implements Condition {
  readonly text: string;
  readonly asks = true;
  readonly #host: string;
  readonly #port: number;
  state: string | undefined = 'no answer';

  constructor(text: string, rest: string) {
    const [, bracketed, plain, port] = /^(?:\[([^[\]]+)\]|([^[\]]+)):(\d{1,5})$/.exec(rest) ?? [];
    const host = bracketed ?? plain;
    if (host === undefined || Number(port) < 1 || Number(port) > 65_535)
      throw invalid(`ready: '${text}' is not tcp:HOST:PORT with a port from 1 to 65535`);
    this.text = text;
    this.#host = host;
    this.#port = Number(port);
  }

  watch(subject: Subject, signal: AbortSignal): Promise<void> {
    return poll(signal, async (ended) => {
      const to = { host: this.#host, port: this.#port, autoSelectFamily: true };
      this.state = await tryToConnect(to, ended, ({ remoteAddress }) => {
        if (remoteAddress === undefined) return GONE;
        return judgeListener(whoListensOnTcp(remoteAddress, this.#port, subject), this.text, subject);
      });
      return this.state === undefined;
    });
  }
}
