/** Numbers and times, short enough for a table. */

const two = (number: number) => String(number).padStart(2, '0');

/** `42s`, `7m 03s`, `5h 12m`, `3d 4h` */
export function duration(milliseconds: number): string {
  const seconds = Math.max(0, Math.floor(milliseconds / 1000));
  if (seconds < 60) return `${seconds}s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes}m ${two(seconds % 60)}s`;
  const hours = Math.floor(minutes / 60);
  if (hours < 24) return `${hours}h ${two(minutes % 60)}m`;
  return `${Math.floor(hours / 24)}d ${hours % 24}h`;
}

const UNITS = ['KB', 'MB', 'GB', 'TB'];

/** `0 B`, `640 KB`, `12.3 MB`; 1 KB is 1024 bytes. */
export function bytes(count: number): string {
  if (count < 1024) return `${count} B`;
  let value = count / 1024;
  let unit = 0;
  while (value >= 999.5 && unit < UNITS.length - 1) {
    value /= 1024;
    unit++;
  }
  return `${value < 100 && unit > 0 ? value.toFixed(1) : Math.round(value)} ${UNITS[unit]}`;
}

/** Of one processor. */
export function percent(share: number): string {
  const value = share * 100;
  return `${value < 10 ? value.toFixed(1) : Math.round(value)}%`;
}

/** `1 program`, `12 programs` */
export function counted(count: number, noun: string): string {
  return `${count.toLocaleString('en')} ${noun}${count === 1 ? '' : 's'}`;
}

const sameDay = (one: Date, other: Date) => one.toDateString() === other.toDateString();

/** Local: `14:05:09` today, else `23 Nov 14:05`. */
export function moment(milliseconds: number, now: number): string {
  const date = new Date(milliseconds);
  const time = `${two(date.getHours())}:${two(date.getMinutes())}`;
  if (sameDay(date, new Date(now))) return `${time}:${two(date.getSeconds())}`;
  return `${date.getDate()} ${date.toLocaleString('en', { month: 'short' })} ${time}`;
}
