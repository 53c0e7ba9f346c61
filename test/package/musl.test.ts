/**
 * What is shipped for musl, as far as it can be run without a Node for musl: the add-on is loaded and registered under musl's own
 * loader, and the start path, from the very object files that it was linked from, starts daemons.
 */
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { native } from '../../src/native';
import { noPrebuilt, PREBUILT } from '../helpers/installed';
import { because, missing } from '../helpers/needs';
import { ROOT } from '../helpers/paths';
import { type Scratch, scratch } from '../helpers/scratch';
import { run } from '../helpers/tdaemon';

const OBJECTS = path.join(
  ROOT,
  'node_modules/.cache/tdaemon-prebuild/objects',
  path.relative(ROOT, PREBUILT),
);

const needs =
  noPrebuilt() ??
  (fs.existsSync(`${OBJECTS}/tdaemon.musl.node`) ? undefined : 'needs "npm run prebuild:all"') ??
  missing('musl-gcc');

/** Its interpreter is musl's loader. */
function compile(at: Scratch, to: string, ...args: string[]): string {
  const flags = ['-rdynamic', '-pthread', '-Wl,--gc-sections', '-O1', '-Wall', '-Wextra', '-Werror'];
  execFileSync('musl-gcc', [...flags, '-o', at.file(to), ...args], { stdio: 'inherit' });
  return at.file(to);
}

/** All of Node-API and what is used of libuv. */
function stubs(at: Scratch): string {
  const { symbols } = createRequire(import.meta.url)('node-api-headers');
  const own = ['napi_create_function', 'napi_create_object', 'napi_set_named_property'];
  const names = [...symbols.v8.js_native_api_symbols, ...symbols.v8.node_api_symbols].filter(
    (name) => !own.includes(name),
  );
  const libuv = ['uv_close', 'uv_handle_size', 'uv_poll_init', 'uv_poll_start'];
  return at.write(
    'stubs.c',
    [...names, ...libuv].map((name) => `int ${name}(void) { return 0; }\n`).join(''),
  );
}

describe.skipIf(needs)(`on musl${because(needs)}`, () => {
  it('the add-on loads, every symbol found, and exports what it exports on glibc', async () => {
    const at = scratch();
    const host = compile(at, 'host', path.join(ROOT, 'test/fixtures/hosts/addon_host.c'), stubs(at));
    const loaded = await run(host, [path.join(PREBUILT, 'tdaemon.musl.node')]);
    expect(loaded).toMatchObject({ status: 0, stderr: '' });
    expect(loaded.stdout.split('\n')).toEqual(expect.arrayContaining(Object.keys(native)));
  });

  it('what it is linked from starts daemons, in four threads at once', async () => {
    const at = scratch();
    const parts = [
      'spawn',
      'spawn_channel',
      'spawn_child',
      'publish_pidfile',
      'open_target',
      'os_common',
      'os_linux',
    ];
    const objects = [...parts, 'os_linux_clone', 'os_linux_parent', 'exec_in_place', 'runtime'].map(
      (name) => `${name}.cc.o`,
    );
    const libcxx = ['string', 'algorithm', 'mutex', 'mutex_destructor', 'verbose_abort'].map(
      (name) => `${name}.cpp.o`,
    );
    const files = [...objects, ...libcxx].map((name) => path.join(OBJECTS, 'tdaemon.musl.node', name));
    const source = path.join(ROOT, 'test/fixtures/plain/starts.c');
    const program = compile(at, 'starts', '-I', path.join(ROOT, 'native'), source, ...files);
    fs.mkdirSync(at.file('daemons'));
    expect(await run(program, [at.file('daemons'), '4'])).toMatchObject({ status: 0, stderr: '' });
  });
});
