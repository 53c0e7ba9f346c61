// What binding.gyp says of a target on a system: its sources, definitions and warnings. So the list of sources is kept once.
import { readFileSync } from 'node:fs';
import { runInNewContext } from 'node:vm';

const text = readFileSync('binding.gyp', 'utf8').replace(/^\s*#.*$/gm, '');
const gyp = runInNewContext(`(${text})`);

function holds(condition, variables) {
  return runInNewContext(condition.replaceAll(' and ', ' && ').replaceAll(' or ', ' || '), variables);
}

/** @returns {{ sources: string[], defines: string[], warnings: string[] }} */
export function sourcesOf(target, system) {
  const variables = { OS: system, posix_fallback: 0, warnings_are_errors: 1, links_static: 1 };
  const merged = { sources: [], defines: [], cflags: [], cflags_cc: [] };
  const merge = (part) => {
    for (const key of Object.keys(merged)) merged[key].push(...(part[key] ?? []));
    for (const [condition, then] of part.conditions ?? []) if (holds(condition, variables)) merge(then);
  };
  const targets = [...gyp.targets];
  for (const [condition, then] of gyp.conditions)
    if (holds(condition, variables)) targets.push(...then.targets);
  merge(targets.find((each) => each.target_name === target));
  const warnings = [...merged.cflags, ...merged.cflags_cc].filter((flag) => flag.startsWith('-W'));
  return { sources: merged.sources, defines: merged.defines, warnings };
}
