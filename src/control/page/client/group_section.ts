/** The rows of one group below their heading, which can be folded. */
import type { ActionName, ProgramRow } from '../messages';
import { nameOf } from './actions';
import { element, icon, setAttribute, setText } from './element';
import { counted } from './format';
import { actionButton, disable } from './program_row';
import { shownState } from './state';

const ACTIONS: readonly ActionName[] = ['start', 'restart', 'stop', 'clear'];

export class GroupSection {
  readonly element: HTMLElement;
  readonly body = element('div', { class: 'group-rows', role: 'presentation' });
  readonly #summary = element('small', { class: 'summary' });
  readonly #fold: HTMLButtonElement | undefined;
  readonly #buttons: HTMLButtonElement[] = [];

  /** @param name empty: those that are in no group, without a heading */
  constructor(name: string, rolls: boolean) {
    this.element = element('div', { class: 'group', role: 'rowgroup', 'aria-label': name || 'Programs' });
    if (name !== '') {
      this.#fold = element(
        'button',
        { type: 'button', class: 'fold', 'aria-expanded': 'true' },
        icon('fold'),
        name,
      );
      this.#fold.addEventListener('click', () => this.#toggle());
      const actions = rolls ? (['rolling-restart', ...ACTIONS] as const) : ACTIONS;
      this.#buttons = actions.map((action) =>
        actionButton(action, `${name}:*`, `${nameOf(action)} all of ${name}`),
      );
      this.element.append(
        element(
          'div',
          { class: 'group-head', role: 'row' },
          element('div', { class: 'group-name', role: 'rowheader' }, this.#fold, this.#summary),
          element('div', { class: 'cell tools', role: 'cell' }, ...this.#buttons),
        ),
      );
    }
    this.element.append(this.body);
  }

  #toggle(): void {
    const isOpen = this.#fold?.getAttribute('aria-expanded') === 'true';
    this.#fold?.setAttribute('aria-expanded', String(!isOpen));
    this.body.hidden = isOpen;
  }

  /** @param busy of what is under way with all of it */
  show(rows: readonly ProgramRow[], busy: (action: ActionName) => boolean): void {
    const running = rows.filter((row) => shownState(row).kind === 'running').length;
    const problems = rows.filter((row) => shownState(row).kind === 'problems').length;
    const words = [
      `${running} of ${rows.length} running`,
      ...(problems > 0 ? [counted(problems, 'problem')] : []),
    ];
    setText(this.#summary, words.join(', '));
    setAttribute(this.#summary, 'data-mood', problems > 0 ? 'bad' : undefined);
    for (const button of this.#buttons) {
      const isBusy = busy(button.dataset.action as ActionName);
      setAttribute(button, 'data-busy', isBusy ? '' : undefined);
      disable(button, isBusy);
    }
  }
}
