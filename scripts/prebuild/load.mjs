// Whether a shipped binary runs where this runs. scripts/ship/run asks more of them: other versions of Node, arm64, musl.
import { spawnSync } from 'node:child_process';

const HERE = { os: process.platform, arch: process.arch };
/** Node says it for its own C library. */
const libc = process.report?.getReport().header.glibcVersionRuntime ? 'glibc' : 'musl';

const LOAD =
  'const module = { exports: {} }; process.dlopen(module, process.argv[1]); console.log(module.exports.stages.length)';

/** @returns what is wrong, one line each */
export function* loadsHere({ file, kind, os, arch, libc: of }) {
  if (os !== HERE.os || arch !== HERE.arch) return;
  if (kind === 'keeper') {
    // It is told nothing to keep, and says how it is to be used.
    const { stderr, error } = spawnSync(file, [], { encoding: 'utf8' });
    if (!stderr?.includes('usage: tdaemon-keeper')) yield `does not run: ${error?.message ?? stderr}`;
  } else if (of === undefined || of === libc) {
    const { status, stdout, stderr } = spawnSync(process.execPath, ['-e', LOAD, '--', `./${file}`], {
      encoding: 'utf8',
    });
    if (status !== 0 || !(Number(stdout) > 20))
      yield `does not load: ${stderr.split('\n').find((line) => line.includes('Error')) ?? stdout}`;
  }
}
