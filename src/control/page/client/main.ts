/** The web page: what comes by the stream goes to the view that is shown, what is clicked goes to the supervisor. */
import type { ActionName, Hello } from '../messages';
import { Actions, nameOf } from './actions';
import { setClock } from './clock';
import { byId, setAttribute, setText } from './element';
import { startKeys } from './keys';
import { LogView, type Viewed } from './log_view';
import { actionButton, disable } from './program_row';
import { shownState } from './state';
import { type Status, Stream } from './stream';
import { Table } from './table';
import { startTheme } from './theme';
import { toast } from './toasts';

/** A connection that is soon there again is not worth a word. */
const PATIENCE_MS = 600;

startTheme();

const banner = byId('banner');
const actions = new Actions(() => {
  table.showBusy();
  showView();
  showTools();
});
const table = new Table(actions);
let view: LogView | undefined;
let viewed: Viewed | undefined;
let hello: Hello | undefined;
let warning: number | undefined;

const stream = new Stream(
  {
    hello(all) {
      hello = all;
      setClock(all.now);
      setText(byId('identifier'), all.identifier);
      setText(byId('where'), `${all.host} · pid ${all.pid} · tdaemon ${all.version}`);
      table.reset(all.programs, all.vitals, all.configFile);
      actions.resume(all);
      showSupervisor(all.supervisorState);
      showView();
      showTitle();
    },
    programs(changes) {
      table.change(changes);
      showView();
      showTitle();
    },
    vitals(vitals) {
      table.showVitals(vitals);
      showView();
    },
    log: (part) => view?.take(part),
    outcome: (outcome) => void actions.end(outcome),
    supervisor: ({ state }) => showSupervisor(state),
    beat: ({ now }) => setClock(now),
  },
  showStatus,
);

function showStatus(status: Status): void {
  clearTimeout(warning);
  document.documentElement.dataset.connection = status.kind;
  if (status.kind !== 'lost') {
    if (status.kind === 'live') showBanner('');
    return;
  }
  warning = setTimeout(
    () => showBanner(`Connection lost, trying again. ${status.why}`.trim(), 'bad'),
    PATIENCE_MS,
  );
}

function showBanner(text: string, mood: 'bad' | 'warn' = 'warn'): void {
  banner.hidden = text === '';
  banner.dataset.mood = mood;
  setText(banner, text);
}

function showSupervisor(state: string): void {
  if (state === 'SHUTDOWN') showBanner('The supervisor is shutting down: all programs are being stopped.');
  else if (state === 'RESTARTING')
    showBanner('The supervisor is restarting: all programs are stopped, then started.');
  else if (hello && !hello.canAct)
    showBanner(
      'The configuration has no [rpcinterface:supervisor]: programs can be seen here, and nothing else.',
    );
}

function showView(): void {
  if (!view || viewed === undefined) return;
  const row = viewed.kind === 'program' ? table.row(viewed.key) : undefined;
  if (hello) view.show(row?.row, row?.vitals);
}

/** What a tab can say. */
function showTitle(): void {
  const problems = table.all.filter((row) => shownState(row).kind === 'problems').length;
  const where = `${hello?.identifier ?? 'tdaemon'} on ${hello?.host ?? ''}`;
  const what = viewed?.kind === 'program' ? `${viewed.key} – ` : '';
  document.title = `${problems > 0 ? `(${problems}) ` : ''}${what}${where}`;
}

// Where we are.

function viewedNow(): Viewed | undefined {
  if (!/\/tail\.html$/.test(location.pathname)) return undefined;
  const query = new URLSearchParams(location.search);
  const name = query.get('processname');
  if (name === null || name === '') return { kind: 'main' };
  return { kind: 'program', key: name.includes(':') ? name : `${name}:${name}` };
}

function showPlace(): void {
  viewed = viewedNow();
  view = viewed && new LogView(viewed, actions);
  byId('overview').hidden = view !== undefined;
  byId('log-view').hidden = view === undefined;
  setAttribute(byId('main-log'), 'aria-current', viewed?.kind === 'main' ? 'page' : undefined);
  stream.open(view?.query ?? '');
  showView();
  showTitle();
}

/** @param row that was looked at: there the focus comes back to */
function go(address: string, row?: string): void {
  history.pushState(null, '', address);
  showPlace();
  window.scrollTo(0, 0);
  if (view) view.focus();
  else if (row !== undefined) table.row(row)?.element.querySelector('a')?.focus();
}

// What is clicked.

document.addEventListener('click', (event) => {
  if (!(event.target instanceof Element)) return;
  const button = event.target.closest<HTMLButtonElement>('button[data-action]');
  if (button) {
    const { action, target } = button.dataset;
    if (button.getAttribute('aria-disabled') !== 'true' && action && target !== undefined)
      void actions.ask(action as ActionName, target);
    return;
  }
  const link = event.target.closest<HTMLAnchorElement>('a[data-view]');
  // In another tab it is the browser's.
  if (!link || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
  event.preventDefault();
  go(link.href, viewed?.kind === 'program' ? viewed.key : undefined);
});

const allButtons = (['start', 'restart', 'stop', 'clear'] as const).map((action) => {
  const words = action === 'clear' ? 'Clear logs' : `${nameOf(action)} all`;
  return actionButton(action, '*', words, words);
});
byId('all').append(...allButtons);

function showTools(): void {
  for (const button of [...allButtons, byId<HTMLButtonElement>('reread')]) {
    const isBusy = actions.isUnderWay(button.dataset.action as ActionName, '*');
    setAttribute(button, 'data-busy', isBusy ? '' : undefined);
    disable(button, isBusy);
  }
}

window.addEventListener('popstate', showPlace);
window.addEventListener('error', ({ message }) => toast('bad', 'The page has a fault', [message]));
setInterval(() => {
  if (document.visibilityState !== 'visible') return;
  if (view) view.tick();
  else table.tick();
}, 1000);
startKeys();
showPlace();
