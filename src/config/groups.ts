/** Which processes form which group, in supervisord's order; what is bad alone is put aside. */
import { located, MisconfigurationError } from './diagnostics';
import type { Scope } from './expand';
import type { Section } from './ini';
import { GROUP, LISTENER } from './keys';
import type { Broken, GroupConfig, ProcessConfig } from './model';
import { compare, type Program, programOf, readProgram } from './program';
import type { Reading } from './section';
import { checkName } from './types';

export interface Grouped {
  /** By priority, then name. */
  groups: GroupConfig[];
  broken: Broken[];
}

const KINDS: readonly ProcessConfig['kind'][] = ['program', 'eventlistener', 'fcgi-program'];

export function readGroups(
  reading: Reading,
  globals: Scope,
  variables: Readonly<Record<string, string>>,
): Grouped {
  return new Grouping(reading, globals, variables).read();
}

class Grouping {
  readonly #reading: Reading;
  readonly #globals: Scope;
  readonly #variables: Readonly<Record<string, string>>;
  readonly #programs: Program[];
  readonly #members = new Set<Program>();
  readonly #groups: GroupConfig[] = [];
  readonly #broken: Broken[] = [];

  constructor(reading: Reading, globals: Scope, variables: Readonly<Record<string, string>>) {
    this.#reading = reading;
    this.#globals = globals;
    this.#variables = variables;
    this.#programs = [...reading.ini.sections.values()].flatMap((section) => programOf(section) ?? []);
  }

  read(): Grouped {
    for (const section of this.#reading.ini.sections.values())
      if (section.header.startsWith('group:')) this.#readGroup(section);
    for (const kind of KINDS)
      for (const program of this.#programs)
        if (program.kind === kind && !this.#members.has(program)) this.#readAlone(program);
    // Sorting keeps the order of equals.
    const sorted = this.#groups.sort((a, b) => a.priority - b.priority || compare(a.name, b.name));
    return { groups: this.#firstOfEachName(sorted), broken: this.#broken };
  }

  /** Runs a step; its error breaks these programs, not all. */
  #try(programs: readonly string[], group: string, step: () => void): void {
    try {
      step();
    } catch (error) {
      if (!(error instanceof MisconfigurationError)) throw error;
      const { what: message, place } = error;
      for (const program of programs) this.#broken.push({ program, group, message, place });
    }
  }

  #readGroup(section: Section): void {
    const name = section.header.slice('group:'.length).trim();
    const before = this.#broken.length;
    let members: Program[] = [];
    this.#try([name], name, () => {
      members = this.#membersOf(section, name);
    });
    const names = members.length === 0 ? [name] : members.map((member) => member.name);
    this.#try(names, name, () => {
      located(section.place, `[${section.header}]`, () => checkName(name));
      const { priority } = this.#reading.values(section, { priority: GROUP.priority }, this.#globals);
      let processes: ProcessConfig[] = [];
      for (const member of members)
        this.#try([member.name], name, () => {
          processes = processes.concat(this.#readProgram(member, name));
        });
      const isEmptied = processes.length === 0 && this.#broken.length > before;
      if (!isEmptied) this.#add({ name, priority, processes, kind: 'program', place: section.place });
    });
  }

  /** A member has no group of its own, also where this one cannot be had. */
  #membersOf(section: Section, group: string): Program[] {
    const { programs } = this.#reading.values(section, { programs: GROUP.programs }, this.#globals);
    if (programs.length === 0) this.#reading.doubt(section, 'programs', 'the group is empty');
    const members: Program[] = [];
    for (const name of new Set(programs))
      this.#try([name], group, () => members.push(this.#find(section, name)));
    return members;
  }

  #find(section: Section, name: string): Program {
    const found = this.#programs.filter((each) => each.name === name && each.kind !== 'eventlistener');
    for (const program of found) this.#members.add(program);
    if (found.length > 1)
      throw this.#reading.wrong(section, 'programs', `'${name}' is both a program and an fcgi-program`);
    if (found[0]) return found[0];
    throw this.#reading.wrong(section, 'programs', `there is no [program:${name}]`);
  }

  #readAlone(program: Program): void {
    const { section, kind, name } = program;
    this.#try([name], name, () => {
      const processes = this.#readProgram(program, name);
      const table = { priority: kind === 'eventlistener' ? LISTENER.priority : GROUP.priority };
      const { priority } = this.#reading.values(section, table, this.#globals);
      this.#add({ name, priority, processes, kind, place: section.place });
    });
  }

  #readProgram(program: Program, group: string): ProcessConfig[] {
    return readProgram(this.#reading, program, group, this.#globals, this.#variables);
  }

  /** Of processes of one name the last counts. */
  #add(group: GroupConfig): void {
    const byName = new Map(group.processes.map((process) => [process.name, process]));
    if (byName.size < group.processes.length) {
      const twice = group.processes.find((process) => byName.get(process.name) !== process);
      this.#reading.warn(
        `more than one process of group '${group.name}' is called '${twice?.name}': the last counts`,
        twice?.place,
      );
    }
    this.#groups.push({
      ...group,
      processes: group.processes.filter((process) => byName.get(process.name) === process),
    });
  }

  #firstOfEachName(groups: GroupConfig[]): GroupConfig[] {
    const byName = new Map<string, GroupConfig>();
    return groups.filter((group) => {
      const first = byName.get(group.name);
      if (!first) byName.set(group.name, group);
      else this.#reading.warn(`there is a group '${group.name}' already: this one is left out`, group.place);
      return first === undefined;
    });
  }
}
