/** Which programs are shown: by state, by words. */
import type { ProgramRow } from '../messages';
import { byId, element, setAttribute, setText } from './element';
import { KINDS, type Kind, shownName, shownState } from './state';

type Choice = 'all' | Kind;
const CHOICES: readonly Choice[] = ['all', ...KINDS];

export class Filter {
  readonly #input = byId<HTMLInputElement>('filter');
  readonly #onChange: () => void;
  readonly #chips = new Map<Choice, { button: HTMLButtonElement; count: HTMLElement }>();
  #choice: Choice = 'all';

  constructor(onChange: () => void) {
    this.#onChange = onChange;
    this.#input.addEventListener('input', onChange);
    for (const choice of CHOICES) {
      const count = element('b');
      const button = element(
        'button',
        { type: 'button', class: 'chip', 'data-kind': choice, 'aria-pressed': String(choice === 'all') },
        count,
        ` ${choice}`,
      );
      button.addEventListener('click', () => this.#choose(choice));
      this.#chips.set(choice, { button, count });
      byId('chips').append(button);
    }
  }

  #choose(choice: Choice): void {
    this.#choice = choice === this.#choice ? 'all' : choice;
    for (const [name, { button }] of this.#chips)
      setAttribute(button, 'aria-pressed', String(name === this.#choice));
    this.#onChange();
  }

  count(rows: readonly ProgramRow[]): void {
    const counts = new Map<Choice, number>([['all', rows.length]]);
    for (const row of rows) {
      const { kind } = shownState(row);
      counts.set(kind, (counts.get(kind) ?? 0) + 1);
    }
    for (const [choice, { button, count }] of this.#chips) {
      const number = counts.get(choice) ?? 0;
      setText(count, number.toLocaleString('en'));
      setAttribute(button, 'data-none', number === 0 ? '' : undefined);
    }
  }

  shows(row: ProgramRow): boolean {
    if (this.#choice !== 'all' && shownState(row).kind !== this.#choice) return false;
    const words = this.#input.value.toLowerCase().split(/\s+/).filter(Boolean);
    const text = `${shownName(row)} ${row.group} ${shownState(row).word} ${row.pid || ''}`.toLowerCase();
    return words.every((word) => text.includes(word));
  }
}
