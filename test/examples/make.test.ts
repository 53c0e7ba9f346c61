/** examples/make/Makefile: every target can be repeated, failures fail make, and -j changes nothing. */
import fs from 'node:fs';
import path from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { eventually } from '../helpers/eventually';
import { type ExampleRoot, exampleRoot } from '../helpers/example_root';
import { because, missing } from '../helpers/needs';
import { fixture, ROOT } from '../helpers/paths';
import * as procfs from '../helpers/procfs';

const MAKEFILE = path.join(ROOT, 'examples/make/Makefile');
/** GNU make's own status for a target that failed. */
const FAILED = 2;

for (const jobs of ['', '-j8']) {
  describe.skipIf(missing('make'))(`make ${jobs}${because(missing('make'))}`, () => {
    let at: ExampleRoot;
    beforeEach(() => {
      at = exampleRoot();
      fs.copyFileSync(fixture('blogdemon'), at.file('srv/blogdemon'));
    });
    // MAKEFLAGS: these tests may themselves be run by make.
    const make = (targets: string) => at.shell(`make ${jobs} -f ${MAKEFILE} ${targets}`, { MAKEFLAGS: '' });
    /** The pid of the only daemon, which the pidfile names. */
    const daemon = async () => {
      const [pid, ...more] = at.running('srv/live/blogdemon');
      expect(more).toEqual([]);
      expect(at.pidIn('srv/live/blogdemon.pid')).toBe(pid);
      return pid as number;
    };
    /** The compiler's part. */
    const build = (content: string | Buffer) => {
      fs.writeFileSync(at.file('srv/blogdemon.new'), content, { mode: 0o755 });
      fs.renameSync(at.file('srv/blogdemon.new'), at.file('srv/blogdemon'));
    };

    it('deploys once, and again only what has changed', async () => {
      expect(await make('deploy')).toMatchObject({ status: 0, stderr: '' });
      const first = await daemon();
      expect((await make('deploy')).status).toBe(0);
      expect(await daemon()).toBe(first);

      build(Buffer.concat([fs.readFileSync(fixture('blogdemon')), Buffer.from('a new version')]));
      expect((await make('deploy')).status).toBe(0);
      const second = await daemon();
      expect(second).not.toBe(first);
      expect(fs.readFileSync(`/proc/${second}/exe`, 'latin1')).toMatch(/a new version$/);

      process.kill(second, 'SIGKILL');
      await eventually('its end', () => !procfs.isAlive(second));
      expect((await make('deploy')).status).toBe(0);
      expect(await daemon()).not.toBe(second);
    });

    it('keeps the old version while the new one cannot be executed, and tries again the next time', async () => {
      await make('deploy');
      const old = await daemon();
      build('#!/nonexistent/interpreter\n');
      for (const time of ['first', 'second']) {
        const ran = await make('deploy');
        expect(ran, time).toMatchObject({ status: FAILED, stderr: expect.stringContaining('Error 126') });
        expect(at.running('srv/live/blogdemon')).toEqual([old]);
      }
      build(fs.readFileSync(fixture('blogdemon')));
      expect((await make('deploy')).status).toBe(0);
      expect(await daemon()).not.toBe(old);
    });

    it('starts, restarts, reloads, asks and stops, as often as one likes', async () => {
      expect((await make('start start')).status).toBe(0);
      expect((await make('start')).status).toBe(0);
      const first = await daemon();
      expect(await make('status')).toMatchObject({ status: 0, stdout: expect.stringContaining(`${first}`) });
      expect((await make('restart')).status).toBe(0);
      const second = await daemon();
      expect(second).not.toBe(first);
      await eventually(
        'ready',
        () => fs.readFileSync(at.file('srv/live/blogdemon.log'), 'utf8').split('ready').length === 3,
      );
      expect((await make('reload')).status).toBe(0);
      await eventually('HUP', () =>
        fs.readFileSync(at.file('srv/live/blogdemon.log'), 'utf8').includes('HUP'),
      );
      expect((await make('stop')).status).toBe(0);
      expect((await make('stop')).status).toBe(0);
      expect(at.running('srv/live/blogdemon')).toEqual([]);
      expect(await make('status')).toMatchObject({
        status: FAILED,
        stderr: expect.stringContaining('Error 3'),
      });
      expect(await make('reload')).toMatchObject({
        status: FAILED,
        stderr: expect.stringContaining('Error 1'),
      });
    });

    it('works through the goals of one line in their order', async () => {
      expect((await make('stop deploy status')).status).toBe(0);
      const first = await daemon();
      expect((await make('stop start status')).status).toBe(0);
      expect(await daemon()).not.toBe(first);
      expect((await make('restart stop')).status).toBe(0);
      expect(at.running('srv/live/blogdemon')).toEqual([]);
    });

    it('fails for what is not there, and for what cannot be written', async () => {
      fs.rmSync(at.file('srv/blogdemon'));
      expect((await make('deploy')).status).toBe(FAILED);
      expect((await make('start')).status).toBe(FAILED);
      expect(fs.existsSync(at.file('srv/live/blogdemon.pid'))).toBe(false);
      fs.copyFileSync(fixture('blogdemon'), at.file('srv/blogdemon'));
      fs.mkdirSync(at.file('srv/live/blogdemon.log'), { recursive: true });
      expect(await make('deploy')).toMatchObject({
        status: FAILED,
        stderr: expect.stringContaining('Error 125'),
      });
      expect(at.running('srv/live/blogdemon')).toEqual([]);
      expect(fs.existsSync(at.file('srv/live/blogdemon.pid'))).toBe(false);
    });
  });
}
