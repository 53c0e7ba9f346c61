/**
 * The package as npm packs it, installed as users do: into a directory of its own, on a PATH with no compiler. What is needed
 * of the registry comes from npm's cache where it is there.
 */
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll } from 'vitest';
import { ROOT } from './paths';
import type { Scratch } from './scratch';
import { type Ran, run } from './tdaemon';

/** What a user has besides: no compiler, no make, no python. */
const PROGRAMS = [
  'sh',
  'env',
  'grep',
  'base64',
  'sed',
  'cat',
  'uname',
  'dirname',
  'readlink',
  'ls',
  'mkdir',
  'rm',
];
const QUIETLY = ['--prefer-offline', '--no-audit', '--no-fund', '--loglevel=error'];

export const PREBUILT = path.join(ROOT, 'prebuilds', `${process.platform}-${process.arch}`);

/** For skipIf. */
export function noPrebuilt(): string | undefined {
  return fs.existsSync(PREBUILT) ? undefined : 'needs "npm run prebuild:all"';
}

export interface Tarball {
  file: string;
  /** Bytes. */
  size: number;
  unpackedSize: number;
  files: { path: string; mode: number; size: number }[];
}

/** Packs once for all tests of a file, without the gate: not every machine that tests has built all binaries. */
export function packed(): () => Tarball {
  let made: Tarball | undefined;
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'tdaemon-packed-'));
  afterAll(() => fs.rmSync(folder, { recursive: true, force: true }));
  return () => {
    if (!made) {
      const args = ['pack', '--ignore-scripts', '--json', '--pack-destination', folder];
      const [told] = JSON.parse(execFileSync('npm', args, { cwd: ROOT, encoding: 'utf8' }));
      made = { ...told, file: path.join(folder, told.filename) };
    }
    return made as Tarball;
  };
}

/** A package of the registry that tests want and nobody else. */
export function fetched(package_: string): string {
  const fetch = path.join(ROOT, 'scripts', 'prebuild', 'fetch.mjs');
  return execFileSync(process.execPath, [fetch, package_], { cwd: ROOT, encoding: 'utf8' }).trim();
}

function whereIs(program: string): string | undefined {
  return (process.env.PATH ?? '')
    .split(':')
    .map((folder) => path.join(folder, program))
    .find((file) => fs.existsSync(file));
}

export interface Machine {
  env: NodeJS.ProcessEnv;
  /** Runs one of the programs that are on its PATH. */
  run(program: string, args: readonly string[], cwd: string): Promise<Ran>;
  /** Runs npm with this node, quietly. */
  npm(args: readonly string[], cwd: string): Promise<Ran>;
}

/** @param node its program: on PATH as `node`, with npm beside it */
export function machine(at: Scratch, node = process.execPath): Machine {
  const bin = at.file('bin');
  fs.mkdirSync(bin);
  fs.symlinkSync(node, path.join(bin, 'node'));
  for (const program of PROGRAMS) {
    const found = whereIs(program);
    if (found !== undefined) fs.symlinkSync(found, path.join(bin, program));
  }
  const npm = whereIs('npm');
  if (npm === undefined) throw new Error('no npm');
  fs.symlinkSync(fs.realpathSync(npm), path.join(bin, 'npm'));
  const env = { ...process.env, PATH: bin, HOME: at.directory, npm_config_cache: npmCache() };
  const start = (program: string, args: readonly string[], cwd: string) =>
    run(path.join(bin, program), args, { cwd, env });
  return {
    env,
    run: start,
    npm: (args, cwd) => start('node', [fs.realpathSync(npm), ...args, ...QUIETLY], cwd),
  };
}

/** The machine's: the home directory of a test has none. */
function npmCache(): string {
  return process.env.npm_config_cache ?? path.join(os.homedir(), '.npm');
}

/** A new project that depends on nothing yet. */
export function project(at: Scratch, name = 'project'): string {
  const folder = at.file(name);
  fs.mkdirSync(folder);
  fs.writeFileSync(path.join(folder, 'package.json'), '{ "private": true }');
  return folder;
}
