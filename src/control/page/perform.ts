/** What an action of the page means: one call of a method, or several, and how it went for each process. */
import { TdaemonError } from '../../errors';
import { canRoll } from '../../supervisor/rolling_restart';
import { RUNNING_STATES } from '../../supervisor/states';
import { SupervisedProcess } from '../../supervisor/supervised_process';
import { FAULTS, Fault } from '../faults';
import type { Call } from '../method';
import type { MethodTable } from '../method_table';
import { findNamed, shownName } from '../names';
import type { RpcStruct, RpcValue } from '../values';
import { failureWords } from './failure_words';
import type { ActionName, Failure, Outcome } from './messages';

/** Of failures that are told. */
const MOST_FAILURES = 20;

type Done = Pick<Outcome, 'done' | 'failures' | 'more' | 'changes'>;

const ALL = '*';
const MAIN = 'main';

interface Result {
  name: string;
  /** Undefined: it has worked. */
  fault?: Fault;
}

function summed(results: readonly Result[], call: Call): Done {
  const failures = results.flatMap(({ name, fault }): Failure[] =>
    fault ? [{ name, message: failureWords(fault, call.supervisor, name) }] : [],
  );
  return {
    done: results.length - failures.length,
    failures: failures.slice(0, MOST_FAILURES),
    more: Math.max(0, failures.length - MOST_FAILURES),
  };
}

/** What a batch says of each. */
function resultsOf(value: RpcValue): Result[] {
  return (value as RpcStruct[]).map(({ name, group, status, description }) => {
    const shown = group === name ? `${name}` : `${group}:${name}`;
    return status === FAULTS.SUCCESS ? { name: shown } : { name: shown, fault: faultOf(`${description}`) };
  });
}

const NAMES = Object.keys(FAULTS) as (keyof typeof FAULTS)[];

/** As batches tell it: `NAME: detail`. */
function faultOf(description: string): Fault {
  const [, name = '', detail] = /^([A-Z_]+)(?:: (.*))?$/s.exec(description) ?? [];
  const known = NAMES.find((each) => each === name);
  return known ? new Fault(known, detail) : new Fault('FAILED', description);
}

async function one(name: string, act: () => RpcValue | Promise<RpcValue>): Promise<Result> {
  try {
    await act();
    return { name };
  } catch (error) {
    if (error instanceof Fault) return { name, fault: error };
    if (error instanceof TdaemonError) return { name, fault: new Fault('FAILED', error.message) };
    throw error;
  }
}

class Performance {
  readonly #call: Call;
  readonly #table: MethodTable;

  constructor(call: Call, table: MethodTable) {
    this.#call = call;
    this.#table = table;
  }

  /** @throws Fault */
  async #ask(method: string, ...params: RpcValue[]): Promise<RpcValue> {
    return this.#table.call(this.#call, `supervisor.${method}`, params);
  }

  /** Of one process, of a group or of all. @throws Fault */
  async #each(methods: { one: string; group: string; all: string }, target: string): Promise<Result[]> {
    if (target === ALL) return resultsOf(await this.#ask(methods.all));
    const found = findNamed(this.#call.supervisor, target);
    if (found instanceof SupervisedProcess)
      return [await one(shownName(found), () => this.#ask(methods.one, found.fullName))];
    return resultsOf(await this.#ask(methods.group, found.name));
  }

  start(target: string): Promise<Result[]> {
    return this.#each({ one: 'startProcess', group: 'startProcessGroup', all: 'startAllProcesses' }, target);
  }

  stop(target: string): Promise<Result[]> {
    return this.#each({ one: 'stopProcess', group: 'stopProcessGroup', all: 'stopAllProcesses' }, target);
  }

  async restart(target: string): Promise<Result[]> {
    const stopped = await this.stop(target);
    // One that did not run is not stopped, and that is no failure.
    const failed = stopped.filter(({ fault }) => fault && fault.code !== FAULTS.NOT_RUNNING);
    if (failed.length > 0) return failed;
    return this.start(target);
  }

  async clear(target: string): Promise<Result[]> {
    if (target === MAIN) return [await one('the main log', () => this.#ask('clearLog'))];
    if (target === ALL) return resultsOf(await this.#ask('clearAllProcessLogs'));
    const found = findNamed(this.#call.supervisor, target);
    const processes = found instanceof SupervisedProcess ? [found] : found.processes;
    return Promise.all(
      processes.map((process) =>
        one(shownName(process), () => this.#ask('clearProcessLogs', process.fullName)),
      ),
    );
  }

  /** Of those that can be replaced. */
  async roll(target: string): Promise<Result[]> {
    const { supervisor } = this.#call;
    // It is no method of XML-RPC: what holds for those holds for it.
    await this.#ask('getState');
    const found = findNamed(supervisor, target);
    const processes = found instanceof SupervisedProcess ? [found] : found.processes;
    const running = processes.filter(
      (process) => process === found || (RUNNING_STATES.has(process.state) && canRoll(process)),
    );
    const results = await supervisor.rollingRestart(running);
    return results.map(({ error }, at) => {
      const name = shownName(running[at] as SupervisedProcess);
      return error === undefined ? { name } : { name, fault: new Fault('FAILED', error) };
    });
  }

  async reread(): Promise<NonNullable<Done['changes']>> {
    const [lists] = (await this.#ask('reloadConfig')) as [[string[], string[], string[]]];
    const [added, changed, removed] = lists;
    return { added, changed, removed };
  }

  /** As supervisorctl does it. */
  async update(): Promise<{ results: Result[]; changes: NonNullable<Done['changes']> }> {
    const changes = await this.reread();
    const drop = async (group: string) => {
      await this.#ask('stopProcessGroup', group);
      await this.#ask('removeProcessGroup', group);
      return true;
    };
    const results: Result[] = [];
    for (const group of changes.removed) results.push(await one(group, () => drop(group)));
    for (const group of changes.changed)
      results.push(await one(group, () => drop(group).then(() => this.#ask('addProcessGroup', group))));
    for (const group of changes.added)
      results.push(await one(group, () => this.#ask('addProcessGroup', group)));
    return { results, changes };
  }
}

async function act(performance: Performance, call: Call, action: ActionName, target: string): Promise<Done> {
  if (action === 'reread') return { done: 0, failures: [], more: 0, changes: await performance.reread() };
  if (action === 'update') {
    const { results, changes } = await performance.update();
    return { ...summed(results, call), changes };
  }
  if (action === 'rolling-restart') return summed(await performance.roll(target), call);
  return summed(await performance[action](target), call);
}

/** Never fails: what goes wrong is part of it. */
export async function perform(
  call: Call,
  table: MethodTable,
  action: ActionName,
  target: string,
): Promise<Done> {
  try {
    return await act(new Performance(call, table), call, action, target);
  } catch (error) {
    if (!(error instanceof Fault) && !(error instanceof TdaemonError)) throw error;
    const fault = error instanceof Fault ? error : new Fault('FAILED', error.message);
    return summed([{ name: target, fault }], call);
  }
}
