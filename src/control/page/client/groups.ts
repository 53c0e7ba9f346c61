/** Programs by group: those that are a group of their own come first, together. */
import type { ProgramRow } from '../messages';

const { compare } = new Intl.Collator('en', { numeric: true });

export interface Group {
  /** Empty: of those that are in no group. */
  name: string;
  rows: ProgramRow[];
}

export function grouped(rows: Iterable<ProgramRow>): Group[] {
  const groups = new Map<string, ProgramRow[]>();
  for (const row of rows) {
    const members = groups.get(row.group);
    if (members) members.push(row);
    else groups.set(row.group, [row]);
  }
  const alone: ProgramRow[] = [];
  const named: Group[] = [];
  for (const [name, members] of groups) {
    const [only] = members;
    if (members.length === 1 && only?.name === name) alone.push(only);
    else named.push({ name, rows: members.sort((one, other) => compare(one.name, other.name)) });
  }
  alone.sort((one, other) => compare(one.name, other.name));
  named.sort((one, other) => compare(one.name, other.name));
  return [...(alone.length > 0 ? [{ name: '', rows: alone }] : []), ...named];
}
