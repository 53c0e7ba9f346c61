// What was to be reached, beside what was.
import * as many from './many_starts.mjs';
import { median, ratio } from './measure.mjs';
import * as one from './one_start.mjs';

function aim(text, measured, met) {
  return [text, measured, met ? 'met' : '**not met**'];
}

const times = (value) => `${value.toFixed(2)} x`;

export function aimsOfOneStart(figures) {
  const own = figures.get(one.TDAEMON_ROW);
  const reached = ratio(own, figures.get(one.BASE));
  const aims = [aim('one start: at most 1.25 x `node -e 0`', times(reached), reached <= 1.25)];
  for (const row of one.RESIDENT_ROWS.filter((name) => figures.has(name))) {
    const share = ratio(own, figures.get(row));
    aims.push(aim(`one start: below a half of ${row}`, times(share), share < 0.5));
  }
  return aims;
}

export function aimsOfManyStarts(figures) {
  const library = figures.get(many.LIBRARY);
  const each = median(library);
  const limit = ratio(library, figures.get(many.LIMIT));
  const aims = [
    aim('many starts: at most 0.8 ms each', `${each.toFixed(2)} ms`, each <= 0.8),
    aim('many starts: at most 1.6 x the `posix_spawn` limit', times(limit), limit <= 1.6),
  ];
  const daemonize = figures.get(many.DAEMONIZE);
  if (!daemonize) return aims;
  const peer = ratio(library, daemonize);
  return [...aims, aim("many starts: below daemonize's loop", times(peer), peer < 1)];
}

export function aimsOfResident(rows) {
  const own = rows.find(({ name }) => name === 'tdaemon');
  const measured = `${own.processes} processes, ${own.resident} bytes`;
  return [aim('resident: 0 processes, 0 bytes', measured, own.processes === 0 && own.resident === 0)];
}
