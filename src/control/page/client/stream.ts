/**
 * The one connection on which everything comes. It is made again when it breaks: the supervisor may have been killed, and is soon
 * there again. A page that nobody sees has none: a browser has six for all its pages, and the supervisor less to do.
 */
import type { Events } from '../messages';

export type Status = { kind: 'live' } | { kind: 'paused' } | { kind: 'lost'; why: string };

type Handlers = { [Name in keyof Events]: (data: Events[Name]) => void };

const FIRST_MS = 250;
const LONGEST_MS = 5000;
/** There is a beat every ten seconds. */
const SILENCE_MS = 25_000;
const UNSEEN_MS = 30_000;

export class Stream {
  readonly #handlers: Handlers;
  readonly #onStatus: (status: Status) => void;
  #source: EventSource | undefined;
  #query = '';
  #delay = FIRST_MS;
  #retry: number | undefined;
  #silence: number | undefined;
  #unseen: number | undefined;
  #isPaused = false;

  constructor(handlers: Handlers, onStatus: (status: Status) => void) {
    this.#handlers = handlers;
    this.#onStatus = onStatus;
    document.addEventListener('visibilitychange', () => this.#onVisibility());
    window.addEventListener('online', () => {
      if (!this.#source) this.#connect();
    });
    // Else the page that is kept for "back" would keep its connection too.
    window.addEventListener('pagehide', () => this.#close());
    window.addEventListener('pageshow', ({ persisted }) => persisted && this.#connect());
  }

  /** @param query which logs it brings */
  open(query: string): void {
    this.#query = query;
    this.#connect();
  }

  #close(): void {
    this.#source?.close();
    this.#source = undefined;
    clearTimeout(this.#retry);
    clearTimeout(this.#silence);
  }

  #connect(): void {
    this.#close();
    this.#isPaused = false;
    const source = new EventSource(`events${this.#query}`);
    this.#source = source;
    this.#listen();
    source.onerror = () => {
      if (this.#source === source) void this.#lose();
    };
    for (const name of Object.keys(this.#handlers) as (keyof Events)[])
      source.addEventListener(name, ({ data }) => {
        if (this.#source !== source) return;
        this.#listen();
        this.#hear(name, String(data));
      });
  }

  #hear<Name extends keyof Events>(name: Name, data: string): void {
    if (name === 'hello') {
      this.#delay = FIRST_MS;
      this.#onStatus({ kind: 'live' });
    }
    this.#handlers[name](JSON.parse(data) as Events[Name]);
  }

  #listen(): void {
    clearTimeout(this.#silence);
    this.#silence = setTimeout(() => void this.#lose(), SILENCE_MS);
  }

  async #lose(): Promise<void> {
    this.#close();
    this.#retry = setTimeout(() => this.#connect(), this.#delay);
    this.#delay = Math.min(LONGEST_MS, this.#delay * 2);
    const why = await this.#why();
    if (!this.#source || this.#source.readyState !== EventSource.OPEN) this.#onStatus({ kind: 'lost', why });
  }

  /** A stream does not say why it could not be had. */
  async #why(): Promise<string> {
    try {
      const { status } = await fetch('ok.html', { cache: 'no-store', signal: AbortSignal.timeout(4000) });
      if (status === 401) return 'The name or the password is not accepted any more: reload the page.';
      if (status === 403) return 'The supervisor refuses this page: see allowed_hosts in its configuration.';
      if (status >= 500) return `What is in between answers ${status}.`;
      return '';
    } catch {
      return 'The supervisor does not answer.';
    }
  }

  #onVisibility(): void {
    clearTimeout(this.#unseen);
    if (document.visibilityState === 'visible') {
      if (this.#isPaused) this.#connect();
      return;
    }
    this.#unseen = setTimeout(() => {
      this.#close();
      this.#isPaused = true;
      this.#onStatus({ kind: 'paused' });
    }, UNSEEN_MS);
  }
}
