// What a tool has left of a start in a directory: processes that mention it, and its pidfile.
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';

function attempt(look) {
  try {
    return look();
  } catch {
    return '';
  }
}

export function isAlive(pid) {
  const text = attempt(() => readFileSync(`/proc/${pid}/stat`, 'latin1'));
  return text !== '' && !/^ [ZX]/.test(text.slice(text.lastIndexOf(')') + 1));
}

/** Running now, by their file, arguments or environment. */
export function processesOf(directory) {
  return readdirSync('/proc')
    .map(Number)
    .filter((pid) => pid > 0 && pid !== process.pid && isAlive(pid))
    .map((pid) => ({
      pid,
      file: attempt(() => readlinkSync(`/proc/${pid}/exe`)),
      words: ['cmdline', 'environ'].map((name) =>
        attempt(() => readFileSync(`/proc/${pid}/${name}`, 'latin1')),
      ),
    }))
    .filter(({ file, words }) => [file, ...words].some((text) => text.includes(directory)));
}

/** Once nothing has come or gone for a second: some tools return before anything has happened. */
export async function settled(directory) {
  let found = processesOf(directory);
  for (let quiet = 0; quiet < 10; ) {
    await setTimeout(100);
    const now = processesOf(directory);
    quiet = now.map(({ pid }) => pid).join() === found.map(({ pid }) => pid).join() ? quiet + 1 : 0;
    found = now;
  }
  return found;
}

export function pidIn(pidfile) {
  return Number(attempt(() => readFileSync(pidfile, 'latin1')));
}

/** @param running what processesOf found */
export function pidfileSays(pidfile, running) {
  const text = attempt(() => readFileSync(pidfile, 'latin1'));
  if (text === '')
    return attempt(() => readdirSync(pidfile.replace(/[^/]*$/, '')).length)
      ? 'an empty pidfile'
      : 'no pidfile';
  const pid = Number(text);
  if (running.some((found) => found.pid === pid)) return 'the pidfile names it';
  return isAlive(pid) ? 'the pidfile names another' : 'the pidfile names a dead pid';
}
