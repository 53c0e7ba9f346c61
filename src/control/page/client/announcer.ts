/** Says to who does not see the page what has changed: a few words, however much it was. */
import type { ProgramRow } from '../messages';
import { byId, setText } from './element';
import { counted } from './format';
import { shownName, shownState } from './state';

const TOGETHER_MS = 700;
const MOST = 3;

const place = byId('announcer');
const changed = new Map<string, string>();
let isWaiting = false;

export function announce(row: ProgramRow): void {
  changed.set(row.key, `${shownName(row)} ${shownState(row).word.toLowerCase()}`);
  if (isWaiting) return;
  isWaiting = true;
  setTimeout(() => {
    isWaiting = false;
    const words = [...changed.values()];
    changed.clear();
    setText(
      place,
      words.length > MOST ? `${counted(words.length, 'program')} changed their state` : words.join(', '),
    );
  }, TOGETHER_MS);
}
