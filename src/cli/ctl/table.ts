/** How things stand, for people: an aligned table that fits the terminal. */

import { shownName } from '../../control/names';
import { uptime } from '../../control/process_info';
import { oneLine } from '../output';
import { painted, stateColour } from './colours';
import type { ProcessInfo } from './process_info';

export interface TableLook {
  colours: boolean;
  /** Longer lines are cut. */
  columns: number;
}

/** What a process takes now, where two looks say it: of one processor, 1 is all. */
export type Loads = ReadonlyMap<string, number>;

interface Column {
  title: string;
  right?: boolean;
  /** Where there is no room for all, those with low numbers go first. */
  worth?: number;
  /** Undefined: not known. */
  of(info: ProcessInfo): string | undefined;
}

const UNITS = ['B', 'K', 'M', 'G', 'T'];

export function shownBytes(bytes: number): string {
  let value = bytes;
  let unit = 0;
  for (; value >= 1024 && unit < UNITS.length - 1; unit++) value /= 1024;
  return `${unit === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)}${UNITS[unit]}`;
}

/** Of processor time: `0.42s`, `12.3s`, `3:05`, `1:02:03`. */
export function shownSeconds(seconds: number): string {
  if (seconds < 10) return `${seconds.toFixed(2)}s`;
  if (seconds < 60) return `${seconds.toFixed(1)}s`;
  return uptime(seconds).replace(/^0:0?/, '');
}

const isUp = ({ pid }: ProcessInfo) => pid !== 0;

function openFiles({ openFiles: open, openFilesSoftLimit: limit }: ProcessInfo): string | undefined {
  if (open === undefined) return undefined;
  return `${open}/${limit === undefined ? '?' : limit < 0 ? '∞' : limit}`;
}

/** What the other columns do not say already. */
function detail({ statename, description, spawnerr, waitingFor = [] }: ProcessInfo): string {
  if (waitingFor.length > 0) return `waiting for ${waitingFor.join(', ')}`;
  if (statename === 'RUNNING') return '';
  return description === '' ? spawnerr : description;
}

function columnsOf(loads: Loads | undefined): Column[] {
  return [
    { title: 'PID', worth: 4, right: true, of: (info) => (isUp(info) ? String(info.pid) : undefined) },
    {
      title: 'UPTIME',
      worth: 5,
      right: true,
      of: (info) => (isUp(info) ? uptime(info.now - info.start) : undefined),
    },
    ...(loads
      ? [
          {
            title: 'CPU%',
            worth: 6,
            right: true,
            of: (info: ProcessInfo) => {
              const load = loads.get(`${info.group}:${info.name}`);
              return load === undefined ? undefined : (load * 100).toFixed(1);
            },
          },
        ]
      : []),
    {
      title: 'CPU TIME',
      worth: 2,
      right: true,
      of: ({ cpuSeconds }) => (cpuSeconds === undefined ? undefined : shownSeconds(cpuSeconds)),
    },
    {
      title: 'MEMORY',
      worth: 3,
      right: true,
      of: ({ residentBytes }) => (residentBytes === undefined ? undefined : shownBytes(residentBytes)),
    },
    { title: 'FILES', worth: 1, right: true, of: openFiles },
    {
      title: 'RESTARTS',
      worth: 2,
      right: true,
      of: ({ restarts }) => (restarts === undefined ? undefined : String(restarts)),
    },
  ];
}

const widest = (texts: readonly string[]) => Math.max(...texts.map((text) => [...text].length));

function aligned(text: string, width: number, right = false): string {
  const space = ' '.repeat(Math.max(0, width - [...text].length));
  return right ? space + text : text + space;
}

/** A detail that is cut shorter than this says nothing. */
const LEAST_DETAIL = 24;
const GAP = 2;

interface Cells {
  columns: Column[];
  /** The titles, then one for each process. */
  rows: string[][];
  widths: number[];
}

function cellsOf(infos: readonly ProcessInfo[], columns: Column[]): Cells {
  const rows = [
    columns.map(({ title }) => title),
    ...infos.map((info) => columns.map(({ of }) => of(info) ?? '-')),
  ];
  return { columns, rows, widths: columns.map((_, at) => widest(rows.map((row) => row[at] ?? ''))) };
}

/** Columns of which nothing is known are left out, and then those that are worth least until the others have room. */
function chosen(infos: readonly ProcessInfo[], most: number, loads: Loads | undefined): Cells {
  const known = columnsOf(loads).filter(({ of }) => infos.some((info) => of(info) !== undefined));
  const details = infos.some((info) => detail(info) !== '');
  let columns: Column[] = [
    { title: 'NAME', of: (info) => oneLine(shownName(info)) },
    { title: 'STATE', of: ({ statename }) => oneLine(statename) },
    ...known,
    ...(details ? [{ title: 'DETAIL', of: (info: ProcessInfo) => oneLine(detail(info)) }] : []),
  ];
  for (;;) {
    const cells = cellsOf(infos, columns);
    const last = cells.widths.at(-1) ?? 0;
    const whole = cells.widths.reduce((sum, width) => sum + width + GAP, -GAP);
    const least = details ? whole - last + Math.min(last, LEAST_DETAIL) : whole;
    const worths = columns.flatMap(({ worth }) => worth ?? []);
    if (least <= most || worths.length === 0) return cells;
    const leastWorth = Math.min(...worths);
    columns = columns.filter(({ worth }) => worth !== leastWorth);
  }
}

/** @returns the titles and a line for each */
export function tableLines(
  infos: readonly ProcessInfo[],
  { colours, columns: most }: TableLook,
  loads?: Loads,
): string[] {
  const { columns, rows, widths } = chosen(infos, most, loads);
  return rows.map((row, index) => {
    const texts = row.map((text, at) => aligned(text, widths[at] ?? 0, columns[at]?.right));
    const state = colours ? infos[index - 1]?.statename : undefined;
    return painting(fitting(texts, most), state, colours && index === 0);
  });
}

/** The cells of a line that is not longer than the terminal is wide. */
function fitting(texts: readonly string[], most: number): string[] {
  let left = most;
  return texts.flatMap((text, at) => {
    const whole = at === texts.length - 1 ? text.trimEnd() : `${text}  `;
    const letters = [...whole];
    const shown = letters.length <= left ? whole : `${letters.slice(0, Math.max(0, left - 1)).join('')}…`;
    if (left <= 0) return [];
    left -= letters.length;
    return [shown];
  });
}

function painting(texts: readonly string[], state: string | undefined, isTitle: boolean): string {
  const line = texts.map((text, at) =>
    at === 1 && state !== undefined ? painted(text, stateColour(state)) : text,
  );
  return isTitle ? painted(line.join('').trimEnd(), 'dim') : line.join('').trimEnd();
}
