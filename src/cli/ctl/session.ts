/** What all actions of `tdaemon ctl` share: whom they speak to, where their words go, and the exit status, as supervisorctl keeps it. */
import type { Credentials } from '../../config/model';
import { RpcClient } from '../../control/client/rpc_client';
import { parseServerUrl } from '../../control/client/server_url';
import type { RpcValue } from '../../control/values';
import { print, write } from '../output';

/** LSB Core, "Init Script Actions", as supervisorctl has them. */
export const STATUS = {
  ok: 0,
  generic: 1,
  invalidArguments: 2,
  unimplemented: 3,
  insufficientPrivileges: 4,
  notInstalled: 5,
  notRunning: 7,
} as const;

/** How things are shown. */
export interface Look {
  json: boolean;
  /** Standard output is a terminal, and this is no JSON. */
  terminal: boolean;
  colours: boolean;
}

/** Somebody who may be asked. */
export interface Person {
  /** Undefined: nothing more will come. */
  ask(question: string, signal?: AbortSignal): Promise<string | undefined>;
  /** What is typed is not shown. */
  askSecret(question: string): Promise<string | undefined>;
}

export type Fact = Readonly<Record<string, unknown>>;

export interface SessionOptions {
  url: string;
  credentials?: Credentials | undefined;
  look: Look;
  person: Person;
  /** Before shutdown and reload somebody is asked, and for a password. */
  interactive: boolean;
  /** A password may be asked for. */
  mayAskPassword: boolean;
}

export class Session {
  readonly look: Look;
  readonly person: Person;
  readonly interactive: boolean;
  readonly mayAskPassword: boolean;
  exitStatus = 0;
  /** Aborted by ^C where an action has something to do then. */
  signal: AbortSignal | undefined;
  #client: RpcClient;
  #credentials: Credentials | undefined;
  readonly #results: Fact[] = [];
  readonly #messages: string[] = [];
  #hasStreamed = false;

  constructor({ url, credentials, look, person, interactive, mayAskPassword }: SessionOptions) {
    this.look = look;
    this.person = person;
    this.interactive = interactive;
    this.mayAskPassword = mayAskPassword;
    this.#credentials = credentials;
    this.#client = new RpcClient(parseServerUrl(url), credentials);
  }

  get client(): RpcClient {
    return this.#client;
  }

  get url(): string {
    return this.#client.address.url;
  }

  get username(): string | undefined {
    return this.#credentials?.username;
  }

  /** @throws TdaemonError (`invalid`) */
  open(url: string): void {
    this.#replace(new RpcClient(parseServerUrl(url), this.#credentials));
  }

  identify(credentials: Credentials): void {
    this.#credentials = credentials;
    this.#replace(new RpcClient(this.#client.address, credentials));
  }

  #replace(client: RpcClient): void {
    this.#client.close();
    this.#client = client;
  }

  /** With connections of its own. */
  another(): RpcClient {
    return new RpcClient(this.#client.address, this.#credentials);
  }

  call(method: string, ...params: RpcValue[]): Promise<RpcValue> {
    return this.#client.call(method, params, { signal: this.signal });
  }

  /** Undefined: a supervisord, which does not know it. */
  callOurs(method: string, ...params: RpcValue[]): Promise<RpcValue | undefined> {
    return this.#client.callOurs(method, params, { signal: this.signal });
  }

  // What is told.

  /** @param fact the same for programs */
  tell(text: string, fact: Fact): void {
    if (this.look.json) this.#results.push(fact);
    else print(text);
  }

  /** As many as there are, at once. */
  tellAll(text: string, facts: readonly Fact[]): void {
    if (this.look.json) this.#results.push(...facts);
    else if (text !== '') print(text);
  }

  /** To people only. */
  say(text: string): void {
    if (this.look.json) this.#messages.push(text);
    else print(text);
  }

  refuse(text: string, status: number = STATUS.generic): void {
    this.say(text);
    this.exitStatus = status;
  }

  /** One of many that come one after the other. @returns false: nobody listens */
  stream(text: string, fact: Fact): boolean {
    this.#hasStreamed = true;
    return write(1, this.look.json ? `${JSON.stringify(fact)}\n` : text);
  }

  /** The end of an action: what programs are told of it. */
  finish(action: string): void {
    this.#client.close();
    if (!this.look.json) return;
    const [results, messages] = [this.#results.splice(0), this.#messages.splice(0)];
    const { exitStatus: status } = this;
    if (this.#hasStreamed && status === 0) return;
    print(
      JSON.stringify({
        ok: status === 0,
        status,
        action,
        results,
        ...(messages.length > 0 && { messages }),
      }),
    );
  }
}
