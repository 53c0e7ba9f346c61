// Every binary that the package is shipped with, and what it must be like. src/binaries.ts looks for them under these names.

/** glibc of Debian 10, RHEL 8 and Node 20's own binaries. */
export const OLDEST_GLIBC = '2.28';
/** MAC_OS_X of Node 20's own binaries is 10.15; 12 is the oldest that Node 24 runs on, and the one in binding.gyp. */
export const OLDEST_MACOS = '12.0';

const LINUX_BYTES = 150 * 1024;
// zig's linker for macOS drops nothing that is not used, and keeps the names.
const MACOS_BYTES = 512 * 1024;

function linux(arch, cpu) {
  const folder = `prebuilds/linux-${arch}`;
  const of = { os: 'linux', arch, most: LINUX_BYTES };
  return [
    {
      ...of,
      kind: 'add-on',
      libc: 'glibc',
      file: `${folder}/tdaemon.glibc.node`,
      zig: `${cpu}-linux-gnu.${OLDEST_GLIBC}`,
    },
    { ...of, kind: 'add-on', libc: 'musl', file: `${folder}/tdaemon.musl.node`, zig: `${cpu}-linux-musl` },
    // Static, so one serves both C libraries.
    { ...of, kind: 'keeper', libc: 'musl', file: `${folder}/tdaemon-keeper`, zig: `${cpu}-linux-musl` },
  ];
}

function macos(arch, cpu) {
  const file = `prebuilds/darwin-${arch}/tdaemon.node`;
  return { os: 'darwin', arch, most: MACOS_BYTES, kind: 'add-on', file, zig: `${cpu}-macos.${OLDEST_MACOS}` };
}

export const TARGETS = [
  ...linux('x64', 'x86_64'),
  ...linux('arm64', 'aarch64'),
  macos('x64', 'x86_64'),
  macos('arm64', 'aarch64'),
];
