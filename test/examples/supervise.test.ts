/** examples/supervise, and its unit: run as they are. */
import { type ChildProcess, spawn } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { native } from '../../src/native';
import { eventually } from '../helpers/eventually';
import { because, missing } from '../helpers/needs';
import { fixture, ROOT, TDAEMON } from '../helpers/paths';
import * as procfs from '../helpers/procfs';
import { type Scratch, scratch } from '../helpers/scratch';
import { configuration, type Supervised, supervisedLater } from '../helpers/supervise';
import { tdaemon } from '../helpers/tdaemon';

const EXAMPLE = path.join(ROOT, 'examples/supervise/webapp.conf');

function surroundings(at: Scratch): NodeJS.ProcessEnv {
  return {
    ...process.env,
    TDAEMON_TEST: at.directory,
    PATH: `${path.dirname(fixture(''))}/fixtures:${process.env.PATH}`,
  };
}

describe.skipIf(missing('redis-server'))(`webapp.conf${because(missing('redis-server'))}`, () => {
  it('is right, says --check', async () => {
    const ran = await tdaemon(['supervise', '--check', '-c', EXAMPLE]);
    expect(ran).toMatchObject({ status: 0, stdout: '', stderr: '' });
  });

  it('the web application begins when the database answers, and ends before it', async () => {
    const at = scratch();
    fs.copyFileSync(EXAMPLE, at.file('supervisord.conf'));
    const supervised: Supervised = supervisedLater(at);
    const ran = await tdaemon(['supervise', '-c', supervised.configFile], { env: surroundings(at) });
    expect(ran).toMatchObject({ status: 0, stderr: '' });
    const web = await supervised.reaches('web', 'RUNNING');
    const database = await supervised.of('database');
    expect(database.state).toBe('RUNNING');
    expect(web.startTime).toBeGreaterThanOrEqual(database.startTime);
    expect(procfs.limit(web.pid, 'Max open files')?.soft).toBe('4096');
    await eventually('its words', () => fs.readFileSync(at.file('web.log'), 'utf8') === 'warning\nready\n');
    await supervised.shutdown();
    const stops = supervised.mainLog.match(/stopped: \w+/g);
    expect(stops).toEqual(['stopped: web', 'stopped: database']);
  });
});

it('the unit: says READY and MAINPID when it answers, STOPPING when it ends', async () => {
  const at = scratch();
  configuration(at, '[program:a]\ncommand=sleep 1000\nstartsecs=0');
  const supervised = supervisedLater(at);
  const unit = fs.readFileSync(path.join(ROOT, 'examples/systemd/tdaemon-supervise.service'), 'utf8');
  const [, , ...words] = (/^ExecStart=(.*)$/m.exec(unit)?.[1] ?? '').split(' ');
  const socket = native.openNotifySocket(at.file('notify'));
  if (typeof socket === 'number') throw new Error(`no socket: ${socket}`);
  const env = { ...process.env, TDAEMON_TEST: at.directory, NOTIFY_SOCKET: at.file('notify') };
  const args = words.map((word) => (word === '/etc/supervisord.conf' ? supervised.configFile : word));
  const child: ChildProcess = spawn(TDAEMON, ['supervise', ...args], { env, stdio: 'ignore' });
  const ended = new Promise((resolve) => child.on('close', resolve));
  const heard = (text: string) =>
    eventually(text, () => {
      const found = native.receiveNotification(socket);
      return found !== null && typeof found !== 'number' && String(found.content).includes(text) && found;
    });
  const ready = await heard('READY=1');
  expect(String(ready.content)).toBe(`READY=1\nMAINPID=${child.pid}`);
  expect(ready.pid).toBe(child.pid);
  const { pid } = await supervised.reaches('a', 'RUNNING');
  expect(procfs.environment(pid).map(String).join('\n')).not.toContain('NOTIFY_SOCKET');
  process.kill(child.pid as number, 'SIGTERM');
  await heard('STOPPING=1');
  expect(await ended).toBe(0);
  native.closeNotifySocket(socket);
});
