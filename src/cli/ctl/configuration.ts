/** `reread`, `update`, `add`, `remove`, `avail`: what the configuration has, and what of it is in use. */
import { RpcFault } from '../../control/client/failures';
import { FAULTS } from '../../control/faults';
import { shownName } from '../../control/names';
import type { RpcStruct, RpcValue } from '../../control/values';
import { invalid } from '../../errors';
import { oneLine } from '../output';
import { helpOf } from './help';
import { faultOf, outcomesOf } from './outcomes';
import { allInfos } from './process_info';
import { type Session, STATUS } from './session';
import { whileWaiting } from './wait_line';

/** What is said of some faults; of all others, that it is an error. */
type Words = Readonly<Record<number, string>>;

/** @returns undefined: it was refused, and said so */
async function ask(session: Session, method: string, words: Words): Promise<RpcValue | undefined> {
  try {
    return await session.call(`supervisor.${method}`);
  } catch (error) {
    const text = error instanceof RpcFault ? words[error.code] : undefined;
    if (text === undefined) throw error;
    session.refuse(`ERROR: ${text === '' ? oneLine((error as Error).message) : text}`);
    return undefined;
  }
}

interface Changes {
  added: string[];
  changed: string[];
  removed: string[];
}

function changesOf(value: RpcValue): Changes {
  const [[added, changed, removed] = []] = (Array.isArray(value) ? value : []) as unknown[][];
  const names = [added, changed, removed].map((each) => {
    if (!Array.isArray(each)) throw invalid('no list of changes');
    return each.map(String);
  });
  return { added: names[0] ?? [], changed: names[1] ?? [], removed: names[2] ?? [] };
}

export async function reread(session: Session): Promise<void> {
  const value = await ask(session, 'reloadConfig', {
    [FAULTS.SHUTDOWN_STATE]: 'supervisor shutting down',
    [FAULTS.CANT_REREAD]: '',
  });
  if (value === undefined) return;
  const { added, changed, removed } = changesOf(value);
  const kinds = new Map([
    ...added.map((name) => [name, 'available'] as const),
    ...changed.map((name) => [name, 'changed'] as const),
    ...removed.map((name) => [name, 'disappeared'] as const),
  ]);
  if (kinds.size === 0) session.say('No config updates to processes');
  for (const name of [...kinds.keys()].sort())
    session.tell(`${oneLine(name)}: ${kinds.get(name)}`, { group: name, change: kinds.get(name) });
}

export async function add(session: Session, names: readonly string[]): Promise<void> {
  for (const name of names) {
    const fault = await faultOf(session.call('supervisor.addProcessGroup', name));
    if (!fault) session.tell(`${oneLine(name)}: added process group`, { group: name, change: 'added' });
    else if (fault.code === FAULTS.SHUTDOWN_STATE) session.refuse('ERROR: shutting down');
    else if (fault.code === FAULTS.ALREADY_ADDED) session.say('ERROR: process group already active');
    else if (fault.code === FAULTS.BAD_NAME) session.refuse(`ERROR: no such process/group: ${oneLine(name)}`);
    else throw fault;
  }
}

export async function remove(session: Session, names: readonly string[]): Promise<void> {
  for (const name of names) {
    const fault = await faultOf(session.call('supervisor.removeProcessGroup', name));
    if (!fault) session.tell(`${oneLine(name)}: removed process group`, { group: name, change: 'removed' });
    else if (fault.code === FAULTS.STILL_RUNNING)
      session.refuse(`ERROR: process/group still running: ${oneLine(name)}`);
    else if (fault.code === FAULTS.BAD_NAME) session.refuse(`ERROR: no such process/group: ${oneLine(name)}`);
    else throw fault;
  }
}

export async function update(session: Session, words: readonly string[]): Promise<void> {
  const value = await ask(session, 'reloadConfig', { [FAULTS.SHUTDOWN_STATE]: 'already shutting down' });
  if (value === undefined) return;
  const { added, changed, removed } = changesOf(value);
  const wanted = new Set(words.includes('all') ? [] : words);
  const concerns = (name: string) => wanted.size === 0 || wanted.has(name);
  if (wanted.size > 0) {
    const known = new Set([...(await allInfos(session)).map(({ group }) => group), ...added]);
    for (const name of wanted) if (!known.has(name)) session.refuse(`ERROR: no such group: ${oneLine(name)}`);
  }
  const log = (name: string, change: string, text: string) =>
    session.tell(`${oneLine(name)}: ${text}`, { group: name, change });
  const call = (method: string, name: string) => session.call(`supervisor.${method}`, name);
  const stop = (name: string) =>
    whileWaiting(session, 'stop', [`${name}:*`], () => call('stopProcessGroup', name));

  for (const name of removed.filter(concerns)) {
    const outcomes = outcomesOf(await stop(name));
    log(name, 'stopped', 'stopped');
    if (outcomes.some(({ status }) => status === FAULTS.FAILED)) {
      session.refuse(`${oneLine(name)}: has problems; not removing`);
      continue;
    }
    await call('removeProcessGroup', name);
    log(name, 'removed', 'removed process group');
  }
  for (const name of changed.filter(concerns)) {
    await stop(name);
    log(name, 'stopped', 'stopped');
    await call('removeProcessGroup', name);
    await call('addProcessGroup', name);
    log(name, 'updated', 'updated process group');
  }
  for (const name of added.filter(concerns)) {
    await call('addProcessGroup', name);
    log(name, 'added', 'added process group');
  }
}

const NAME_WIDTH = 32;
const WORD_WIDTH = 9;

function availLine({ group, name, inuse, autostart, group_prio, process_prio }: RpcStruct): string {
  const shown = shownName({ group: String(group), name: String(name) }).padEnd(NAME_WIDTH);
  const use = (inuse ? 'in use' : 'avail').padEnd(WORD_WIDTH);
  const start = (autostart ? 'auto' : 'manual').padEnd(WORD_WIDTH);
  return oneLine(`${shown} ${use} ${start} ${group_prio}:${process_prio}`);
}

export async function avail(session: Session): Promise<void> {
  const value = await ask(session, 'getAllConfigInfo', {
    [FAULTS.SHUTDOWN_STATE]: 'supervisor shutting down',
  });
  if (value === undefined) return;
  if (!Array.isArray(value)) throw invalid('no list of programs');
  const infos = value as RpcStruct[];
  session.tellAll(infos.map(availLine).join('\n'), infos);
}

/** What is to be done with words after an action that takes none. */
export function takesNone(session: Session, action: string, words: readonly string[]): boolean {
  if (words.length === 0) return true;
  session.refuse(`Error: ${action} accepts no arguments`, STATUS.generic);
  session.say(helpOf(action));
  return false;
}
