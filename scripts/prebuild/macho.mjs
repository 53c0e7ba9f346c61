// What a shipped Mach-O file must be. Nothing here can run it, so this reads what its header and load commands say
// (mach-o/loader.h).
import { readFileSync } from 'node:fs';
import { OLDEST_MACOS } from './targets.mjs';

const MAGIC_64 = 0xfeedfacf;
const CPUS = { x64: 0x01000007, arm64: 0x0100000c };
const TYPES = [6, 8]; // a dynamic library, a bundle
const SYMTAB = 0x2;
const LOAD_DYLIB = 0xc;
const CODE_SIGNATURE = 0x1d;
const VERSION_MIN_MACOSX = 0x24;
const BUILD_VERSION = 0x32;
const EXPORTS = ['_napi_register_module_v1', '_node_api_module_get_api_version_v1'];

function textAt(bytes, offset) {
  return bytes.toString('latin1', offset, bytes.indexOf(0, offset));
}

/** xxxx.yy.zz in four bytes. */
function versionOf(number) {
  return `${number >> 16}.${(number >> 8) & 255}`;
}

function symbolsOf(bytes, command) {
  const [symbols, count, names] = [8, 12, 16].map((at) => bytes.readUInt32LE(command + at));
  return Array.from({ length: count }, (_, index) => {
    const at = symbols + index * 16;
    const type = bytes[at + 4];
    const name = textAt(bytes, names + bytes.readUInt32LE(at));
    return { name, isExternal: (type & 0x01) !== 0 && (type & 0x10) === 0, isDefined: (type & 0x0e) !== 0 };
  });
}

function read(bytes) {
  const found = { libraries: [], symbols: [], isSigned: false, oldest: undefined };
  for (let at = 32, left = bytes.readUInt32LE(16); left > 0; left--) {
    const command = bytes.readUInt32LE(at) & 0x7fffffff;
    if (command === LOAD_DYLIB) found.libraries.push(textAt(bytes, at + bytes.readUInt32LE(at + 8)));
    if (command === SYMTAB) found.symbols = symbolsOf(bytes, at);
    if (command === CODE_SIGNATURE) found.isSigned = true;
    if (command === BUILD_VERSION) found.oldest = versionOf(bytes.readUInt32LE(at + 12));
    if (command === VERSION_MIN_MACOSX) found.oldest = versionOf(bytes.readUInt32LE(at + 8));
    at += bytes.readUInt32LE(at + 4);
  }
  return found;
}

/** @returns what is wrong, one line each */
export function* wrongWithMacho({ file, arch }) {
  const bytes = readFileSync(file);
  if (bytes.readUInt32LE(0) !== MAGIC_64) return yield 'is no Mach-O file of 64 bits';
  if (bytes.readUInt32LE(4) !== CPUS[arch])
    yield `is for another processor (0x${bytes.readUInt32LE(4).toString(16)})`;
  if (!TYPES.includes(bytes.readUInt32LE(12))) yield 'cannot be loaded into a process';
  const { libraries, symbols, isSigned, oldest } = read(bytes);
  for (const name of libraries) if (name !== '/usr/lib/libSystem.B.dylib') yield `links to ${name}`;
  if (oldest !== OLDEST_MACOS) yield `is for macOS ${oldest}, not ${OLDEST_MACOS}`;
  // macOS on arm64 ends a process that loads code without one; an ad hoc one is enough.
  if (arch === 'arm64' && !isSigned) yield 'has no signature';
  const exported = symbols.filter((each) => each.isExternal && each.isDefined).map(({ name }) => name);
  if (EXPORTS.some((name) => !exported.includes(name))) yield `exports ${exported.join(', ')}`;
  if (!symbols.some(({ name, isDefined }) => name === '_napi_create_function' && !isDefined))
    yield 'uses no Node-API: is it the add-on?';
}
