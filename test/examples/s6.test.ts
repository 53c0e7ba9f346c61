/** examples/s6/run under the real s6-supervise(8). */
import { spawn } from 'node:child_process';
import { describe, expect, it, onTestFinished } from 'vitest';
import { eventually } from '../helpers/eventually';
import { exampleRoot } from '../helpers/example_root';
import { because, missing, notRoot } from '../helpers/needs';
import * as procfs from '../helpers/procfs';

const reasons = [notRoot(), missing('s6-supervise', 's6-svc', 's6-svstat')];

describe.skipIf(reasons.some(Boolean))(`s6-supervise${because(...reasons)}`, () => {
  it('starts the daemon as its own child, starts it again when it is killed, and stops it', async () => {
    const at = exampleRoot();
    at.install('s6/run', 'service/blogdemon/run');
    const service = at.file('service/blogdemon');
    const supervisor = spawn('s6-supervise', [service], { stdio: 'ignore', env: at.environment });
    onTestFinished(() => void supervisor.kill('SIGKILL'));

    const first = await at.blogdemon();
    expect(procfs.stat(first)?.ppid).toBe(supervisor.pid);
    expect(procfs.link(first, 'cwd')).toBe(at.file('srv/blog'));
    expect(procfs.status(first, 'Uid')).not.toMatch(/^0/);
    expect((await at.shell(`s6-svstat -o pid ${service}`)).stdout.trim()).toBe(String(first));

    process.kill(first, 'SIGKILL');
    await eventually('the end of the first', () => !procfs.isAlive(first));
    const second = await at.blogdemon();
    expect(second).not.toBe(first);
    expect(procfs.stat(second)?.ppid).toBe(supervisor.pid);

    expect((await at.shell(`s6-svc -wd -T 30000 -d ${service}`)).status).toBe(0);
    expect(at.blogdemons()).toEqual([]);
    expect((await at.shell(`s6-svc -x ${service}`)).status).toBe(0);
    await eventually('the end of s6-supervise', () => supervisor.exitCode !== null);
  });
});
