// Which of the programs to compare with are on this machine: on PATH, or under $TDAEMON_BENCH_PEERS as
// `npm install --prefix` (pm2, forever) and `python3 -m venv` (supervisor) put them there.
import { accessSync, constants } from 'node:fs';
import path from 'node:path';

export const ROOT = path.join(import.meta.dirname, '..');
export const TDAEMON = path.join(ROOT, 'bin', 'tdaemon');
// What PATH leads to may be a wrapper; the command and the base must run the same file.
export const NODE = process.execPath;
export const TRUE = '/bin/true';

const EXTRA = process.env.TDAEMON_BENCH_PEERS;

/** @returns {string | undefined} */
export function findProgram(name) {
  const folders = (process.env.PATH ?? '').split(':');
  if (EXTRA) folders.push(path.join(EXTRA, 'node_modules', '.bin'), path.join(EXTRA, 'bin'));
  for (const folder of [...folders, '/usr/sbin', '/sbin']) {
    const file = path.join(folder, name);
    try {
      accessSync(file, constants.X_OK);
      return file;
    } catch {
      // Not here.
    }
  }
  return undefined;
}

/**
 * tdaemon's wrapper takes the first node on PATH: make it the one that is the base. And no setting of Node's:
 * NODE_EXTRA_CA_CERTS alone makes every start of Node read all certificates, and the ratios look better than they are.
 */
export function environment(more = {}) {
  const inherited = Object.entries(process.env).filter(([name]) => !name.startsWith('NODE_'));
  return { ...Object.fromEntries(inherited), PATH: `${path.dirname(NODE)}:${process.env.PATH}`, ...more };
}
