/** `http://…`, `https://…`: the daemon answers a GET with a status of 2xx or 3xx. Redirects are not followed. */
import type { ClientRequest, IncomingMessage } from 'node:http';
import { rootCertificates } from 'node:tls';
import { version } from '../../package.json';
import { invalid } from '../errors';
import type { Condition, Start, Subject } from './condition';
import { GONE, judgeListener, REFUSED, reasonOf } from './connect';
import { whoListensOnTcp } from './listener';
import { poll } from './poll';

/** It has accepted; the first answer of a server that warms up may take its time. */
const PATIENCE_MS = 10_000;

interface Client {
  get(url: URL, options: object, callback: (response: IncomingMessage) => void): ClientRequest;
}

function addressOf(text: string): URL {
  try {
    const url = new URL(text);
    if (url.hostname !== '') return url;
  } catch {
    // Told below.
  }
  throw invalid(`ready: '${text}' is no URL`);
}

export class HttpAnswers implements Condition {
  readonly text: string;
  readonly asks = true;
  readonly #url: URL;
  readonly #port: number;
  #certificates: Buffer | undefined;
  state: string | undefined = 'no answer';

  constructor(text: string) {
    this.text = text;
    this.#url = addressOf(text);
    this.#port = Number(this.#url.port) || (this.#url.protocol === 'https:' ? 443 : 80);
  }

  check({ certificates }: Start): void {
    this.#certificates = certificates;
  }

  async watch(subject: Subject, signal: AbortSignal): Promise<void> {
    const secure = this.#url.protocol === 'https:';
    const client: Client = secure ? await import('node:https') : await import('node:http');
    await poll(signal, async (ended) => {
      this.state = await this.#ask(client, subject, ended);
      return this.state === undefined;
    });
  }

  /** @returns why not */
  #ask(client: Client, subject: Subject, signal: AbortSignal): Promise<string | undefined> {
    return new Promise((resolve) => {
      const options = {
        agent: false,
        timeout: PATIENCE_MS,
        headers: { 'user-agent': `tdaemon/${version}`, accept: '*/*', connection: 'close' },
        ...(this.#certificates && { ca: [...rootCertificates, this.#certificates] }),
      };
      let address: string | undefined;
      const request = client.get(this.#url, options, ({ statusCode = 0, socket }) =>
        finish(this.#judge(statusCode, address ?? socket.remoteAddress, subject)),
      );
      // Who has answered may be gone by then, and its address be forgotten.
      request.on('socket', (socket) =>
        socket.once('connect', () => {
          address = socket.remoteAddress;
          // So this is over.
          if (this.state === REFUSED) this.state = 'no answer';
        }),
      );
      const finish = (why?: string) => {
        signal.removeEventListener('abort', abort);
        request.destroy();
        resolve(why);
      };
      // Why it was not ready is what was found before.
      const abort = () => request.destroy();
      signal.addEventListener('abort', abort);
      request.on('error', (error) => {
        if (!signal.aborted) finish(reasonOf(error));
      });
      request.on('timeout', () => finish('no answer'));
    });
  }

  #judge(status: number, address: string | undefined, subject: Subject): string | undefined {
    if (address === undefined) return GONE;
    const stranger = judgeListener(whoListensOnTcp(address, this.#port, subject), this.text, subject);
    if (stranger !== undefined) return stranger;
    return status >= 200 && status < 400 ? undefined : `status ${status}`;
  }
}
