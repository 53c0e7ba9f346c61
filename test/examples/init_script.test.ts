/** examples/init.d/blogdemon, run as init runs it, and compared with Debian's own tools. */
import fs from 'node:fs';
import { beforeEach, describe, expect, it } from 'vitest';
import { eventually } from '../helpers/eventually';
import { type ExampleRoot, exampleRoot } from '../helpers/example_root';
import { because, missing, notRoot } from '../helpers/needs';
import * as procfs from '../helpers/procfs';
import { run } from '../helpers/tdaemon';

/** LSB Core, "Init Script Actions". */
const LSB = { ok: 0, dead: 1, notRunning: 3, unimplemented: 3, notInstalled: 5, reloadOfStopped: 7 };

async function killed(pid: number): Promise<void> {
  process.kill(pid, 'SIGKILL');
  // start-stop-daemon takes a zombie for alive.
  await eventually(`${pid} is reaped`, () => !procfs.stat(pid));
}

const FLAVOURS: [string, (at: ExampleRoot, script: string) => void, string | undefined][] = [
  [
    'with /lib/lsb/init-functions',
    () => {},
    fs.existsSync('/lib/lsb/init-functions') ? undefined : 'needs sysvinit-utils',
  ],
  [
    'without it',
    (at, script) => {
      const text = fs.readFileSync(script, 'utf8');
      fs.writeFileSync(script, text.replaceAll('/lib/lsb/', `${at.file('lib/lsb')}/`));
    },
    undefined,
  ],
];

for (const [flavour, prepare, absent] of FLAVOURS) {
  const reasons = [notRoot(), absent];
  describe.skipIf(reasons.some(Boolean))(`the init script ${flavour}${because(...reasons)}`, () => {
    let at: ExampleRoot;
    let script: string;
    beforeEach(() => {
      at = exampleRoot();
      script = at.install('init.d/blogdemon', 'etc/init.d/blogdemon');
      prepare(at, script);
    });
    /** As service(8) does. */
    const service = (action: string) => run('env', ['-i', 'TERM=dumb', 'sh', script, action], { cwd: '/' });

    it('starts, is asked, reloads and stops', async () => {
      expect(await service('start')).toMatchObject({
        status: LSB.ok,
        stdout: expect.stringMatching(/blogdemon: started/),
      });
      const pid = await at.blogdemon();
      expect(at.pidIn('run/blogdemon.pid')).toBe(pid);
      expect(procfs.status(pid, 'Uid')).toMatch(/^(\d+)\t\1\t\1\t\1$/);
      expect(fs.statSync(at.file('var/log/blogdemon.log')).uid).toBe(
        Number(procfs.status(pid, 'Uid')?.split('\t')[0]),
      );
      expect(await service('status')).toMatchObject({
        status: LSB.ok,
        stdout: expect.stringContaining(`${pid}`),
      });
      expect((await service('reload')).status).toBe(LSB.ok);
      expect((await service('force-reload')).status).toBe(LSB.ok);
      await eventually(
        'two HUPs',
        () => fs.readFileSync(at.file('var/log/blogdemon.log'), 'utf8').split('HUP').length === 3,
      );
      expect(await service('stop')).toMatchObject({
        status: LSB.ok,
        stdout: expect.stringMatching(/blogdemon: stopped/),
      });
      expect(at.blogdemons()).toEqual([]);
      expect(fs.existsSync(at.file('run/blogdemon.pid'))).toBe(false);
    });

    it('takes a start of what runs and a stop of what does not for success', async () => {
      expect((await service('stop')).status).toBe(LSB.ok);
      expect((await service('start')).status).toBe(LSB.ok);
      const pid = await at.blogdemon();
      expect((await service('start')).status).toBe(LSB.ok);
      expect(at.blogdemons()).toEqual([pid]);
      expect((await service('stop')).status).toBe(LSB.ok);
      expect((await service('stop')).status).toBe(LSB.ok);
    });

    it('restarts what runs and what does not, and try-restart only what runs', async () => {
      expect((await service('try-restart')).status).toBe(LSB.ok);
      expect(at.blogdemons()).toEqual([]);
      expect((await service('restart')).status).toBe(LSB.ok);
      const first = await at.blogdemon();
      expect((await service('restart')).status).toBe(LSB.ok);
      const second = await at.blogdemon();
      expect((await service('try-restart')).status).toBe(LSB.ok);
      const third = await at.blogdemon();
      expect(new Set([first, second, third]).size).toBe(3);
      expect(at.pidIn('run/blogdemon.pid')).toBe(third);
    });

    it.skipIf(missing('start-stop-daemon'))(
      `agrees with start-stop-daemon --status on each state${because(missing('start-stop-daemon'))}`,
      async () => {
        const both = async () => [
          (await service('status')).status,
          (await at.shell(`start-stop-daemon --status --pidfile ${at.file('run/blogdemon.pid')}`)).status,
        ];
        expect(await both()).toEqual([LSB.notRunning, LSB.notRunning]);
        await service('start');
        const pid = await at.blogdemon();
        expect(await both()).toEqual([LSB.ok, LSB.ok]);
        await killed(pid);
        expect(await both()).toEqual([LSB.dead, LSB.dead]);
        expect((await service('reload')).status).toBe(LSB.reloadOfStopped);
        expect((await service('start')).status).toBe(LSB.ok);
        expect(await both()).toEqual([LSB.ok, LSB.ok]);
        await service('stop');
        expect(await both()).toEqual([LSB.notRunning, LSB.notRunning]);
      },
    );

    it('is configured by /etc/default, and says what cannot be started', async () => {
      at.write('etc/default/blogdemon', "ARGUMENTS='--port 80'\nRUN_AS=daemon:nogroup\n");
      expect((await service('start')).status).toBe(LSB.ok);
      const pid = await at.blogdemon();
      expect(procfs.commandLine(pid).map(String)).toEqual([at.file('usr/sbin/blogdemon'), '--port', '80']);
      expect(procfs.status(pid, 'Uid')).toMatch(/^1\t/);

      at.write('etc/default/blogdemon', 'COMMAND=/nonexistent/blogdemon\n');
      expect(await service('restart')).toMatchObject({
        status: LSB.notInstalled,
        stderr: expect.stringContaining("'/nonexistent/blogdemon'"),
      });
      expect(at.blogdemons()).toEqual([pid]);
      at.write('etc/default/blogdemon', 'RUN_AS=nobody-of-that-name\n');
      await service('stop');
      expect(await service('start')).toMatchObject({ status: 1 });
      expect(at.blogdemons()).toEqual([]);
    });

    it('knows no other action', async () => {
      for (const action of ['', 'begin'])
        expect(await service(action)).toMatchObject({
          status: LSB.unimplemented,
          stderr: expect.stringMatching(/^Usage: /),
        });
    });
  });
}
