/** Asks before something that cannot be taken back. */
import { byId, setText } from './element';

const dialog = byId<HTMLDialogElement>('confirm');

/** @param text what will happen */
export function confirmed(title: string, text: Node | string, yes: string): Promise<boolean> {
  setText(byId('confirm-title'), title);
  byId('confirm-text').replaceChildren(text);
  setText(byId('confirm-yes'), yes);
  dialog.returnValue = 'no';
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener('close', () => resolve(dialog.returnValue === 'yes'), { once: true });
  });
}
