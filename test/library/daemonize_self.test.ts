/** daemonizeSelf(): a script puts itself into the background. */
import fs from 'node:fs';
import { describe, expect, it } from 'vitest';
import { type Consumer, consumer } from '../helpers/consumer';
import { eventually } from '../helpers/eventually';
import { held } from '../helpers/hold';
import * as procfs from '../helpers/procfs';
import { run } from '../helpers/tdaemon';

/** The daemon writes what it sees to the file `told`, by renaming, so that a reader sees all of it. */
const TELL = `
  const fs = require('node:fs'), path = require('node:path');
  const tell = (facts) => {
    fs.writeFileSync(path.join(__dirname, 'told.new'), JSON.stringify(facts));
    fs.renameSync(path.join(__dirname, 'told.new'), path.join(__dirname, 'told'));
  };
`;

const SCRIPT = `${TELL}
  const { daemonizeSelf } = require('tdaemon');
  (async () => {
    const self = await daemonizeSelf({ pidfile: path.join(__dirname, 'pid'), env: { EXTRA: 'x' } });
    if (self.role === 'launcher') {
      console.log(JSON.stringify({ role: self.role, ...self.daemon, running: self.daemon.isRunning() }));
      process.exit(7);
    }
    tell({ role: self.role, pid: process.pid, argv: process.argv.slice(2), execArgv: process.execArgv, cwd: process.cwd(),
      extra: process.env.EXTRA, mark: process.env.TDAEMON_SELF });
    setInterval(() => {}, 1000);
  })();
`;

const told = (project: Consumer) =>
  eventually('the words of the daemon', () =>
    fs.existsSync(project.file('told'))
      ? JSON.parse(fs.readFileSync(project.file('told'), 'utf8'))
      : undefined,
  );

describe('a script that calls it', () => {
  it('is the launcher first, and the daemon then', async () => {
    const project = consumer();
    project.write('main.cjs', SCRIPT);
    const args = ['a b', '', '--json', 'é\n'];
    const ran = await run(process.execPath, ['--no-warnings', project.file('main.cjs'), ...args]);
    expect(ran).toMatchObject({ status: 7, stderr: '' });
    const launcher = JSON.parse(ran.stdout);
    const { pid } = await held(launcher.pid);
    expect(launcher).toMatchObject({ role: 'launcher', pidfile: project.file('pid'), running: true });
    expect(await told(project)).toEqual({
      role: 'daemon',
      pid,
      argv: args,
      execArgv: ['--no-warnings'],
      cwd: '/',
      extra: 'x',
    });
    expect(fs.readFileSync(project.file('pid'), 'utf8')).toBe(`${pid}\n`);
    expect(procfs.stat(pid)?.tty).toBe(0);
    expect(procfs.stat(pid)?.session).not.toBe(pid);
    expect(procfs.locksOn(project.file('pid'))).toMatchObject([{ pid }]);
  });

  it('is refused while the first is running', async () => {
    const project = consumer();
    project.write('main.cjs', SCRIPT);
    const first = JSON.parse((await project.node('main.cjs')).stdout);
    await held(first.pid);
    const second = await project.node('main.cjs');
    expect(second.status).toBe(1);
    expect(second.stderr).toContain(`already running: process ${first.pid}`);
  });

  it('can be a module', async () => {
    const project = consumer();
    project.write(
      'main.mjs',
      `import { writeFileSync, renameSync } from 'node:fs';
      import { daemonizeSelf } from 'tdaemon';
      const self = await daemonizeSelf({ pidfile: 'pid' });
      if (self.role === 'launcher') process.exit(0);
      const here = new URL('.', import.meta.url).pathname;
      writeFileSync(here + 'told.new', JSON.stringify(self));
      renameSync(here + 'told.new', here + 'told');
      setInterval(() => {}, 1000);`,
    );
    expect(await project.node('main.mjs')).toEqual({ status: 0, signal: null, stdout: '', stderr: '' });
    await held(Number(fs.readFileSync(project.file('pid'), 'utf8')));
    expect(await told(project)).toEqual({ role: 'daemon' });
  });

  it('gets arguments that are no UTF-8 as they are', async () => {
    const project = consumer();
    project.write('main.cjs', SCRIPT);
    const script = `"$1" "$2" "$(printf 'a\\377')" é`;
    const ran = await run('/bin/sh', ['-c', script, 'sh', process.execPath, project.file('main.cjs')]);
    const found = await held(JSON.parse(ran.stdout).pid);
    expect(found.arguments.slice(-2).map((each) => each.toString('latin1'))).toEqual([
      'a\xff',
      Buffer.from('é').toString('latin1'),
    ]);
  });
});

it('a child of the daemon that calls it is a launcher, not the daemon', async () => {
  const project = consumer();
  project.write(
    'child.cjs',
    `require('tdaemon').daemonizeSelf({ pidfile: __dirname + '/pid2' }).then(({ role, daemon }) => {
      if (role === 'launcher') { console.log(JSON.stringify({ role, pid: daemon.pid })); process.exit(0); }
      setInterval(() => {}, 1000);
    });`,
  );
  project.write(
    'main.cjs',
    `${TELL}
    require('tdaemon').daemonizeSelf({ pidfile: __dirname + '/pid' }).then(({ role }) => {
      if (role === 'launcher') process.exit(0);
      const { execFileSync } = require('node:child_process');
      tell(JSON.parse(execFileSync(process.execPath, [path.join(__dirname, 'child.cjs')], { encoding: 'utf8' })));
      setInterval(() => {}, 1000);
    });`,
  );
  expect(await project.node('main.cjs')).toMatchObject({ status: 0, stderr: '' });
  const child = await told(project);
  expect(child.role).toBe('launcher');
  expect(fs.readFileSync(project.file('pid2'), 'utf8')).toBe(`${child.pid}\n`);
  await held(child.pid);
});

it.each([['-e'], ['-p']])('without a script (node %s) it is refused', async (flag) => {
  const project = consumer();
  const code = `require('tdaemon').daemonizeSelf().catch((error) => { console.error(error.reason, error.message); }); 0`;
  const ran = await run(process.execPath, [flag, code], { cwd: project.directory });
  expect(ran.stderr).toBe('invalid there is no script to start again\n');
});

it('cleared environments still know which of the two they are', async () => {
  const project = consumer();
  project.write(
    'main.cjs',
    `${TELL}
    require('tdaemon').daemonizeSelf({ clearEnv: true, env: new Map([['A', 'b']]), pidfile: __dirname + '/pid' }).then(({ role }) => {
      if (role === 'launcher') process.exit(0);
      tell({ role, env: { ...process.env } });
      setInterval(() => {}, 1000);
    });`,
  );
  expect(await project.node('main.cjs')).toMatchObject({ status: 0, stderr: '' });
  expect(await told(project)).toEqual({ role: 'daemon', env: { A: 'b', PWD: '/' } });
  await held(Number(fs.readFileSync(project.file('pid'), 'utf8')));
});
