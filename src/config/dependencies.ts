/** Who waits for whom (`depends_on`): every name must mean something, and nobody may wait for himself. */
import { didYouMean, MisconfigurationError } from './diagnostics';
import type { Broken, GroupConfig, ProcessConfig } from './model';

interface Waiting {
  process: ProcessConfig;
  /** The programs that it waits for. */
  for: string[];
}

/**
 * A name is a program's, or else a group's.
 *
 * @param broken what could not be read: who waits for it has no mistake of his own
 * @returns programs whose dependencies do not exist; they are still in the groups
 * @throws MisconfigurationError for a cycle
 */
export function checkDependencies(groups: readonly GroupConfig[], broken: readonly Broken[]): Broken[] {
  const named = programsByName(groups, broken);
  const unknown: Broken[] = [];
  const waiting = new Map<string, Waiting>();
  for (const group of groups)
    for (const process of firstOfEachProgram(group.processes)) {
      const missing = process.dependsOn.find((name) => !named.has(name));
      if (missing !== undefined) unknown.push(unknownName(process, group.name, missing, named.keys()));
      if (process.dependsOn.length === 0) continue;
      const programs = process.dependsOn.flatMap((name) => [...(named.get(name) ?? [])]);
      const inOtherGroups = waiting.get(process.program)?.for ?? [];
      waiting.set(process.program, { process, for: [...inOtherGroups, ...programs] });
    }
  refuseCycles(waiting);
  return unknown;
}

function programsByName(groups: readonly GroupConfig[], broken: readonly Broken[]): Map<string, Set<string>> {
  const named = new Map<string, Set<string>>();
  for (const { program, group } of broken) for (const name of [program, group]) named.set(name, new Set());
  for (const { name, processes } of groups) named.set(name, new Set(processes.map(({ program }) => program)));
  for (const { processes } of groups)
    for (const { program } of processes) named.set(program, new Set([program]));
  return named;
}

/** Its processes all wait for the same. */
function firstOfEachProgram(processes: readonly ProcessConfig[]): ProcessConfig[] {
  return [...new Map(processes.toReversed().map((process) => [process.program, process])).values()].reverse();
}

function unknownName(
  { program, kind, place }: ProcessConfig,
  group: string,
  name: string,
  names: Iterable<string>,
): Broken {
  const what = `there is no program or group '${name}'${didYouMean(name, names)}`;
  return { program, group, message: `[${kind}:${program}] depends_on: ${what}`, place };
}

/** Depth first, without recursion: chains may be long. */
function refuseCycles(waiting: ReadonlyMap<string, Waiting>): void {
  const done = new Set<string>();
  for (const start of waiting.keys()) {
    const path = [{ name: start, next: 0 }];
    const onPath = new Set([start]);
    for (let top = path.at(-1); top; top = path.at(-1)) {
      const target = done.has(top.name) ? undefined : waiting.get(top.name)?.for[top.next++];
      if (target === undefined) {
        done.add(top.name);
        onPath.delete(top.name);
        path.pop();
        continue;
      }
      if (onPath.has(target)) {
        const names = path.map(({ name }) => name);
        throw cycle([...names.slice(names.indexOf(target)), target], waiting.get(target)?.process);
      }
      if (done.has(target)) continue;
      path.push({ name: target, next: 0 });
      onPath.add(target);
    }
  }
}

function cycle(names: string[], process: ProcessConfig | undefined): Error {
  const { kind = 'program', program = names[0], place = { file: '', line: 0 } } = process ?? {};
  return new MisconfigurationError(
    place,
    `[${kind}:${program}] depends_on: it waits for itself: ${names.join(' -> ')}`,
  );
}
