/** `help`: supervisorctl's texts, and those of the actions that are ours. */
import { ACTIONS, actionNamed } from '../../control/client/actions';
import { oneLine } from '../output';
import type { Session } from './session';

const WIDTH = 79;
const GAP = 2;

export function helpOf(action: string): string {
  return actionNamed(action)?.help ?? '';
}

/** In columns from top to bottom, in as few lines as fit, as Python's cmd module does it. */
export function columnize(words: readonly string[], width = WIDTH): string[] {
  for (let lines = 1; lines <= words.length; lines++) {
    const columns = Math.ceil(words.length / lines);
    const cells = Array.from({ length: columns }, (_, at) => words.slice(at * lines, (at + 1) * lines));
    const widths = cells.map((column) => Math.max(...column.map(({ length }) => length)));
    if (widths.reduce((sum, each) => sum + each + GAP, -GAP) > width && lines < words.length) continue;
    return Array.from({ length: lines }, (_, line) =>
      cells
        .map((column, at) => column[line]?.padEnd(widths[at] ?? 0))
        .filter((cell) => cell !== undefined)
        .join(' '.repeat(GAP)),
    );
  }
  return [];
}

function topics(title: string, names: readonly string[]): string[] {
  const header = `${title} commands (type help <topic>):`;
  return [header, '='.repeat(header.length), ...columnize(names), ''];
}

export function help(session: Session, [name]: readonly string[]): void {
  if (name !== undefined) {
    const action = actionNamed(name);
    session.say(action ? action.help : `*** No help on ${oneLine(name)}`);
    return;
  }
  if (session.look.json) {
    session.tellAll(
      '',
      ACTIONS.map(({ name: action, args, summary }) => ({ action, args, summary })),
    );
    return;
  }
  const theirs = ACTIONS.filter(({ ours, name: action }) => !ours && action !== 'help');
  const ours = ACTIONS.filter((action) => action.ours);
  const names = (actions: typeof ACTIONS) => actions.map((action) => action.name).sort();
  session.say(['', ...topics('default', names(theirs)), ...topics('tdaemon', names(ours))].join('\n'));
}
