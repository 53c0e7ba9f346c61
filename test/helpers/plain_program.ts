/** test/fixtures/plain/start.c, linked with the spawn code and nothing else: no Node is in it. */
import { execFileSync } from 'node:child_process';
import path from 'node:path';
import { ROOT } from './paths';
import type { Scratch } from './scratch';

const SOURCES = [
  'spawn.cc',
  'spawn_channel.cc',
  'spawn_child.cc',
  'publish_pidfile.cc',
  'open_target.cc',
  'os_common.cc',
  'os_linux.cc',
  'os_linux_parent.cc',
];

export function buildPlainProgram(at: Scratch): string {
  const native = path.join(ROOT, 'native');
  const program = at.file('start');
  const object = at.file('start.o');
  const fixture = path.join(ROOT, 'test', 'fixtures', 'plain', 'start.c');
  const flags = ['-O1', '-Wall', '-Wextra', '-Werror', '-I', native];
  execFileSync('cc', [...flags, '-c', '-o', object, fixture], { stdio: 'inherit' });
  const sources = SOURCES.map((source) => path.join(native, source));
  execFileSync(
    'c++',
    [...flags, '-std=c++20', '-fno-exceptions', '-fno-rtti', '-o', program, ...sources, object],
    {
      stdio: 'inherit',
    },
  );
  return program;
}
