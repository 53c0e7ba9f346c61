/** The package as a user meets it: require, import, and the types. */
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import { describe, expect, it } from 'vitest';
import { consumer } from '../helpers/consumer';
import { HOLD, held } from '../helpers/hold';
import { ROOT } from '../helpers/paths';

const TSC = `${ROOT}/node_modules/typescript/bin/tsc`;

const USE = `
  const daemon = await daemonize({ command: ${JSON.stringify(HOLD)}, args: [process.cwd()], pidfile: 'pid' });
  console.log(JSON.stringify({ ...daemon, running: daemon.isRunning() }));
`;

describe('the package', () => {
  it.each([
    ['main.cjs', `const { daemonize } = require('tdaemon');\n(async () => {${USE}})();`],
    ['main.mjs', `import { daemonize } from 'tdaemon';${USE}`],
    ['main.mjs', `import * as all from 'tdaemon'; const { daemonize } = all.default;${USE}`],
  ])('can be used from %s', async (name, content) => {
    const project = consumer();
    project.write(name, content);
    const ran = await project.node(name);
    expect(ran).toMatchObject({ status: 0, stderr: '' });
    const told = JSON.parse(ran.stdout);
    expect((await held(told.pid)).arguments.map(String)).toEqual([HOLD, project.directory]);
    expect(told).toEqual({
      pid: told.pid,
      startTime: told.startTime,
      pidfile: project.file('pid'),
      running: true,
    });
    expect(fs.readFileSync(project.file('pid'), 'utf8')).toBe(`${told.pid}\n`);
  });

  it('exports what it documents, and nothing else', async () => {
    const project = consumer();
    project.write(
      'main.mjs',
      `import * as all from 'tdaemon'; console.log(Object.keys(all.default).sort().join());`,
    );
    expect((await project.node('main.mjs')).stdout).toBe(
      'TdaemonError,daemonize,daemonizeSelf,restart,signalDaemon,statusOf,stop\n',
    );
    project.write('inside.cjs', `require('tdaemon/dist/index.js')`);
    expect((await project.node('inside.cjs')).stderr).toContain('ERR_PACKAGE_PATH_NOT_EXPORTED');
  });

  it('loading it starts nothing and prints nothing', async () => {
    const project = consumer();
    project.write('main.cjs', `require('tdaemon');`);
    expect(await project.node('main.cjs')).toEqual({ status: 0, signal: null, stdout: '', stderr: '' });
  });
});

const CONSUMER = `
import { type Daemon, type DaemonizeOptions, daemonize, daemonizeSelf, type FailureReason, TdaemonError } from 'tdaemon';

const options: DaemonizeOptions = {
  command: 'sleep',
  args: ['1', new Uint8Array([255])],
  env: { A: 'b', C: new Uint8Array([255]) },
  limits: { nofile: { soft: 512 }, core: { soft: 0, hard: Number.POSITIVE_INFINITY } },
  ionice: { class: 'best-effort', level: 7 },
  sched: { policy: 'batch' },
  user: 'nobody',
};

export async function start(): Promise<number | undefined> {
  const self = await daemonizeSelf({ pidfile: '/run/x.pid' });
  if (self.role === 'launcher') return self.daemon.pid;
  try {
    const daemon: Daemon = await daemonize(options);
    const running: boolean = daemon.isRunning();
    return running ? daemon.pid : undefined;
  } catch (error) {
    if (!(error instanceof TdaemonError)) throw error;
    const reason: FailureReason = error.reason;
    return reason === 'already-running' ? error.pid : error.errno;
  }
}
`;

describe('the types', () => {
  const check = (content: string, module: string, resolution: string) => {
    const project = consumer();
    project.write('package.json', '{ "type": "module" }');
    project.write('main.ts', content);
    const strict = ['--strict', '--noEmit', '--exactOptionalPropertyTypes', '--target', 'es2022'];
    const how = [
      '--typeRoots',
      `${ROOT}/node_modules/@types`,
      '--types',
      'node',
      '--module',
      module,
      '--moduleResolution',
      resolution,
    ];
    return spawnSync(process.execPath, [TSC, ...strict, ...how, 'main.ts'], {
      cwd: project.directory,
      encoding: 'utf8',
    });
  };

  it.each([
    ['node16', 'node16'],
    ['esnext', 'bundler'],
  ])('serve a strict consumer with modules of %s', (module, resolution) => {
    const checked = check(CONSUMER, module, resolution);
    expect(checked.stdout).toBe('');
    expect(checked.status).toBe(0);
  });

  it.each([
    ['no command', `daemonize({})`],
    ['a mistyped option', `daemonize({ command: 'x', pidfiel: 'y' })`],
    ['an unknown limit', `daemonize({ command: 'x', limits: { files: { soft: 1 } } })`],
    ['an unknown class', `daemonize({ command: 'x', ionice: { class: 'slow' } })`],
    ['a number for an argument', `daemonize({ command: 'x', args: [1] })`],
    ['a command of its own for daemonizeSelf', `daemonizeSelf({ command: 'x' })`],
  ])('refuse %s', (_, call) => {
    const checked = check(
      `import { daemonize, daemonizeSelf } from 'tdaemon';\nvoid daemonizeSelf; void ${call};`,
      'node16',
      'node16',
    );
    expect(checked.stdout).toMatch(/^main\.ts\(2,\d+\): error TS/);
  });
});
