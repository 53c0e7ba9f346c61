// dist/tdaemon.NODE.cache: what V8 makes of dist/tdaemon.js, so that a start need not parse and compile it anew. It is for the
// node that has made it alone, which its name says: V8 takes it for the same source and its own version, whatever the processor,
// and that of Node 20 crashes with another's. So it is not shipped, but made when the package is installed; without it
// everything works the same, some milliseconds later.
//
// The program is run as far as a start goes, because what has run is what the cache holds: with an add-on that starts
// nothing.
import { readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { Script } from 'node:vm';

const folder = path.join(
  import.meta.dirname ?? path.dirname(new URL(import.meta.url).pathname),
  '..',
  'dist',
);
const filename = path.join(folder, 'tdaemon.js');
const require = createRequire(filename);
const { size, mtimeMs } = statSync(process.execPath);
const cache = `tdaemon.${process.version}-${process.arch}-${size}-${Math.trunc(mtimeMs)}.cache`;
for (const name of readdirSync(folder))
  if (name.endsWith('.cache')) rmSync(path.join(folder, name), { recursive: true });

const realOpen = process.dlopen;
process.dlopen = (module, ...rest) => {
  realOpen.call(process, module, ...rest);
  const addon = { ...module.exports };
  addon.spawnDaemon = () => ({ ok: true, pid: process.pid, group: process.pid, startTime: 0 });
  addon.exitNow = () => writeFileSync(path.join(folder, cache), script.createCachedData());
  module.exports = addon;
};
process.argv = [
  process.argv[0],
  path.join(folder, '..', 'bin', 'tdaemon'),
  '--pidfile',
  '/nowhere/pid',
  '--',
  'true',
];

// As bin/tdaemon does it.
const script = new Script(readFileSync(filename, 'latin1'), { filename });
try {
  script.runInThisContext()(require, folder);
} catch (error) {
  // Without the add-on there is nothing to run yet.
  console.error(`no code cache: ${error.message.split('\n')[0]}`);
} finally {
  process.dlopen = realOpen;
}
