/** What supervisors before us have left, by process: while one was being replaced there are two records of a name. */
import type { Records } from './records';

export type Found = ReturnType<Records['read']>[number];

export interface FoundProcess extends Found {
  /** What follows the process's name in the record's. */
  slot: string;
  others: Found[];
}

/** `group:process` to what is known of it. */
export function byProcess(records: readonly Found[]): Map<string, FoundProcess> {
  const named = new Map<string, Found[]>();
  for (const found of records) {
    const fullName = `${found.record.group}:${found.record.config.name}`;
    named.set(fullName, [...(named.get(fullName) ?? []), found]);
  }
  return new Map(
    [...named].map(([fullName, found]) => {
      // Between the two that are written when they change places, there is one to go and one to come.
      const order = ['main', 'next', 'previous'];
      const [main, ...others] = found.sort(
        (one, other) => order.indexOf(one.record.role) - order.indexOf(other.record.role),
      ) as [Found, ...Found[]];
      return [fullName, { ...main, slot: main.name.slice(fullName.length), others }];
    }),
  );
}
