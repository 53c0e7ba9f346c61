/** What clients call processes: `group:process`, `group:*`, or one word for both. */
import type { ProcessGroup } from '../supervisor/process_group';
import type { SupervisedProcess } from '../supervisor/supervised_process';
import type { Supervisor } from '../supervisor/supervisor';
import { Fault } from './faults';

/** Without a process: all of the group. */
export function splitName(name: string): { group: string; process: string | undefined } {
  const colon = name.indexOf(':');
  if (colon === -1) return { group: name, process: name };
  const process = name.slice(colon + 1);
  return { group: name.slice(0, colon), process: process === '' || process === '*' ? undefined : process };
}

/** As supervisorctl shows it. */
export function shownName({ group, name }: { group: string; name: string }): string {
  return group === name ? name : `${group}:${name}`;
}

/** @throws Fault (BAD_NAME) */
export function findGroup(supervisor: Supervisor, name: string): ProcessGroup {
  const group = supervisor.group(name);
  if (!group) throw new Fault('BAD_NAME', name);
  return group;
}

/** @throws Fault (BAD_NAME) */
export function findNamed(supervisor: Supervisor, name: string): ProcessGroup | SupervisedProcess {
  const names = splitName(name);
  const group = supervisor.group(names.group);
  const found = names.process === undefined ? group : group?.find(names.process);
  if (!found) throw new Fault('BAD_NAME', name);
  return found;
}

/** One process, no group. @throws Fault (BAD_NAME) */
export function findProcess(supervisor: Supervisor, name: string): SupervisedProcess {
  const { group, process } = splitName(name);
  const found = process === undefined ? undefined : supervisor.group(group)?.find(process);
  if (!found) throw new Fault('BAD_NAME', name);
  return found;
}

/** All of a group, in the order in which they are started. */
export function byPriority({ processes }: ProcessGroup): SupervisedProcess[] {
  return [...processes].sort((one, other) => one.config.priority - other.config.priority);
}

export function allByPriority(supervisor: Supervisor): SupervisedProcess[] {
  return supervisor.groups.flatMap(byPriority);
}

const compare = (one: string, other: string) => (one < other ? -1 : one > other ? 1 : 0);

/** By group, then name. */
export function allByName(supervisor: Supervisor): SupervisedProcess[] {
  return [...supervisor.processes()].sort(
    (one, other) => compare(one.group, other.group) || compare(one.name, other.name),
  );
}
