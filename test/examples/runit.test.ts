/** examples/runit/run under the real runsv(8). */
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import { describe, expect, it, onTestFinished } from 'vitest';
import { eventually } from '../helpers/eventually';
import { exampleRoot } from '../helpers/example_root';
import { because, missing, notRoot } from '../helpers/needs';
import * as procfs from '../helpers/procfs';

const reasons = [notRoot(), missing('runsv', 'sv')];

describe.skipIf(reasons.some(Boolean))(`runsv${because(...reasons)}`, () => {
  it('starts the daemon as its own child, starts it again when it is killed, and stops it', async () => {
    const at = exampleRoot();
    at.install('runit/run', 'sv/blogdemon/run');
    const service = at.file('sv/blogdemon');
    const supervisor = spawn('runsv', [service], { stdio: 'ignore', env: at.environment });
    onTestFinished(() => void supervisor.kill('SIGKILL'));

    const first = await at.blogdemon();
    expect(procfs.stat(first)?.ppid).toBe(supervisor.pid);
    expect(procfs.link(first, 'cwd')).toBe(at.file('srv/blog'));
    expect(procfs.status(first, 'Uid')).not.toMatch(/^0/);
    expect(Number(fs.readFileSync(`${service}/supervise/pid`, 'utf8'))).toBe(first);
    expect((await at.shell(`sv hup ${service}`)).status).toBe(0);

    process.kill(first, 'SIGKILL');
    await eventually('the end of the first', () => !procfs.isAlive(first));
    const second = await at.blogdemon();
    expect(second).not.toBe(first);
    expect(procfs.stat(second)?.ppid).toBe(supervisor.pid);

    expect(await at.shell(`sv -w 30 stop ${service}`)).toMatchObject({
      status: 0,
      stdout: expect.stringMatching(/^ok: down/),
    });
    expect(at.blogdemons()).toEqual([]);
    expect((await at.shell(`sv -w 30 exit ${service}`)).status).toBe(0);
  });
});
