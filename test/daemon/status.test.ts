/** What status says, compared with what the kernel says. */
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import { describe, expect, it } from 'vitest';
import { deadPid, expectRefused, SILENT, settled, startDaemon, writePidfile } from '../helpers/daemons';
import { eventually } from '../helpers/eventually';
import * as procfs from '../helpers/procfs';
import { endLater, type Scratch, scratch } from '../helpers/scratch';
import { tdaemon } from '../helpers/tdaemon';

/** Listens as a real server does, and says where. */
const LISTENER = `
const net = require('node:net');
const [directory, report] = process.argv.slice(1);
const targets = [
  { host: '127.0.0.1', port: 0 }, { host: '0.0.0.0', port: 0 },
  { host: '::1', port: 0 }, { host: '::', port: 0, ipv6Only: true },
  { path: directory + '/socket' },
];
const servers = targets.map((target) => net.createServer().listen(target));
Promise.all(servers.map((server) => new Promise((resolve) => server.once('listening', resolve)))).then(() => {
  net.connect(servers[0].address().port, '127.0.0.1', () => {
    require('node:fs').writeFileSync(report + '~', JSON.stringify(servers.map((server) => server.address())));
    require('node:fs').renameSync(report + '~', report);
  });
});
`;

interface Address {
  address: string;
  port: number;
}

async function startListener(at: Scratch) {
  const started = await startDaemon(at, [process.execPath, '-e', LISTENER, at.directory, at.file('report')]);
  await eventually('it listens', () => fs.existsSync(at.file('report')));
  const [ipv4, any4, ipv6, any6] = JSON.parse(fs.readFileSync(at.file('report'), 'utf8')) as Address[];
  return { ...started, ports: [ipv4, any4, ipv6, any6].map((address) => address?.port) };
}

function statusJson(stdout: string) {
  const all = JSON.parse(stdout);
  return { ...all, process: all.processes?.[0] };
}

describe('the codes of the LSB', () => {
  it('0: it runs', async () => {
    const { pidfile } = await startDaemon(scratch());
    expect((await tdaemon(['status', '-p', pidfile])).status).toBe(0);
    expect(await tdaemon(['status', '-q', '-p', pidfile])).toEqual(SILENT);
  });

  it.each([
    ['names an ended process', () => deadPid()],
    ['is empty', () => ''],
  ])('1: it is dead, and the pidfile, which stays, %s', async (_, content) => {
    const pidfile = writePidfile(scratch(), content());
    const ran = await tdaemon(['status', '-p', pidfile]);
    expect(ran).toMatchObject({ status: 1, stderr: '' });
    expect(ran.stdout).toMatch(/^dead: .*\n$/);
    expect(ran.stdout).toContain(pidfile);
    expect(await tdaemon(['status', '-q', '-p', pidfile])).toEqual({ ...SILENT, status: 1 });
    expect(fs.existsSync(pidfile)).toBe(true);
  });

  it('1: a zombie is dead', async () => {
    const at = scratch();
    const parent = spawn('sh', ['-c', 'sleep 1000 & echo $!; exec sleep 1000'], {
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    endLater(parent.pid as number);
    const pid = await new Promise<number>((resolve) =>
      parent.stdout.once('data', (text) => resolve(Number(text))),
    );
    const pidfile = writePidfile(at, pid);
    // From now on its parent asks for no child.
    await settled(parent.pid as number);
    expect((await tdaemon(['status', '-q', '-p', pidfile])).status).toBe(0);
    process.kill(pid, 'SIGKILL');
    await eventually('a zombie', () => procfs.stat(pid)?.state === 'Z');
    expect((await tdaemon(['status', '-q', '-p', pidfile])).status).toBe(1);
  });

  it('3: there is none', async () => {
    const pidfile = scratch().file('pid');
    const ran = await tdaemon(['status', '-p', pidfile]);
    expect(ran).toEqual({ ...SILENT, status: 3, stdout: `not running (pidfile '${pidfile}')\n` });
    expect((await tdaemon(['status', '-q', '-p', `${pidfile}/no/such/directory`])).status).toBe(3);
  });

  it('4: it cannot be told', async () => {
    const at = scratch();
    expectRefused(await tdaemon(['status', '-p', writePidfile(at, 'garbage')]), 4, 'does not hold a pid');
    expectRefused(await tdaemon(['status', '-p', at.directory]), 4);
  });

  it.each([
    [[], /pidfile/],
    [['--nonsense'], /--nonsense/],
    [['-p'], /-p/],
    [['-p', ''], /--pidfile/],
    [['-p', 'x', 'word'], /word/],
    [['-p', 'x', '-p', 'y'], /twice/],
    [['--user', 'tdaemon-test-no-such-user'], /no-such-user/],
    [['--ppid', 'x'], /--ppid/],
    [['--retry', '5', '-p', 'x'], /--retry/],
  ])('4: wrong usage, which elsewhere is 2: %j', async (words, reason) => {
    expectRefused(await tdaemon(['status', ...words]), 4, reason);
    expect(await tdaemon(['status', '-q', ...words])).toMatchObject({ status: 4, stdout: '' });
  });

  it.each(['running', 'dead', 'not-running'])('--json tells %s', async (state) => {
    const at = scratch();
    if (state === 'running') await startDaemon(at);
    if (state === 'dead') writePidfile(at, deadPid());
    const ran = await tdaemon(['status', '--json', '-p', at.file('pid')]);
    expect(ran.stderr).toBe('');
    expect(statusJson(ran.stdout)).toMatchObject({
      ok: true,
      status: ran.status,
      state,
      pidfile: at.file('pid'),
    });
  });

  it('--json tells what cannot be told', async () => {
    const ran = await tdaemon(['status', '--json', '-p', writePidfile(scratch(), 'garbage')]);
    expect(ran).toMatchObject({ status: 4, stderr: '' });
    expect(JSON.parse(ran.stdout)).toMatchObject({ ok: false, status: 4, code: 'EINVAL' });
  });
});

describe('the facts', () => {
  it('are those of proc(5)', async () => {
    const { pid, pidfile } = await startListener(scratch());
    // A quiet process: what is counted now was counted then.
    const ran = await tdaemon(['status', '--json', '-p', pidfile]);
    const { process: told } = statusJson(ran.stdout);
    expect(told).toMatchObject({
      pid,
      command: procfs.commandLine(pid).map(String),
      user: os.userInfo().username,
      threads: Number(procfs.status(pid, 'Threads')),
      openFiles: procfs.descriptors(pid).size,
      openFilesLimit: Number(procfs.limit(pid, 'Max open files')?.soft),
    });
    expect(told.memory).toBeGreaterThan(10 * 1024 * 1024);
    expect(told.uptime).toBeGreaterThanOrEqual(0);
    expect(told.uptime).toBeLessThan(3600);
  });

  it('count descriptors against the soft limit, not the hard one', async () => {
    const { pidfile } = await startDaemon(scratch(), ['sleep', '1000'], ['--limit', 'nofile=300:400']);
    const { process: told } = statusJson((await tdaemon(['status', '--json', '-p', pidfile])).stdout);
    expect(told).toMatchObject({ openFiles: 4, openFilesLimit: 300 });
    expect((await tdaemon(['status', '-p', pidfile])).stdout).toMatch(/^open files {2}4 of 300$/m);
  });

  it('name the sockets on which it listens, and no others', async () => {
    const at = scratch();
    const { pidfile, ports } = await startListener(at);
    const { process: told } = statusJson((await tdaemon(['status', '--json', '-p', pidfile])).stdout);
    const [ipv4, any4, ipv6, any6] = ports;
    const expected = [
      ...[`tcp 127.0.0.1:${ipv4}`, `tcp 0.0.0.0:${any4}`, `tcp [::1]:${ipv6}`, `tcp [::]:${any6}`],
      `unix ${at.file('socket')}`,
    ];
    expect([...told.listening].sort()).toEqual(expected.sort());
  });

  it('are one aligned block for people', async () => {
    const { pid, pidfile } = await startListener(scratch());
    const ran = await tdaemon(['status', '-p', pidfile]);
    expect(ran.stderr).toBe('');
    const [first, ...lines] = ran.stdout.trimEnd().split('\n');
    expect(first).toBe('running');
    const rows = lines.map((line) => [line.slice(0, 12).trimEnd(), line.slice(12)]);
    expect(rows.map(([name]) => name)).toEqual([
      ...['pid', 'command', 'user', 'uptime', 'memory', 'threads', 'open files', 'listening'],
    ]);
    for (const [, value] of rows) expect(value).toMatch(/^\S/);
    expect(Object.fromEntries(rows)).toMatchObject({
      pid: String(pid),
      user: os.userInfo().username,
      uptime: expect.stringMatching(/^\d+ (s|min \d+ s)$/),
      memory: expect.stringMatching(/^[\d.]+ MB$/),
      threads: procfs.status(pid, 'Threads'),
    });
  });

  it('of a daemon with a hostile name stay on their lines', async () => {
    const at = scratch();
    const { pidfile } = await startDaemon(at, ['sleep', '1000'], ['--argv0', 'a\nroot\x1b[2J\tb']);
    const { stdout } = await tdaemon(['status', '-p', pidfile]);
    expect(stdout).toContain('command     a\\nroot\\x1b[2J\\x09b 1000\n');
  });
});

describe('the wall clock', () => {
  const DAY = 86_400;

  it.each([
    ['with its lock', ['sleep', '1000']],
    // The shell closes what it inherited: the lock is gone, and the identity beside the pid must do.
    ['without its lock', ['bash', '-c', 'exec 255>&-; exec -a unlocked sleep 1000']],
  ])('set by a day changes no answer about a daemon %s', async (_, command) => {
    const at = scratch();
    const { pid, pidfile } = await startDaemon(at, command);
    const locks = command[0] === 'bash' ? 0 : 1;
    await eventually('its lock is as it shall be', () => procfs.locksOn(pidfile).length === locks);
    for (const change of [-DAY, DAY]) {
      const then = Date.now() / 1000 + change;
      fs.utimesSync(pidfile, then, then);
      const ran = await tdaemon(['status', '--json', '-p', pidfile]);
      expect(statusJson(ran.stdout)).toMatchObject({ status: 0, process: { pid } });
      const again = await tdaemon(['-p', pidfile, '--', 'sleep', '1000']);
      expectRefused(again, 1, 'already running');
    }
    expect(await tdaemon(['stop', '-p', pidfile])).toEqual(SILENT);
    expect(procfs.isAlive(pid)).toBe(false);
  });

  it.each([-DAY, DAY])('set by %d seconds makes no dead daemon alive', async (change) => {
    const at = scratch();
    const { pid, pidfile } = await startDaemon(at);
    process.kill(pid, 'SIGKILL');
    await eventually('its end', () => !procfs.isAlive(pid));
    const then = Date.now() / 1000 + change;
    fs.utimesSync(pidfile, then, then);
    expect((await tdaemon(['status', '-q', '-p', pidfile])).status).toBe(1);
    expectRefused(await tdaemon(['stop', '-p', pidfile]), 1, 'not running');
  });
});
