// Cross-compiles one binary of targets.mjs with zig.
import { execFile } from 'node:child_process';
import { chmodSync, mkdirSync, rmSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { sourcesOf } from './sources.mjs';
import { CACHE, headers, zig } from './tools.mjs';

const HERE = 'scripts/prebuild';
// zig takes -Oz for -Os; clang itself does not. Nobody unwinds a stack here.
const SMALL = [
  ...['-Os', '-Xclang', '-Oz', '-g0', '-ffunction-sections', '-fdata-sections'],
  ...['-fno-asynchronous-unwind-tables', '-fno-unwind-tables', '-fno-sanitize=undefined'],
];
const CXX = [
  ...['-std=c++20', '-fno-exceptions', '-fno-rtti', '-fPIC'],
  // Or a static mutex has a guard that is of the C++ library, and an end that other threads may not have expected.
  '-fno-c++-static-destructors',
  // What libc++ marks as visible counts as used.
  '-D_LIBCPP_DISABLE_VISIBILITY_ANNOTATIONS',
  ...['-fvisibility=hidden', '-fvisibility-inlines-hidden', '-fvisibility-global-new-delete-hidden'],
];
const LIBCXX = ['string', 'algorithm', 'mutex', 'mutex_destructor', 'verbose_abort'];

// Some of binding.gyp's warnings are gcc's. musl's CMSG_NXTHDR makes the other two, in its own header.
function warningsOf(target, warnings) {
  const others = target.libc === 'musl' ? ['-Wno-cast-align', '-Wno-sign-compare'] : [];
  return [...warnings, '-Werror', '-Wno-unknown-warning-option', ...others];
}

function addOn(target, tools) {
  const { sources, defines, warnings } = sourcesOf('tdaemon', target.os === 'darwin' ? 'mac' : target.os);
  const definitions = [...defines, 'NODE_GYP_MODULE_NAME=tdaemon', 'BUILDING_NODE_EXTENSION'].map(
    (each) => `-D${each}`,
  );
  const libcxx = `${tools.folder}/lib/libcxx/src`;
  const inside = ['-D_LIBCPP_BUILDING_LIBRARY', `-I${libcxx}`, `-I${libcxx}/include`];
  const system = headers().flatMap((folder) => ['-isystem', folder]);
  const ours = [...CXX, ...definitions, ...system, ...warningsOf(target, warnings)];
  return [
    ...sources.map((source) => ({ source, flags: ours })),
    { source: `${HERE}/runtime.cc`, flags: CXX },
    ...LIBCXX.map((name) => ({ source: `${libcxx}/${name}.cpp`, flags: [...CXX, ...inside] })),
    ...(target.libc === 'glibc' ? [{ source: `${HERE}/stat.c`, flags: ['-fPIC'] }] : []),
  ];
}

function keeper(target) {
  const { sources, defines, warnings } = sourcesOf('tdaemon-keeper', target.os);
  const flags = ['-std=c17', ...defines.map((each) => `-D${each}`), ...warningsOf(target, warnings)];
  return sources.map((source) => ({ source, flags }));
}

const LINK = {
  linux: [
    '-shared',
    '-s',
    '-Wl,--gc-sections',
    '-Wl,-z,relro',
    '-Wl,-z,now',
    `-Wl,--version-script=${HERE}/exports.map`,
  ],
  // What is Node's is found when it is loaded.
  darwin: ['-shared', '-s', '-Wl,-dead_strip', '-Wl,-undefined,dynamic_lookup'],
  keeper: ['-static', '-s', '-Wl,--gc-sections'],
};

/** Compiles all sources, as many at a time as there are processors, and links them. */
export async function compile(target) {
  const tools = zig();
  const run = (...args) => promisify(execFile)(tools.program, args, { env: tools.env });
  const objects = path.join(CACHE, 'objects', target.file);
  rmSync(objects, { recursive: true, force: true });
  mkdirSync(objects, { recursive: true });
  mkdirSync(path.dirname(target.file), { recursive: true });

  const parts = target.kind === 'keeper' ? keeper(target) : addOn(target, tools);
  const files = parts.map(({ source }) => path.join(objects, `${path.basename(source)}.o`));
  const waiting = parts.map((part, index) => ({ ...part, to: files[index] }));
  const worker = async () => {
    for (let next = waiting.shift(); next; next = waiting.shift()) {
      const language = next.source.endsWith('.c') ? 'cc' : 'c++';
      await run(language, '-target', target.zig, ...SMALL, ...next.flags, '-c', '-o', next.to, next.source);
    }
  };
  await Promise.all(Array.from({ length: availableParallelism() }, worker));

  const how = target.kind === 'keeper' ? LINK.keeper : LINK[target.os];
  // "cc": as "c++" it would link all of libc++. -Os is for the C library, which zig compiles itself.
  await run('cc', '-target', target.zig, '-Os', ...how, '-o', target.file, ...files);
  chmodSync(target.file, 0o755);
}
