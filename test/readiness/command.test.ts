/** --ready cmd:COMMAND: sh -c COMMAND, run as the daemon is, exits with 0. */
import fs from 'node:fs';
import { describe, expect, it } from 'vitest';
import { eventually } from '../helpers/eventually';
import { littleRoot } from '../helpers/little_root';
import { because, missing } from '../helpers/needs';
import { freePort } from '../helpers/port';
import { isRoot } from '../helpers/privileges';
import * as procfs from '../helpers/procfs';
import { type Scratch, scratch } from '../helpers/scratch';
import { redis } from '../helpers/servers';
import { SLEEPER } from '../helpers/start';
import { expectBadSpec, startReady, startReadyLoudly } from '../helpers/start_ready';
import { run } from '../helpers/tdaemon';
import { groupWithMember } from '../helpers/users';

/** What /proc says of a process that the command's shell starts; of the shell itself, signals are blocked as it forks. */
const own = (field: string) => `sed -n 's/^${field}:[[:space:]]*//p' /proc/self/status`;

/** What a readiness command has written to a file. */
async function written(at: Scratch, script: string, options: readonly string[] = []): Promise<string> {
  const file = at.file('written');
  fs.writeFileSync(file, '');
  fs.chmodSync(file, 0o666);
  await startReady(at, `cmd:{ ${script}; } >${file}`, SLEEPER, options);
  return fs.readFileSync(file, 'utf8').trim();
}

describe('cmd: is ready when the command succeeds', () => {
  const why = missing('redis-server', 'redis-cli');
  it.skipIf(why)(`as redis-cli asks redis-server${because(why)}`, async () => {
    const at = scratch();
    const port = await freePort();
    const ping = `redis-cli -h 127.0.0.1 -p ${port} ping`;
    await startReady(at, `cmd:test "$(${ping} 2>&1)" = PONG`, redis(at, port));
    expect((await run('sh', ['-c', ping])).stdout).toBe('PONG\n');
  });

  it('after it has failed some times', async () => {
    const at = scratch();
    const file = at.file('tries');
    await startReady(at, `cmd:echo >>${file}; test $(wc -l <${file}) -ge 4`, SLEEPER);
    expect(fs.readFileSync(file, 'utf8')).toBe('\n'.repeat(4));
  });

  it('and leaves nothing of a command that has started a process in the background', async () => {
    const at = scratch();
    const pid = await startReady(at, 'cmd:sleep 1000 & exit 0', SLEEPER);
    await eventually('the end of the others', () => procfs.mentioning(at.directory).length === 1);
    expect(procfs.mentioning(at.directory)).toEqual([pid]);
  });

  it('though a process that it has started in a session of its own keeps its output', async () => {
    const at = scratch();
    await startReady(at, 'cmd:setsid sleep 1000 & exit 0', SLEEPER);
  });
});

describe('cmd: the command is run as the daemon is', () => {
  it('in its environment', async () => {
    expect(await written(scratch(), 'echo "$ONE"', ['--env', 'ONE=two words'])).toBe('two words');
  });

  it('in its directory', async () => {
    const at = scratch();
    expect(await written(at, 'pwd -P', ['--chdir', at.directory])).toBe(at.directory);
  });

  it('with its umask', async () => {
    expect(await written(scratch(), own('Umask'), ['--umask', '037'])).toBe('0037');
  });

  it.skipIf(!isRoot)('as its user, with its groups (needs root)', async () => {
    const { member } = groupWithMember();
    const ids = ['Uid', 'Gid', 'Groups'];
    const at = scratch();
    const found = await written(at, ids.map(own).join('; '), ['--user', member]);
    const [pid = 0] = procfs.mentioning(`TDAEMON_TEST=${at.directory}`);
    expect(found.split('\n').map((line) => line.trim())).toEqual(ids.map((id) => procfs.status(pid, id)));
    expect(found).not.toMatch(/^0\b/);
  });

  it('with no descriptor but 0, 1 and 2, of which the first is the null device', async () => {
    const at = scratch();
    // Of the shell, not of ls. 10 and above is where it keeps what it redirects.
    const lines = await written(at, 'ls -l /proc/$$/fd', ['--pidfile', at.file('pid')]);
    const given = [...lines.matchAll(/ (\d -> .*)/g)].map(([, link = '']) => link);
    expect(given.map((line) => line[0])).toEqual(['0', '1', '2']);
    expect(given[0]).toBe('0 -> /dev/null');
  });

  it('with no signal ignored or blocked', async () => {
    expect(await written(scratch(), `${own('SigIgn')}; ${own('SigBlk')}`)).toMatch(/^0{16}\n0{16}$/);
  });
});

describe('cmd: what the command prints', () => {
  const spec = 'cmd:echo out; echo err >&2; printf end';

  it('is shown with -v', async () => {
    const { stderr } = await startReadyLoudly(scratch(), spec, SLEEPER, ['-v']);
    expect(stderr).toBe('out\nerr\nend\n');
  });

  it('is not shown without', async () => {
    await startReady(scratch(), spec, SLEEPER);
  });
});

describe.skipIf(!isRoot)('cmd: in a root directory of its own (needs root)', () => {
  it('the command is run inside', async () => {
    const at = scratch();
    const root = littleRoot(at, ['sh', 'sleep']);
    const spec = 'cmd:read -r line </tmp/inside && test "$line" = yes';
    const command = ['/bin/sh', '-c', 'echo yes >/tmp/inside; exec /bin/sleep 1000'];
    const pid = await startReady(at, spec, command, ['--chroot', root]);
    expect(procfs.link(pid, 'root')).toBe(root);
  });

  it('its shell may be a symbolic link that means something only inside', async () => {
    const at = scratch();
    const root = littleRoot(at, ['sh', 'sleep']);
    // As Alpine has it: /bin/sh -> /bin/busybox.
    fs.mkdirSync(`${root}/shells`);
    fs.renameSync(`${root}/bin/sh`, `${root}/shells/dash`);
    fs.symlinkSync('/shells/dash', `${root}/bin/sh`);
    await startReady(at, 'cmd:true', ['/bin/sleep', '1000'], ['--chroot', root]);
  });

  it.each([undefined, '/bin/bash'])('without a shell nothing is started (a link to %s)', async (target) => {
    const at = scratch();
    const root = littleRoot(at, ['sleep']);
    // It leads nowhere inside.
    if (target !== undefined) fs.symlinkSync(target, `${root}/bin/sh`);
    const reason = `needs /bin/sh inside the root directory '${root}'`;
    await expectBadSpec(at, 'cmd:true', reason, ['--chroot', root]);
  });
});

it('cmd: without a command is wrong usage', () =>
  expectBadSpec(scratch(), 'cmd:', "'cmd:' is not cmd:COMMAND"));
