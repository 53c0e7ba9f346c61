/**
 * Actions of the web page: only by POST, only with the token that a page of ours has, and then by the methods that XML-RPC has.
 * The answer is that it has begun; how it went comes by the stream, so that long ones take none of a browser's few connections.
 */
import { areEqual } from '../authentication';
import { readBody } from '../body';
import { answer, type Exchange, refuse } from '../exchange';
import type { ControlHost } from '../method';
import type { MethodTable } from '../method_table';
import { SAFE } from './files';
import { ACTIONS, type ActionRequest, type Outcome } from './messages';
import { perform } from './perform';

const MOST_BYTES = 4096;
const MOST_AT_ONCE = 200;
/** Then nobody is told any more how it went. */
const LONGEST_MS = 600_000;
const JSON_TYPE = /^\s*application\/json\s*(?:;|$)/i;

export interface ActorParts {
  host: ControlHost;
  table: MethodTable;
  token: string;
  /** It has begun. */
  expect(id: string): void;
  tell(outcome: Outcome): void;
}

function parse(body: Buffer): ActionRequest | undefined {
  let given: unknown;
  try {
    given = JSON.parse(body.toString());
  } catch {
    return undefined;
  }
  const { token, id, action, target } = Object(given) as Partial<Record<keyof ActionRequest, unknown>>;
  const name = ACTIONS.find((each) => each === action);
  if (typeof token !== 'string' || typeof id !== 'string' || typeof target !== 'string' || !name)
    return undefined;
  return id.length > 64 ? undefined : { token, id, action: name, target };
}

export class Actor {
  readonly #parts: ActorParts;
  #running = 0;

  constructor(parts: ActorParts) {
    this.#parts = parts;
  }

  async handle(exchange: Exchange): Promise<void> {
    const { request, rules } = exchange;
    const { log } = this.#parts.host.supervisor;
    // Not what a form of another site could send without asking.
    if (!JSON_TYPE.test(request.headers['content-type'] ?? '')) return refuse(exchange, 415);
    const body = await readBody(request, MOST_BYTES);
    if (body === undefined) return;
    if (typeof body === 'number') return refuse(exchange, body);
    const asked = parse(body);
    if (!asked) return refuse(exchange, 400);
    const from = request.socket.remoteAddress ?? 'a local user';
    if (!areEqual(asked.token, this.#parts.token)) {
      log.say('warn', `${rules.name}: refused an action of ${from}: it has not the token of a page`);
      return refuse(exchange, 403);
    }
    if (this.#running >= MOST_AT_ONCE) return refuse(exchange, 503, { 'Retry-After': '5' });
    const target = asked.target.slice(0, 200).replace(/\p{Cc}/gu, '?');
    log.say('info', `${rules.name}: ${from} asks to ${asked.action} ${target}`);
    this.#parts.expect(asked.id);
    answer(exchange, 202, 'application/json', '{}', { ...SAFE });
    await this.#perform(asked);
  }

  async #perform({ id, action, target }: ActionRequest): Promise<void> {
    const { host, table, tell } = this.#parts;
    const { supervisor } = host;
    const signal = AbortSignal.timeout(LONGEST_MS);
    this.#running++;
    try {
      const done = await perform({ host, supervisor, signal }, table, action, target);
      tell({ id, action, target, ...done });
    } catch (error) {
      const failures = [{ name: target, message: 'the supervisor has a fault: see its log' }];
      tell({ id, action, target, done: 0, failures, more: 0 });
      throw error;
    } finally {
      this.#running--;
    }
  }
}
