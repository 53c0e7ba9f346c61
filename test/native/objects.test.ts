/** What the code between fork and exec links to: an allow-list, so that no malloc, no stdio and no lock slips in. */
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { ROOT } from '../helpers/paths';

const OBJECTS = path.join(ROOT, 'build', 'Release', 'obj.target', 'tdaemon', 'native');

/** System calls by the thinnest wrapper there is, and plain arithmetic on memory. No more. */
const ALLOWED = new Set(
  (
    '__errno_location chdir chroot clone close dup2 execve fchmod fchown fcntl fgetxattr flock fsetxattr fstat fstatat ' +
    'ftruncate getpid getppid getrlimit kill linkat lseek memcmp memcpy memset nanosleep open openat poll prctl pread read recv sendmsg setpgid ' +
    'setpriority setsid stat strlen syscall umask unlinkat waitid write'
  ).split(' '),
);

/** Ours: of C++ linkage, and in one of these very objects. */
function undefinedIn(object: string): string[] {
  const listed = execFileSync('nm', ['-u', path.join(OBJECTS, object)], { encoding: 'utf8' });
  return listed.split('\n').flatMap((line) => /\bU (\S+)/.exec(line)?.[1] ?? []);
}

function definedIn(object: string): string[] {
  const listed = execFileSync('nm', ['--defined-only', path.join(OBJECTS, object)], { encoding: 'utf8' });
  return listed.split('\n').flatMap((line) => /\b[TtRrBbDdVvWw] (\S+)/.exec(line)?.[1] ?? []);
}

const ROOM = ['spawn_child.o', 'publish_pidfile.o', 'open_target.o', 'os_common.o', 'os_linux.o'];

describe.skipIf(!fs.existsSync(OBJECTS))('the objects of the code between fork and exec (built here)', () => {
  it.each(ROOM)('%s calls nothing but what is allowed', (object) => {
    const own = new Set(ROOM.flatMap(definedIn));
    const foreign = undefinedIn(object)
      .filter((symbol) => !own.has(symbol))
      // The 64-bit variants, the linker's table, and the hardening of distributions that build with it.
      .map((symbol) => symbol.replace(/@.*$/, '').replace(/64$/, ''))
      .filter((symbol) => !['_GLOBAL_OFFSET_TABLE_', '__stack_chk_fail'].includes(symbol));
    expect(foreign.filter((symbol) => !ALLOWED.has(symbol))).toEqual([]);
  });

  it.each(ROOM)(
    '%s has no writable data that a borrowed memory would share, and no initialisers',
    (object) => {
      const sections = execFileSync('size', ['-A', path.join(OBJECTS, object)], { encoding: 'utf8' });
      const filled = sections
        .split('\n')
        .map((line) => line.trim().split(/\s+/))
        .filter(
          ([name, size]) => /^\.(data|bss|tdata|tbss|init_array|ctors)$/.test(name ?? '') && Number(size) > 0,
        );
      expect(filled).toEqual([]);
    },
  );
});
