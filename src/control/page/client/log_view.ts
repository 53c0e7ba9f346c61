/** One program and its logs, or the supervisor and its own. */
import type { ActionName, LogName, LogPart, ProgramRow, VitalsRow } from '../messages';
import { type Actions, nameOf } from './actions';
import { now } from './clock';
import { byId, element, icon, setAttribute, setText } from './element';
import { bytes, percent } from './format';
import { LogPane } from './log_pane';
import { actionButton, disable, filesOf, showState, statePill } from './program_row';
import { canStart, canStop, noteOf, shownName, uptimeOf } from './state';

const FACTS = ['pid', 'Uptime', 'CPU', 'Memory', 'Open files', 'Restarts', 'Last exit status'] as const;
type Fact = (typeof FACTS)[number];

/** `main`: the supervisor's own log. */
export type Viewed = { kind: 'main' } | { kind: 'program'; key: string };

export class LogView {
  readonly #place = byId('log-view');
  readonly #actions: Actions;
  readonly #viewed: Viewed;
  readonly #panes = new Map<LogName, LogPane>();
  readonly #paneArea = element('div', { class: 'panes' });
  readonly #title = element('h1', { id: 'log-title' });
  readonly #pill = statePill();
  readonly #note = element('p', { class: 'note' });
  readonly #command = element('code', { class: 'command' });
  readonly #facts = new Map<Fact, HTMLElement>();
  readonly #list = element('dl', { class: 'facts' });
  readonly #buttons: HTMLButtonElement[] = [];
  readonly #search: HTMLInputElement;
  #row: ProgramRow | undefined;
  #isWrapped = true;

  constructor(viewed: Viewed, actions: Actions) {
    this.#viewed = viewed;
    this.#actions = actions;
    const target = viewed.kind === 'main' ? 'main' : viewed.key;
    setText(this.#title, viewed.kind === 'main' ? 'Supervisor' : shownKey(viewed.key));
    this.#search = element('input', {
      type: 'search',
      placeholder: 'Filter lines',
      'aria-label': 'Filter lines',
      autocomplete: 'off',
      spellcheck: 'false',
    });
    this.#search.addEventListener('input', () => {
      for (const pane of this.#panes.values()) pane.filter(this.#search.value);
    });
    const actionNames: ActionName[] =
      viewed.kind === 'main' ? ['clear'] : ['start', 'restart', 'stop', 'clear'];
    this.#buttons = actionNames.map((action) => actionButton(action, target, nameOf(action), nameOf(action)));
    this.#place.replaceChildren(
      element('a', { class: 'back', href: './', 'data-view': '' }, icon('back'), 'All programs'),
      element(
        'div',
        { class: 'log-head' },
        element(
          'div',
          { class: 'log-name' },
          this.#title,
          viewed.kind === 'program' && this.#pill,
          this.#note,
        ),
        element('div', { class: 'log-actions', role: 'group', 'aria-label': 'Actions' }, ...this.#buttons),
      ),
      ...(viewed.kind === 'program' ? [this.#list, this.#command] : []),
      element(
        'div',
        { class: 'log-bar' },
        element('label', { class: 'search' }, icon('search'), this.#search),
        this.#wrapButton(),
      ),
      this.#paneArea,
    );
    for (const fact of FACTS) {
      const value = element('dd');
      this.#facts.set(fact, value);
      this.#list.append(element('div', {}, element('dt', {}, fact), value));
    }
    if (viewed.kind === 'main') this.#pane('main');
  }

  #wrapButton(): HTMLElement {
    const button = element('button', { type: 'button', 'aria-pressed': 'true' }, 'Wrap lines');
    button.addEventListener('click', () => {
      this.#isWrapped = !this.#isWrapped;
      button.setAttribute('aria-pressed', String(this.#isWrapped));
      for (const pane of this.#panes.values()) pane.wrap(this.#isWrapped);
    });
    return button;
  }

  /** What the stream must bring. */
  get query(): string {
    if (this.#viewed.kind === 'main') return '?main';
    const limit = new URLSearchParams(location.search).get('limit');
    const size = limit && /^\d+$/.test(limit) ? `&limit=${limit}` : '';
    return `?tail=${encodeURIComponent(this.#viewed.key)}${size}`;
  }

  focus(): void {
    this.#title.tabIndex = -1;
    this.#title.focus({ preventScroll: true });
  }

  #pane(log: LogName): LogPane {
    const found = this.#panes.get(log);
    if (found) return found;
    const pane = new LogPane(log);
    pane.wrap(this.#isWrapped);
    pane.filter(this.#search.value);
    this.#panes.set(log, pane);
    // Output before errors, whichever came first.
    if (log === 'stdout') this.#paneArea.prepend(pane.element);
    else this.#paneArea.append(pane.element);
    return pane;
  }

  take(part: LogPart): void {
    this.#pane(part.log).take(part);
  }

  /** @param row undefined: there is no such program */
  show(row: ProgramRow | undefined, vitals: VitalsRow | undefined): void {
    if (this.#viewed.kind === 'main') {
      this.#showBusy('main');
      return;
    }
    this.#row = row;
    this.#pill.hidden = !row;
    this.#list.hidden = !row;
    if (row) this.#showRow(row, vitals);
    else {
      setText(this.#note, 'There is no program of this name.');
      for (const button of this.#buttons) disable(button, true);
    }
  }

  #showRow(row: ProgramRow, vitals: VitalsRow | undefined): void {
    for (const log of row.logs) this.#pane(log);
    for (const [log, pane] of this.#panes)
      if (log !== 'main' && !row.logs.includes(log)) {
        pane.element.remove();
        this.#panes.delete(log);
      }
    if (row.rolls) this.#offerRolling(row.key);
    setText(this.#title, shownName(row));
    showState(this.#pill, row);
    setText(this.#command, row.command);
    setText(this.#note, row.logs.length === 0 ? 'It has no log file.' : noteOf(row, now()));
    setAttribute(this.#note, 'data-mood', row.error === '' ? undefined : 'bad');
    this.#fact('pid', row.pid === 0 ? '' : String(row.pid));
    this.#fact('Restarts', String(row.restarts));
    this.#fact('Last exit status', row.exitStatus === null ? '' : String(row.exitStatus));
    this.#showVitals(vitals);
    this.#showBusy(row.key);
    this.tick();
  }

  #offerRolling(key: string): void {
    if (this.#buttons.some(({ dataset }) => dataset.action === 'rolling-restart')) return;
    const words = nameOf('rolling-restart');
    const button = actionButton('rolling-restart', key, words, words);
    const [, restart] = this.#buttons;
    restart?.before(button);
    this.#buttons.push(button);
  }

  #showVitals(vitals: VitalsRow | undefined): void {
    const { cpu = null, memory = null, hardLimit = null } = vitals ?? {};
    this.#fact('CPU', cpu === null ? '' : percent(cpu));
    this.#fact('Memory', memory === null ? '' : bytes(memory));
    const { text, title, isScarce } = filesOf(vitals);
    this.#fact(
      'Open files',
      text === '' || hardLimit === null
        ? text
        : `${text} (hard ${hardLimit < 0 ? '∞' : hardLimit.toLocaleString('en')})`,
    );
    const value = this.#facts.get('Open files');
    if (!value) return;
    setAttribute(value, 'title', title);
    setAttribute(value, 'data-mood', isScarce ? 'warn' : undefined);
  }

  #showBusy(target: string): void {
    const busy = this.#row && this.#actions.of(this.#row);
    for (const button of this.#buttons) {
      const action = button.dataset.action as ActionName;
      const isBusy = action === busy || this.#actions.isUnderWay(action, target);
      setAttribute(button, 'data-busy', isBusy ? '' : undefined);
      disable(button, isBusy || !this.#canDo(action, busy));
    }
  }

  #canDo(action: ActionName, busy: ActionName | undefined): boolean {
    if (!this.#row) return true;
    if (action === 'start') return canStart(this.#row) && !busy;
    if (action === 'stop') return canStop(this.#row);
    if (action === 'restart') return canStop(this.#row) && !busy;
    if (action === 'rolling-restart') return this.#row.state === 'RUNNING' && !busy;
    return this.#row.logs.length > 0;
  }

  #fact(name: Fact, text: string): void {
    const value = this.#facts.get(name);
    if (value) setText(value, text === '' ? '–' : text);
  }

  tick(): void {
    if (this.#row) this.#fact('Uptime', uptimeOf(this.#row, now()));
  }
}

function shownKey(key: string): string {
  const [group = '', name = group] = key.split(':');
  return shownName({ group, name });
}
