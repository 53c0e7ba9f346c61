/** Who waits for whom (`depends_on`): every name must mean something, and nobody may wait for himself. */
import { didYouMean, MisconfigurationError } from './diagnostics';
import type { Broken, GroupConfig, ProcessConfig } from './model';

interface Node {
  name: string;
  first: ProcessConfig;
  /** The programs that it waits for. */
  waits: string[];
}

/**
 * A name is a program's, or else a group's.
 *
 * @returns programs whose dependencies do not exist; they are still in the groups
 * @throws MisconfigurationError for a cycle
 */
export function checkDependencies(groups: readonly GroupConfig[], broken: readonly Broken[]): Broken[] {
  const programs = new Map<string, Set<string>>();
  for (const group of groups)
    for (const { program } of group.processes) programs.set(program, new Set([program]));
  const named = new Map([
    ...groups.map((group) => [group.name, new Set(group.processes.map(({ program }) => program))] as const),
    ...programs,
  ]);
  for (const { program, group } of broken)
    for (const name of [program, group]) if (!named.has(name)) named.set(name, new Set());

  const unknown: Broken[] = [];
  const nodes = new Map<string, Node>();
  for (const group of groups)
    for (const process of group.processes) {
      const missing = process.dependsOn.find((name) => !named.has(name));
      if (missing !== undefined) unknown.push(unknownName(process, group.name, missing, named.keys()));
      if (process.dependsOn.length === 0 || nodes.has(process.program)) continue;
      const waits = process.dependsOn.flatMap((name) => [...(named.get(name) ?? [])]);
      nodes.set(process.program, { name: process.program, first: process, waits });
    }
  refuseCycles(nodes);
  return unknown.filter(
    (each, at) =>
      unknown.findIndex(({ program, group }) => program === each.program && group === each.group) === at,
  );
}

function unknownName(
  { program, kind, place }: ProcessConfig,
  group: string,
  name: string,
  names: Iterable<string>,
): Broken {
  const what =
    name === '' ? 'a name is empty' : `there is no program or group '${name}'${didYouMean(name, names)}`;
  return { program, group, message: `[${kind}:${program}] depends_on: ${what}`, place };
}

/** Depth first, without recursion: chains may be long. */
function refuseCycles(nodes: ReadonlyMap<string, Node>): void {
  const done = new Set<string>();
  for (const start of nodes.keys()) {
    const path: { name: string; next: number }[] = [{ name: start, next: 0 }];
    const onPath = new Set([start]);
    for (let top = path.at(-1); top; top = path.at(-1)) {
      const target = done.has(top.name) ? undefined : nodes.get(top.name)?.waits[top.next++];
      if (target === undefined) {
        done.add(top.name);
        onPath.delete(top.name);
        path.pop();
      } else if (onPath.has(target))
        throw cycle(
          path.map(({ name }) => name),
          target,
          nodes,
        );
      else if (!done.has(target)) {
        path.push({ name: target, next: 0 });
        onPath.add(target);
      }
    }
  }
}

function cycle(path: string[], target: string, nodes: ReadonlyMap<string, Node>): Error {
  const names = [...path.slice(path.indexOf(target)), target];
  const first = nodes.get(target)?.first as ProcessConfig;
  return new MisconfigurationError(
    first.place,
    `[${first.kind}:${target}] depends_on: it waits for itself: ${names.join(' -> ')}`,
  );
}
