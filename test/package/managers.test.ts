/** Installed by others than npm, and used from projects of every kind. Part of npm run test:ship. */
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { fetched, type Machine, machine, noPrebuilt, packed, project } from '../helpers/installed';
import { expectMainJob, expectSupervised } from '../helpers/main_job';
import { because } from '../helpers/needs';
import { ROOT } from '../helpers/paths';
import { type Scratch, scratch } from '../helpers/scratch';

const tarball = packed();
const needs = noPrebuilt();

interface Manager {
  /** In the registry, and its program in there. */
  package: string;
  program: string;
  words: (file: string) => string[];
  prepare?: (folder: string) => void;
}

/** Without the registry's address that a machine may have for npm, they would ask another. */
const registry = () => execFileSync('npm', ['config', 'get', 'registry'], { encoding: 'utf8' }).trim();

const MANAGERS: [string, Manager][] = [
  ['pnpm', { package: 'pnpm@10', program: 'bin/pnpm.cjs', words: (file) => ['add', file] }],
  ['yarn 1', { package: 'yarn@1.22.22', program: 'bin/yarn.js', words: (file) => ['add', `file:${file}`] }],
  [
    'yarn 4 with its node-modules linker',
    {
      package: '@yarnpkg/cli-dist@4.18.1',
      program: 'bin/yarn.js',
      words: (file) => ['add', `tdaemon@file:${file}`],
      prepare: (folder) => {
        fs.writeFileSync(path.join(folder, 'yarn.lock'), '');
        const plain = registry().startsWith('http:')
          ? `unsafeHttpWhitelist: ["${new URL(registry()).hostname}"]\n`
          : '';
        fs.writeFileSync(
          path.join(folder, '.yarnrc.yml'),
          `nodeLinker: node-modules\nenableTelemetry: false\nnpmRegistryServer: "${registry()}"\n${plain}`,
        );
      },
    },
  ],
];

describe.skipIf(needs)(`installed by${because(needs)}`, () => {
  it.each(MANAGERS)(
    '%s: it starts and supervises',
    async (_, manager) => {
      const at = scratch();
      const { run, env } = machine(at);
      const folder = project(at);
      manager.prepare?.(folder);
      Object.assign(env, {
        npm_config_registry: registry(),
        YARN_ENABLE_IMMUTABLE_INSTALLS: 'false',
        CI: '',
      });
      const program = path.join(fetched(manager.package), manager.program);
      const installed = await run('node', [program, ...manager.words(tarball().file)], folder);
      expect(installed, installed.stdout + installed.stderr).toMatchObject({ status: 0 });
      const words = [path.join(folder, 'node_modules', '.bin', 'tdaemon')];
      await expectMainJob(at, words, env);
      await expectSupervised(at, words, env, path.join(folder, 'node_modules', 'tdaemon'));
    },
    300_000,
  );
});

/** A project that has the tarball. */
async function dependent(at: Scratch): Promise<{ folder: string; user: Machine }> {
  const user = machine(at);
  const folder = project(at);
  expect((await user.npm(['install', '--ignore-scripts', tarball().file], folder)).status).toBe(0);
  return { folder, user };
}

const USE = `{ const statuses: string = tdaemon.statusOf({ pidfile: '/nowhere' }).state; void statuses; void tdaemon.TdaemonError; }`;

describe.skipIf(needs)(`a project that depends on it${because(needs)}`, () => {
  it('requires and imports it', async () => {
    const at = scratch();
    const { folder, user } = await dependent(at);
    const ask = `console.log(statusOf({ pidfile: '/nowhere' }).state)`;
    fs.writeFileSync(path.join(folder, 'a.cjs'), `const { statusOf } = require('tdaemon');\n${ask}`);
    fs.writeFileSync(path.join(folder, 'a.mjs'), `import { statusOf } from 'tdaemon';\n${ask}`);
    for (const name of ['a.cjs', 'a.mjs'])
      expect(await user.run('node', [name], folder)).toMatchObject({
        status: 0,
        stdout: 'not-running\n',
        stderr: '',
      });
  });

  it.each([
    ['node16', 'node16', 'a.cts', `import tdaemon = require('tdaemon');`],
    ['node16', 'node16', 'a.mts', `import * as tdaemon from 'tdaemon';`],
    ['nodenext', 'nodenext', 'a.cts', `import tdaemon = require('tdaemon');`],
    ['nodenext', 'nodenext', 'a.mts', `import * as tdaemon from 'tdaemon';`],
    ['esnext', 'bundler', 'a.ts', `import * as tdaemon from 'tdaemon';`],
  ])('has its types with modules of %s resolved as by %s in %s', async (module, resolution, name, line) => {
    const at = scratch();
    const { folder, user } = await dependent(at);
    fs.writeFileSync(path.join(folder, name), `${line}\n${USE}\n`);
    const tsc = path.join(ROOT, 'node_modules/typescript/bin/tsc');
    const flags = [
      '--strict',
      '--noEmit',
      '--target',
      'es2022',
      '--module',
      module,
      '--moduleResolution',
      resolution,
    ];
    const types = ['--typeRoots', path.join(ROOT, 'node_modules/@types'), '--types', 'node'];
    const checked = await user.run('node', [tsc, ...flags, ...types, name], folder);
    expect(checked).toMatchObject({ status: 0, stdout: '' });
  });

  it('finds no fault of its types that arethetypeswrong knows', async () => {
    const at = scratch();
    const { run, env } = machine(at);
    const program = path.join(fetched('@arethetypeswrong/cli@0.18.5'), 'dist', 'index.js');
    const asked = await run(
      'node',
      [program, tarball().file, '--format', 'json', '--no-definitely-typed'],
      at.directory,
    );
    void env;
    expect(asked.status, asked.stdout + asked.stderr).toBe(0);
    const { analysis } = JSON.parse(asked.stdout);
    expect(analysis.problems).toEqual([]);
  }, 300_000);
});
