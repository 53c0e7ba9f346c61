/** What somebody asks the supervisor to do: sent by POST, with the token of the stream; how it went comes by the stream. */
import type { ActionName, ActionRequest, Hello, Outcome, ProgramRow } from '../messages';
import { confirmed } from './confirm';
import { element } from './element';
import { counted } from './format';
import { toast } from './toasts';

const WORDS: Record<ActionName, { doing: string; done: string; name: string }> = {
  start: { name: 'Start', doing: 'starting', done: 'Started' },
  stop: { name: 'Stop', doing: 'stopping', done: 'Stopped' },
  restart: { name: 'Restart', doing: 'restarting', done: 'Restarted' },
  clear: { name: 'Clear log', doing: 'clearing', done: 'Cleared the log of' },
  'rolling-restart': { name: 'Rolling restart', doing: 'replacing', done: 'Replaced' },
  reread: { name: 'Reload configuration', doing: 'reading', done: 'Read' },
  update: { name: 'Update', doing: 'updating', done: 'Updated' },
};

export const nameOf = (action: ActionName): string => WORDS[action].name;

const MANY: Partial<Record<ActionName, string>> = {
  stop: 'Stop all programs?',
  restart: 'Restart all programs?',
  clear: 'Clear all logs?',
};

const MANY_TEXT: Partial<Record<ActionName, string>> = {
  stop: 'They stay stopped until somebody starts them.',
  restart: 'All are stopped, and then all are started, also those that are stopped now.',
  clear: 'What they have written until now is lost.',
};

/** `*`, `group:*`, `group:process`, as it is said. */
function targetWords(target: string): string {
  if (target === '*') return 'all programs';
  if (target === 'main') return 'the supervisor';
  const [group = '', name] = target.split(':');
  if (name === '*') return `all of ${group}`;
  return group === name ? group : target;
}

/** Needs no `crypto.randomUUID`, which a page without TLS has not. */
function newId(): string {
  return [...crypto.getRandomValues(new Uint8Array(12))]
    .map((byte) => byte.toString(16).padStart(2, '0'))
    .join('');
}

function changesList({ added, changed, removed }: NonNullable<Outcome['changes']>): HTMLElement {
  const row = (what: string, names: string[], effect: string) =>
    names.length > 0 &&
    element('li', {}, element('b', {}, `${what}: `), names.join(', '), element('small', {}, ` ${effect}`));
  return element(
    'ul',
    { class: 'changes' },
    row('added', added, 'will be started as configured'),
    row('changed', changed, 'will be stopped, and started anew'),
    row('removed', removed, 'will be stopped'),
  );
}

/** Milliseconds that the stream of a new supervisor may take to be there. */
const NEW_TOKEN_MS = 5000;
const REFUSED =
  'Refused: the page is older than the supervisor, or comes through a proxy that it does not know (allowed_hosts).';

interface Pending {
  action: ActionName;
  target: string;
  /** The supervisor knows of it. */
  isAccepted: boolean;
}

export class Actions {
  token = '';
  readonly #pending = new Map<string, Pending>();
  /** For another token. */
  readonly #waiting = new Set<() => void>();
  readonly #onChange: () => void;

  /** @param onChange more or less is under way */
  constructor(onChange: () => void) {
    this.#onChange = onChange;
  }

  /** What is under way with a program. */
  of({ key, group }: ProgramRow): ActionName | undefined {
    for (const { action, target } of this.#pending.values())
      if (target === key || target === `${group}:*` || target === '*') return action;
    return undefined;
  }

  isUnderWay(action: ActionName, target: string): boolean {
    return [...this.#pending.values()].some((each) => each.action === action && each.target === target);
  }

  /** A stream begins: some may have ended meanwhile; of others a new supervisor knows nothing. */
  resume({ token, underWay, outcomes }: Hello): void {
    this.token = token;
    for (const look of [...this.#waiting]) look();
    for (const outcome of outcomes) void this.end(outcome);
    for (const [id, { isAccepted }] of this.#pending)
      if (isAccepted && !underWay.includes(id)) this.#pending.delete(id);
    this.#onChange();
  }

  async ask(action: ActionName, target: string): Promise<void> {
    if (this.isUnderWay(action, target)) return;
    const question = target === '*' ? MANY[action] : undefined;
    if (question && !(await confirmed(question, MANY_TEXT[action] ?? '', nameOf(action)))) return;
    const id = newId();
    const pending = { action, target, isAccepted: false };
    this.#pending.set(id, pending);
    this.#onChange();
    const former = this.token;
    let why = await this.#send({ token: former, id, action, target });
    // Of another supervisor than the page has heard of so far: nothing was done.
    if (why === REFUSED && (await this.#isReplaced(former)))
      why = await this.#send({ token: this.token, id, action, target });
    if (why === undefined) {
      pending.isAccepted = true;
      return;
    }
    if (!this.#pending.delete(id)) return;
    this.#onChange();
    toast('bad', `${nameOf(action)}: ${targetWords(target)}`, [why]);
  }

  /** Resolves when a stream has brought another token; false: none has come in time. */
  #isReplaced(former: string): Promise<boolean> {
    return new Promise((resolve) => {
      const settle = (isReplaced: boolean) => {
        clearTimeout(timer);
        this.#waiting.delete(look);
        resolve(isReplaced);
      };
      const look = () => {
        if (this.token !== former) settle(true);
      };
      const timer = setTimeout(() => settle(false), NEW_TOKEN_MS);
      this.#waiting.add(look);
      look();
    });
  }

  /** Undefined: it has begun. */
  async #send(request: ActionRequest): Promise<string | undefined> {
    try {
      const { ok, status } = await fetch('act', {
        method: 'POST',
        headers: { 'Content-Type': 'application/json' },
        body: JSON.stringify(request),
      });
      if (ok) return undefined;
      if (status === 401) return 'The name or the password is not accepted any more: reload the page.';
      if (status === 403) return REFUSED;
      if (status === 503) return 'The supervisor has too much to do: try again.';
      return `The supervisor refuses it (${status}).`;
    } catch {
      return 'The supervisor does not answer.';
    }
  }

  async end(outcome: Outcome): Promise<void> {
    const { id, action, target, done, failures, more, changes } = outcome;
    // Somebody else's.
    if (!this.#pending.delete(id)) return;
    this.#onChange();
    if (failures.length > 0) {
      const isOne = !target.includes('*') && action !== 'update';
      const lines = failures.map(({ name, message }) => (isOne ? message : `${name}: ${message}`));
      const rest = more > 0 ? [`and ${counted(more, 'other')}`] : [];
      toast('bad', `${nameOf(action)} failed: ${targetWords(target)}`, [...lines, ...rest]);
    } else if (action === 'reread' && changes) await this.#offer(changes);
    else if (action === 'update') toast('good', 'The new configuration is in use.');
    else if (target.includes('*')) toast('good', `${WORDS[action].done} ${counted(done, 'program')}`);
    else if (action === 'clear') toast('good', `${WORDS.clear.done} ${targetWords(target)}`);
    else if (action === 'rolling-restart') toast('good', `${WORDS[action].done} ${targetWords(target)}`);
  }

  async #offer(changes: NonNullable<Outcome['changes']>): Promise<void> {
    const { added, changed, removed } = changes;
    if (added.length + changed.length + removed.length === 0)
      toast('good', 'The configuration was read: no program has to be restarted.');
    else if (await confirmed('Use the new configuration?', changesList(changes), 'Update'))
      await this.ask('update', '*');
  }
}
