/** Messages that come up: what went wrong stays until it is sent away, what went well goes by itself. */
import { byId, element, icon } from './element';

const MOST = 5;
const GOOD_MS = 4000;

const place = byId('toasts');

export function toast(mood: 'good' | 'bad', title: string, lines: readonly string[] = []): void {
  const close = element(
    'button',
    { type: 'button', class: 'icon-button', 'aria-label': 'Dismiss' },
    icon('close'),
  );
  const list = lines.length > 0 && element('ul', {}, ...lines.map((line) => element('li', {}, line)));
  const made = element(
    'div',
    { class: `toast ${mood}`, role: mood === 'bad' ? 'alert' : 'status' },
    element('div', { class: 'toast-text' }, element('b', {}, title), list),
    close,
  );
  close.addEventListener('click', () => made.remove());
  if (mood === 'good') setTimeout(() => made.remove(), GOOD_MS);
  place.append(made);
  while (place.children.length > MOST) place.firstElementChild?.remove();
}
