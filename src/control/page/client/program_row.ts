/** One row of the table: made once, then only what differs is changed. */
import type { ActionName, ProgramRow, VitalsRow } from '../messages';
import { nameOf } from './actions';
import { now } from './clock';
import { element, icon, setAttribute, setText } from './element';
import { bytes, percent } from './format';
import { canStart, canStop, noteOf, shownName, shownState, uptimeOf } from './state';

/** Of the descriptors that it may have open: it will soon fail. */
const NEARLY_ALL = 0.8;

const cell = (name: string, label: string, ...children: (Node | string)[]) =>
  element('div', { class: `cell ${name}`, role: 'cell', 'data-label': label }, ...children);

export function actionButton(
  action: ActionName,
  target: string,
  label: string,
  ...text: string[]
): HTMLButtonElement {
  return element(
    'button',
    {
      type: 'button',
      class: text.length > 0 ? 'with-text' : 'icon-button',
      'data-action': action,
      'data-target': target,
      'aria-label': label,
      title: nameOf(action),
    },
    icon(action),
    ...text,
  );
}

/** Where its logs are shown; a process of that name may have any character. */
export const logAddress = (key: string): string => `tail.html?processname=${encodeURIComponent(key)}`;

export const statePill = () => element('span', { class: 'pill' });

export function showState(pill: HTMLElement, row: ProgramRow): void {
  const { word, mood } = shownState(row);
  setText(pill, word);
  setAttribute(pill, 'data-mood', mood);
}

export class Row {
  readonly element: HTMLElement;
  row: ProgramRow;
  #vitals: VitalsRow | undefined;
  readonly #pill = statePill();
  readonly #link: HTMLAnchorElement;
  readonly #note = element('small', { class: 'note' });
  readonly #pid = cell('pid', 'pid');
  readonly #uptime = cell('uptime', 'up');
  readonly #cpu = cell('cpu', 'CPU');
  readonly #memory = cell('memory', 'memory');
  readonly #files = cell('files', 'files');
  readonly #restarts = cell('restarts', 'restarts');
  readonly #buttons: Record<'start' | 'stop' | 'restart' | 'clear', HTMLButtonElement>;
  readonly #rolling: HTMLButtonElement | undefined;

  constructor(row: ProgramRow, isInGroup: boolean) {
    this.row = row;
    const { key } = row;
    const shown = shownName(row);
    this.#link = element(
      'a',
      { class: 'name', href: logAddress(key), 'data-view': key, title: row.command },
      isInGroup ? row.name : shown,
    );
    const button = (action: ActionName) => actionButton(action, key, `${nameOf(action)} ${shown}`);
    this.#buttons = {
      start: button('start'),
      restart: button('restart'),
      stop: button('stop'),
      clear: button('clear'),
    };
    this.#rolling = row.rolls ? button('rolling-restart') : undefined;
    const { start, restart, stop, clear } = this.#buttons;
    const tools = cell('tools', '', ...(this.#rolling ? [this.#rolling] : []), start, restart, stop, clear);
    this.element = element(
      'div',
      { class: 'row', role: 'row', 'data-key': key },
      cell('state', 'state', this.#pill),
      element('div', { class: 'cell program', role: 'rowheader' }, this.#link, this.#note),
      this.#pid,
      this.#uptime,
      this.#cpu,
      this.#memory,
      this.#files,
      this.#restarts,
      tools,
    );
    this.show(row, undefined);
    this.showVitals(undefined);
  }

  /** @param busy what is under way with it */
  show(row: ProgramRow, busy: ActionName | undefined): void {
    const isAnother = row.pid !== this.row.pid;
    this.row = row;
    showState(this.#pill, row);
    setAttribute(this.#note, 'data-mood', row.error === '' ? undefined : shownState(row).mood);
    setText(this.#pid, row.pid === 0 ? '' : String(row.pid));
    setText(this.#restarts, row.restarts === 0 ? '' : String(row.restarts));
    if (isAnother) this.showVitals(undefined);
    this.tick();
    this.showBusy(busy);
  }

  showBusy(busy: ActionName | undefined): void {
    const { start, stop, restart, clear } = this.#buttons;
    setAttribute(this.element, 'aria-busy', busy ? 'true' : undefined);
    for (const button of [start, stop, restart, clear, this.#rolling])
      if (button) setAttribute(button, 'data-busy', button.dataset.action === busy ? '' : undefined);
    disable(start, !canStart(this.row) || busy !== undefined);
    disable(stop, !canStop(this.row) || busy === 'stop');
    disable(restart, !canStop(this.row) || busy !== undefined);
    disable(clear, this.row.logs.length === 0 || busy === 'clear');
    if (this.#rolling) disable(this.#rolling, this.row.state !== 'RUNNING' || busy !== undefined);
  }

  showVitals(vitals: VitalsRow | undefined): void {
    const shown = vitals?.pid === this.row.pid && this.row.pid !== 0 ? vitals : undefined;
    this.#vitals = shown;
    const { cpu = null, memory = null } = shown ?? {};
    setText(this.#cpu, cpu === null ? '' : percent(cpu));
    setText(this.#memory, memory === null ? '' : bytes(memory));
    const { text, title, isScarce } = filesOf(shown);
    setText(this.#files, text);
    setAttribute(this.#files, 'title', title);
    setAttribute(this.#files, 'data-mood', isScarce ? 'warn' : undefined);
  }

  get vitals(): VitalsRow | undefined {
    return this.#vitals;
  }

  /** What time alone changes. */
  tick(): void {
    const at = now();
    setText(this.#uptime, uptimeOf(this.row, at));
    setText(this.#note, noteOf(this.row, at));
  }
}

/** `aria-disabled`: the focus stays where it is, also when what it is on cannot be used for a while. */
export function disable(button: HTMLButtonElement, isDisabled: boolean): void {
  setAttribute(button, 'aria-disabled', isDisabled ? 'true' : undefined);
}

const limitWords = (limit: number | null) =>
  limit === null ? '?' : limit < 0 ? '∞' : limit.toLocaleString('en');

export function filesOf(vitals: VitalsRow | undefined) {
  const { openFiles = null, softLimit = null, hardLimit = null } = vitals ?? {};
  if (softLimit === null && openFiles === null) return { text: '', title: undefined, isScarce: false };
  const used = openFiles === null ? '?' : openFiles.toLocaleString('en');
  return {
    text: `${used} / ${limitWords(softLimit)}`,
    title: `${used} open files; soft limit ${limitWords(softLimit)}, hard limit ${limitWords(hardLimit)}`,
    isScarce: openFiles !== null && softLimit !== null && softLimit > 0 && openFiles > softLimit * NEARLY_ALL,
  };
}
