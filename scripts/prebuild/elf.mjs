// What a shipped ELF file must be: for its machine, small, stripped, hardened, and bound to nothing newer than it says.
import { execFileSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { OLDEST_GLIBC } from './targets.mjs';

const { js_native_api_symbols, node_api_symbols } = createRequire(import.meta.url)('node-api-headers').symbols
  .v8;
const NODE_API = new Set([...js_native_api_symbols, ...node_api_symbols]);
// Of libuv, in its version 1 for ever (docs.libuv.org: its binary interface stays within a major version).
const LIBUV = new Set(['uv_close', 'uv_handle_size', 'uv_poll_init', 'uv_poll_start']);
const EXPORTS = ['napi_register_module_v1', 'node_api_module_get_api_version_v1'];
const MACHINES = { x64: 'Advanced Micro Devices X86-64', arm64: 'AArch64' };
const LIBRARIES = {
  glibc: /^(libc\.so\.6|libm\.so\.6|libpthread\.so\.0|libdl\.so\.2|ld-linux.*)$/,
  musl: /^libc\.so$/,
};

function isNewer(version, than) {
  const [a, b] = [version, than].map((each) => each.split('.').map(Number));
  const at = a.findIndex((part, index) => part !== (b[index] ?? 0));
  return at !== -1 && a[at] > (b[at] ?? 0);
}

function read(file) {
  const text = execFileSync('readelf', ['-hldW', '--dyn-syms', file], {
    encoding: 'utf8',
    env: { ...process.env, LC_ALL: 'C' },
  });
  const symbols = [...text.matchAll(/^ *\d+: [0-9a-f]+ +\d+ (\w+) +(\w+) +(\w+) +(\w+) (\S+)/gm)].map(
    ([, , binding, , section, name]) => {
      const [plain, version] = name.split(/@+/);
      return { binding, isDefined: section !== 'UND', name: plain, version };
    },
  );
  return { text, symbols, needed: [...text.matchAll(/\(NEEDED\).*\[(.*)\]/g)].map(([, name]) => name) };
}

function* wrongWithLinks({ text, symbols, needed }, libc) {
  for (const name of needed) if (!LIBRARIES[libc].test(name)) yield `links to ${name}`;
  const exported = symbols.filter(({ isDefined }) => isDefined).map(({ name }) => name);
  if (exported.sort().join() !== EXPORTS.join()) yield `exports ${exported.join(', ')}`;
  for (const { name, version, binding, isDefined } of symbols) {
    if (isDefined || binding === 'WEAK') continue;
    if (/^(napi|node_api)_/.test(name)) {
      if (!NODE_API.has(name)) yield `${name} is not of Node-API 8`;
    } else if (name.startsWith('uv_')) {
      if (!LIBUV.has(name)) yield `${name} is not on the list of libuv's functions`;
    } else if (/^(_Z|__cxa_guard|__gxx)/.test(name)) yield `${name} is of a C++ library`;
    else if (libc === 'glibc' && version === undefined) yield `${name} is of no library`;
    if (version?.startsWith('GLIBC_') && isNewer(version.slice('GLIBC_'.length), OLDEST_GLIBC))
      yield `${name} needs ${version}`;
  }
  for (const [word, said] of [
    ['RPATH', 'an rpath'],
    ['RUNPATH', 'a runpath'],
    ['TEXTREL', 'text relocations'],
  ])
    if (text.includes(`(${word})`)) yield `has ${said}`;
  if (!/GNU_RELRO/.test(text) || !/BIND_NOW|Flags:.*NOW/.test(text)) yield 'lacks full RELRO';
  if (!symbols.some(({ name }) => name === 'napi_create_function'))
    yield 'uses no Node-API: is it the add-on?';
}

/** @returns what is wrong, one line each */
export function* wrongWithElf({ file, kind, arch, libc }) {
  const elf = read(file);
  const machine = /Machine: +(.*)/.exec(elf.text)?.[1];
  if (machine !== MACHINES[arch]) yield `is for ${machine}, not ${MACHINES[arch]}`;
  if (!/GNU_STACK .* RW +(0x)?0/.test(elf.text)) yield 'has an executable stack';
  const alignments = [...elf.text.matchAll(/^ +LOAD .* 0x([0-9a-f]+)$/gm)].map(([, value]) =>
    Number.parseInt(value, 16),
  );
  // Some kernels for arm64 have pages of 64 KB.
  if (arch === 'arm64' && alignments.some((value) => value < 0x10000))
    yield 'cannot be mapped with pages of 64 KB';
  if (kind === 'add-on') yield* wrongWithLinks(elf, libc);
  else if (/INTERP|\(NEEDED\)/.test(elf.text)) yield 'is not static';
}
