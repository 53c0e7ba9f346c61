/** All programs: rows by group, narrowed by state and words. Only what has changed is touched. */
import type { ProgramRow, ProgramsChanged, VitalsRow } from '../messages';
import type { Actions } from './actions';
import { announce } from './announcer';
import { byId, element } from './element';
import { Filter } from './filter';
import { GroupSection } from './group_section';
import { grouped } from './groups';
import { Row } from './program_row';
import { shownState } from './state';

const HEADINGS = ['State', 'Program', 'pid', 'Uptime', 'CPU', 'Memory', 'Open files', 'Restarts', ''];
const CLASSES = ['state', 'program', 'pid', 'uptime', 'cpu', 'memory', 'files', 'restarts', 'tools'];

interface Section {
  section: GroupSection;
  keys: string[];
}

export class Table {
  readonly #place = byId('table');
  readonly #empty = byId('empty');
  readonly #actions: Actions;
  readonly #filter: Filter;
  readonly #rows = new Map<string, Row>();
  #sections = new Map<string, Section>();
  #configFile = '';

  constructor(actions: Actions) {
    this.#actions = actions;
    this.#filter = new Filter(() => this.#narrow());
    this.#place.append(
      element(
        'div',
        { class: 'heads', role: 'row' },
        ...HEADINGS.map((words, at) =>
          element('div', { class: `cell ${CLASSES[at]}`, role: 'columnheader' }, words || unseen('Actions')),
        ),
      ),
    );
  }

  row(key: string): Row | undefined {
    return this.#rows.get(key);
  }

  get all(): ProgramRow[] {
    return [...this.#rows.values()].map(({ row }) => row);
  }

  /** All that there is now. */
  reset(programs: readonly ProgramRow[], vitals: readonly VitalsRow[], configFile: string): void {
    this.#configFile = configFile;
    const keys = new Set(programs.map(({ key }) => key));
    const removed = [...this.#rows.keys()].filter((key) => !keys.has(key));
    this.change({ changed: [...programs], removed }, true);
    this.showVitals(vitals);
  }

  change({ changed, removed }: ProgramsChanged, isFirst = false): void {
    let isOther = isFirst;
    for (const key of removed) isOther = this.#rows.delete(key) || isOther;
    for (const row of changed) {
      const found = this.#rows.get(row.key);
      if (found && found.row.rolls === row.rolls) {
        if (!isFirst && shownState(found.row).word !== shownState(row).word) announce(row);
        found.show(row, this.#actions.of(row));
      } else {
        const isInGroup = row.group !== row.name;
        this.#rows.set(row.key, new Row(row, isInGroup));
        isOther = true;
      }
    }
    if (isOther) this.#arrange();
    this.#sum();
    this.#narrow();
  }

  showVitals(vitals: readonly VitalsRow[]): void {
    for (const each of vitals) this.#rows.get(each.key)?.showVitals(each);
  }

  showBusy(): void {
    for (const row of this.#rows.values()) row.showBusy(this.#actions.of(row.row));
    this.#sum();
  }

  tick(): void {
    for (const row of this.#rows.values()) if (!row.element.hidden) row.tick();
  }

  /** Each where it belongs. Those that stay where they are are not touched: they may have the focus. */
  #arrange(): void {
    const sections = new Map<string, Section>();
    for (const { name, rows } of grouped(this.all)) {
      const rolls = rows.some((row) => row.rolls);
      const section = this.#sections.get(name)?.section ?? new GroupSection(name, rolls);
      const elements = rows.flatMap(({ key }) => this.#rows.get(key)?.element ?? []);
      place(section.body, elements);
      sections.set(name, { section, keys: rows.map(({ key }) => key) });
    }
    this.#sections = sections;
    const [heads] = this.#place.children;
    place(this.#place, [
      ...(heads ? [heads] : []),
      ...[...sections.values()].map(({ section }) => section.element),
    ]);
  }

  #sum(): void {
    for (const [name, { section, keys }] of this.#sections)
      section.show(
        keys.flatMap((key) => this.#rows.get(key)?.row ?? []),
        (action) => this.#actions.isUnderWay(action, `${name}:*`),
      );
    this.#filter.count(this.all);
  }

  #narrow(): void {
    let shown = 0;
    for (const { element: each, row } of this.#rows.values()) {
      const isShown = this.#filter.shows(row);
      if (each.hidden === isShown) each.hidden = !isShown;
      if (isShown) shown++;
    }
    for (const { section, keys } of this.#sections.values())
      section.element.hidden = keys.every((key) => this.#rows.get(key)?.element.hidden);
    this.#place.hidden = shown === 0;
    this.#empty.hidden = shown > 0;
    if (shown === 0) this.#empty.replaceChildren(...this.#emptyWords());
  }

  #emptyWords(): HTMLElement[] {
    if (this.#rows.size > 0)
      return [element('h2', {}, 'Nothing fits'), element('p', {}, 'No program fits the filter.')];
    return [
      element('h2', {}, 'No programs yet'),
      element(
        'p',
        {},
        'Add a section to ',
        element('code', {}, this.#configFile),
        ', then reload the configuration:',
      ),
      element('pre', {}, '[program:web]\ncommand=/usr/local/bin/web'),
    ];
  }
}

function unseen(words: string): HTMLElement {
  return element('span', { class: 'unseen' }, words);
}

/** Makes these the children, in this order. */
function place(parent: Element, wanted: readonly Element[]): void {
  const keep = new Set(wanted);
  for (const child of [...parent.children]) if (!keep.has(child)) child.remove();
  wanted.forEach((child, at) => {
    const there = parent.children[at];
    if (there !== child) parent.insertBefore(child, there ?? null);
  });
}
