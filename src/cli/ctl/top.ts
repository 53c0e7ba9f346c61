/** `top`: how things stand, refreshed in place, with what each process takes of the processors. */
import { isatty } from 'node:tty';
import { write } from '../output';
import { painted } from './colours';
import { untilInterrupted, within } from './interrupt';
import { allStatuses, matching, type ProcessInfo } from './process_info';
import { type Session, STATUS } from './session';
import { type Loads, tableLines } from './table';
import { upcheck } from './upcheck';

const INTERVAL_MS = 1000;
const ENTER = '\u001b[?1049h\u001b[?25l';
const LEAVE = '\u001b[?25h\u001b[?1049l';
const HOME = '\u001b[H';
const WIPE_LINE = '\u001b[K';
const WIPE_BELOW = '\u001b[J';
const CTRL_C = '\u0003';

type Order = 'name' | 'cpu' | 'memory';

const KEYS: Readonly<Record<string, Order>> = { n: 'name', c: 'cpu', m: 'memory' };

interface Look {
  at: number;
  infos: ProcessInfo[];
}

const fullName = ({ group, name }: ProcessInfo) => `${group}:${name}`;

/** What each has taken between two looks. */
function loadsBetween(before: Look | undefined, now: Look): Loads {
  const loads = new Map<string, number>();
  const earlier = new Map(before?.infos.map((info) => [fullName(info), info]));
  for (const info of now.infos) {
    const then = earlier.get(fullName(info));
    if (!before || then?.pid !== info.pid || then.cpuSeconds === undefined || info.cpuSeconds === undefined)
      continue;
    loads.set(fullName(info), ((info.cpuSeconds - then.cpuSeconds) * 1000) / (now.at - before.at));
  }
  return loads;
}

function sorted(infos: readonly ProcessInfo[], loads: Loads, order: Order): ProcessInfo[] {
  if (order === 'name') return [...infos];
  const weight = (info: ProcessInfo) =>
    order === 'cpu' ? (loads.get(fullName(info)) ?? -1) : (info.residentBytes ?? -1);
  return [...infos].sort((one, other) => weight(other) - weight(one));
}

function summary(infos: readonly ProcessInfo[]): string {
  const counts = new Map<string, number>();
  for (const { statename } of infos) counts.set(statename, (counts.get(statename) ?? 0) + 1);
  const states = [...counts].map(([state, count]) => `${count} ${state}`).join(', ');
  return `${new Date().toTimeString().slice(0, 8)}  ${infos.length} processes: ${states}`;
}

class Screen {
  readonly #session: Session;
  readonly #names: readonly string[];
  #before: Look | undefined;
  #now: Look | undefined;
  #order: Order = 'name';

  constructor(session: Session, names: readonly string[]) {
    this.#session = session;
    this.#names = names;
  }

  async look(): Promise<void> {
    const infos = matching(await allStatuses(this.#session), this.#names, () => undefined);
    // Its connection would be closed by a server that needs room.
    this.#session.client.close();
    this.#before = this.#now;
    this.#now = { at: performance.now(), infos };
  }

  set order(order: Order) {
    this.#order = order;
    this.draw();
  }

  draw(): void {
    if (!this.#now) return;
    const { infos } = this.#now;
    const loads = loadsBetween(this.#before, this.#now);
    const columns = process.stdout.columns || 80;
    const rows = process.stdout.rows || 24;
    const { colours } = this.#session.look;
    const table = tableLines(sorted(infos, loads, this.#order), { colours, columns }, loads);
    const room = rows - 3;
    const lines = table.slice(0, room);
    const hidden = table.length - lines.length;
    const keys = 'q ends; sort by n name, c CPU, m memory'.concat(hidden > 0 ? `; ${hidden} more below` : '');
    const all = [summary(infos).slice(0, columns), '', ...lines, colours ? painted(keys, 'dim') : keys];
    write(1, HOME + all.map((line) => `${line}${WIPE_LINE}`).join('\n') + WIPE_BELOW);
  }

  /** For programs. @returns false: nobody listens */
  print(): boolean {
    if (!this.#now) return true;
    const { infos } = this.#now;
    const loads = loadsBetween(this.#before, this.#now);
    const processes = infos.map((info) => ({ ...info, load: loads.get(fullName(info)) }));
    return this.#session.stream('', { time: new Date().toISOString(), processes });
  }
}

const pause = (signal: AbortSignal) =>
  new Promise<void>((resolve) => {
    const end = () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', end);
      resolve();
    };
    const timer = setTimeout(end, INTERVAL_MS);
    signal.addEventListener('abort', end);
  });

/** Keys are read as they are pressed. @returns what gives the terminal back */
function readKeys(onKey: (key: string) => void): () => void {
  const { stdin } = process;
  if (!stdin.isTTY) return () => undefined;
  const wasRaw = stdin.isRaw;
  const listeners = stdin.listeners('data') as ((data: Buffer) => void)[];
  // Also those of a shell, whose line it would become.
  stdin.removeAllListeners('data');
  const hear = (bytes: Buffer | string) => {
    for (const key of String(bytes)) onKey(key);
  };
  stdin.setRawMode(true).on('data', hear).resume();
  return () => {
    stdin.off('data', hear).setRawMode(wasRaw);
    for (const listener of listeners) stdin.on('data', listener);
    if (listeners.length === 0) stdin.pause();
  };
}

export async function top(session: Session, names: readonly string[]): Promise<void> {
  const { json, terminal } = session.look;
  if (!json && !(terminal && isatty(1)))
    return session.refuse('ERROR: top needs a terminal (--json does not)', STATUS.invalidArguments);
  if (!(await upcheck(session))) return;
  const unknown: string[] = [];
  matching(await allStatuses(session), names, (name) => unknown.push(name));
  if (unknown.length > 0) return session.refuse(`${unknown.join(', ')}: ERROR (no such process)`);
  const screen = new Screen(session, names);
  await untilInterrupted(session, async (signal) => {
    const ended = within(signal);
    const end = () => ended.abort();
    const giveBack = json
      ? () => undefined
      : readKeys((key) => {
          if (key === 'q' || key === CTRL_C) end();
          else if (KEYS[key]) screen.order = KEYS[key];
        });
    process.on('SIGTERM', end).on('SIGHUP', end);
    const redraw = () => screen.draw();
    if (!json) process.stdout.on('resize', redraw);
    if (!json) write(1, ENTER);
    try {
      while (!ended.signal.aborted) {
        await screen.look();
        if (json && !screen.print()) return;
        if (!json) screen.draw();
        await pause(ended.signal);
      }
    } finally {
      if (!json) write(1, LEAVE);
      giveBack();
      process.stdout.off('resize', redraw);
      process.off('SIGTERM', end).off('SIGHUP', end);
    }
  });
}
