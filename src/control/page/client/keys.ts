/** What the keyboard does beyond Tab and Enter: `/` filters, Escape takes back, the arrows go from row to row. */
import { byId } from './element';

function visibleRows(): HTMLElement[] {
  return [...byId('table').querySelectorAll<HTMLElement>('.row, .group-head')].filter(
    (row) => row.offsetParent !== null,
  );
}

/** To what is the same in the next row; a row may lack it. */
function step(from: HTMLElement, by: 1 | -1): void {
  const row = from.closest<HTMLElement>('.row, .group-head');
  if (!row) return;
  const rows = visibleRows();
  const selector = from.dataset.action ? `[data-action="${from.dataset.action}"]` : 'a, .fold';
  for (let at = rows.indexOf(row) + by; at >= 0 && at < rows.length; at += by) {
    const same = rows[at]?.querySelector<HTMLElement>(selector);
    if (!same) continue;
    same.focus();
    same.scrollIntoView({ block: 'nearest' });
    return;
  }
}

/** The one that is shown. */
function searchBox(): HTMLInputElement | undefined {
  return [...document.querySelectorAll<HTMLInputElement>('input[type=search]')].find(
    (input) => input.offsetParent !== null,
  );
}

export function startKeys(): void {
  document.addEventListener('keydown', (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || !(event.target instanceof HTMLElement)) return;
    const { target, key } = event;
    const isTyping = target instanceof HTMLInputElement;
    if (key === '/' && !isTyping) {
      event.preventDefault();
      searchBox()?.focus();
    } else if (key === 'Escape' && isTyping) {
      target.value = '';
      target.dispatchEvent(new Event('input'));
    } else if ((key === 'ArrowDown' || key === 'ArrowUp') && target.closest('#table')) {
      event.preventDefault();
      step(target, key === 'ArrowDown' ? 1 : -1);
    }
  });
}
