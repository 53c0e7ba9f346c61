/** examples/systemd: systemd's own parser accepts the units, and their command lines do what the types ask for. */
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { eventually } from '../helpers/eventually';
import { type ExampleRoot, exampleRoot } from '../helpers/example_root';
import { because, missing, notRoot } from '../helpers/needs';
import { ROOT } from '../helpers/paths';
import * as procfs from '../helpers/procfs';

const UNITS = fs.readdirSync(path.join(ROOT, 'examples/systemd'));

function setting(at: ExampleRoot, unit: string, name: string): string {
  const file = at.install(`systemd/${unit}`, `units/${unit}`);
  return new RegExp(`^${name}=(.*)$`, 'm').exec(fs.readFileSync(file, 'utf8'))?.[1] ?? '';
}

describe.skipIf(missing('systemd-analyze'))(
  `systemd-analyze verify${because(missing('systemd-analyze'))}`,
  () => {
    it.each(UNITS)('%s', async (unit) => {
      const at = exampleRoot();
      const file = at.install(`systemd/${unit}`, `units/${unit}`);
      const ran = await at.shell(`systemd-analyze verify --man=no --recursive-errors=no ${file}`);
      expect(ran).toMatchObject({ status: 0, stdout: '', stderr: '' });
    });
  },
);

describe.skipIf(notRoot())(`the units' command lines${because(notRoot())}`, () => {
  it('Type=forking: ExecStart returns with PIDFile in place, ExecReload and ExecStop reach the daemon', async () => {
    const at = exampleRoot();
    const unit = 'blogdemon-forking.service';
    expect(setting(at, unit, 'Type')).toBe('forking');
    expect(await at.shell(setting(at, unit, 'ExecStart'))).toMatchObject({ status: 0, stderr: '' });
    const pid = Number(fs.readFileSync(setting(at, unit, 'PIDFile'), 'utf8'));
    expect(await at.blogdemon()).toBe(pid);
    expect((await at.shell(setting(at, unit, 'ExecReload'))).status).toBe(0);
    await eventually('HUP', () => fs.readFileSync(at.file('var/log/blogdemon.log'), 'utf8').includes('HUP'));
    expect((await at.shell(setting(at, unit, 'ExecStop'))).status).toBe(0);
    expect(at.blogdemons()).toEqual([]);
  });

  it.each(['exec', 'notify'])(
    'Type=%s: the process that systemd starts becomes the program',
    async (type) => {
      const at = exampleRoot();
      const unit = `blogdemon-${type}.service`;
      expect(setting(at, unit, 'Type')).toBe(type);
      const [program = '', ...args] = setting(at, unit, 'ExecStart').split(' ');
      const env = { ...at.environment, NOTIFY_SOCKET: '/run/systemd/notify', WATCHDOG_USEC: '30000000' };
      const started = spawn(program, args, { env, stdio: 'ignore' });
      expect(await at.blogdemon()).toBe(started.pid);
      const pid = started.pid as number;
      const environment = procfs.environment(pid).map(String);
      expect(environment).toContain('NOTIFY_SOCKET=/run/systemd/notify');
      expect(environment).toContain('WATCHDOG_USEC=30000000');
      expect(procfs.status(pid, 'Uid')).not.toMatch(/^0/);
      if (type === 'exec') expect(procfs.status(pid, 'Umask')).toBe('0027');
      process.kill(pid, 'SIGTERM');
      await eventually('its end', () => started.signalCode === 'SIGTERM');
    },
  );
});
