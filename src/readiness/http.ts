/** `http://…`, `https://…`: the daemon answers a GET with a status of 2xx or 3xx. Redirects are not followed. */
import type { ClientRequest, IncomingMessage } from 'node:http';
import { rootCertificates } from 'node:tls';
import { version } from '../../package.json';
import { invalid } from '../errors';
import type { Condition, Start, Subject } from './condition';
import { judgeListener, reasonOf } from './connect';
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
  readonly #url: URL;
  #certificates: Buffer | undefined;
  state: string | undefined;

  constructor(text: string) {
    this.text = text;
    this.#url = addressOf(text);
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
      const request = client.get(this.#url, options, (response) => finish(this.#judge(response, subject)));
      const finish = (why?: string) => {
        signal.removeEventListener('abort', abort);
        request.destroy();
        resolve(why);
      };
      const abort = () => finish('interrupted');
      signal.addEventListener('abort', abort);
      request.on('error', (error) => finish(reasonOf(error)));
      request.on('timeout', () => finish('no answer'));
    });
  }

  #judge({ statusCode = 0, socket }: IncomingMessage, subject: Subject): string | undefined {
    const { remoteAddress = '', remotePort = 0 } = socket;
    const stranger = judgeListener(whoListensOnTcp(remoteAddress, remotePort, subject), this.text, subject);
    if (stranger !== undefined) return stranger;
    return statusCode >= 200 && statusCode < 400 ? undefined : `status ${statusCode}`;
  }
}
