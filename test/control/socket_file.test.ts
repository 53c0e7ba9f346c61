/** The unix socket: whose it is, who else is there, and what becomes of its file. TCP ports likewise. */
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { runtimeDirectoryOf } from '../../src/supervisor/runtime_directory';
import { rpc, type Server } from '../helpers/control';
import { eventually } from '../helpers/eventually';
import { freePort, strangerAt, strangerOn } from '../helpers/port';
import { environment } from '../helpers/procfs';
import { type Scratch, scratch } from '../helpers/scratch';
import { configuration, supervise, superviseCommand, supervisedLater } from '../helpers/supervise';
import { isRoot, STRANGER } from '../helpers/users';

const section = (file: string, more = '') => `[unix_http_server]\nfile=${file}\n${more}\n`;
const SLEEPER = '[program:a]\ncommand=sleep 1000\nstartsecs=0';

/** Debian's. */
const NOBODY = { uid: 65_534, gid: 65_534 };

const mode = (file: string) => (fs.statSync(file).mode & 0o7777).toString(8);
const answers = (to: Server) => rpc(to, 'getVersion').catch(() => undefined);

/** What somebody has left who was killed. */
function leftover(file: string): void {
  const script = `require('node:net').createServer().listen(${JSON.stringify(file)}, () => process.kill(process.pid, 'SIGKILL'))`;
  spawnSync(process.execPath, ['-e', script]);
  expect(fs.statSync(file).isSocket()).toBe(true);
}

async function refused(at: Scratch, what: string): Promise<string> {
  configuration(at, what);
  supervisedLater(at);
  const { status, stderr } = await superviseCommand(at);
  expect(status).toBe(2);
  return stderr;
}

describe('the socket', () => {
  it('is for its owner only, or as configured, and is removed at the end', async () => {
    for (const [chmod, expected] of [
      ['', '700'],
      ['chmod=0766', '766'],
      ['chmod=0600', '600'],
    ] as const) {
      const at = scratch();
      const file = at.file('s.sock');
      const supervised = await supervise(at, section(file, chmod));
      expect(mode(file)).toBe(expected);
      expect(fs.readdirSync(at.directory).filter((name) => name.includes('tdaemon'))).toEqual([]);
      await supervised.shutdown();
      expect(fs.existsSync(file)).toBe(false);
    }
  });

  it.skipIf(!isRoot)(
    'belongs to whom it is given to, and others are refused (needs root: gives files away)',
    async () => {
      const at = scratch();
      const file = at.file('s.sock');
      await supervise(at, section(file, `chmod=0700\nchown=nobody:nogroup`));
      expect(fs.statSync(file)).toMatchObject(NOBODY);
      const asUser = (uid: number) =>
        spawnSync(
          process.execPath,
          [
            '-e',
            `require('node:net').connect(${JSON.stringify(file)}).on('connect', () => process.exit(0)).on('error', (e) => { console.log(e.code); process.exit(1); })`,
          ],
          { uid, gid: uid, encoding: 'utf8', cwd: '/' },
        );
      expect(asUser(NOBODY.uid).status).toBe(0);
      expect(asUser(STRANGER.uid)).toMatchObject({ status: 1, stdout: 'EACCES\n' });
    },
  );

  it('on another file system, and by a long name, is made there', async () => {
    const directory = fs.mkdtempSync('/dev/shm/tdaemon-test-');
    onTestFinished(() => fs.rmSync(directory, { recursive: true, force: true }));
    const at = scratch();
    const file = path.join(directory, 'x'.repeat(107 - directory.length - 1));
    const supervised = await supervise(at, section(file, 'chmod=0640'));
    expect(mode(file)).toBe('640');
    expect(fs.readdirSync(directory)).toEqual([path.basename(file)]);
    expect(await answers({ socketPath: file })).toBe('3.0');
    await supervised.shutdown();
    expect(fs.readdirSync(directory)).toEqual([]);
  });

  it('takes the place of a leftover', async () => {
    const at = scratch();
    const file = at.file('s.sock');
    leftover(file);
    await supervise(at, section(file));
    expect(await answers({ socketPath: file })).toBe('3.0');
  });

  it('is not taken from somebody who listens', async () => {
    const at = scratch();
    const file = at.file('s.sock');
    await strangerAt(file);
    const { ino } = fs.statSync(file);
    expect(await refused(at, section(file))).toMatch(
      /Another program is already listening on a port that one of our HTTP servers is configured to use/,
    );
    expect(fs.statSync(file).ino).toBe(ino);
  });

  it('replaces no file that is none, and follows no link', async () => {
    const at = scratch();
    const file = at.write('s.sock', 'precious');
    expect(await refused(at, section(file))).toMatch(/there is a file that is no socket/);
    expect(fs.readFileSync(file, 'utf8')).toBe('precious');
    fs.renameSync(file, at.file('target'));
    fs.symlinkSync(at.file('target'), file);
    expect(await refused(at, section(file))).toMatch(/there is a file that is no socket/);
    expect(fs.readFileSync(at.file('target'), 'utf8')).toBe('precious');
  });

  it('that somebody removes is there again', async () => {
    const at = scratch();
    const file = at.file('s.sock');
    const supervised = await supervise(at, section(file, 'chmod=0711') + SLEEPER);
    for (let times = 1; times <= 3; times++) {
      const { ino } = fs.statSync(file);
      if (times === 2) fs.renameSync(file, `${file}.away`);
      else fs.rmSync(file);
      await eventually('another', () => fs.existsSync(file) && fs.statSync(file).ino !== ino);
      expect(await answers({ socketPath: file })).toBe('3.0');
      expect(mode(file)).toBe('711');
    }
    expect(supervised.mainLog).toMatch(/unix:\/\/\S+ was removed by somebody: it is there again/);
    process.kill(supervised.supervisor as number, 'SIGKILL');
    expect(await answers({ socketPath: file })).toBe('3.0');
    await supervised.shutdown();
    expect(fs.existsSync(file)).toBe(false);
  });

  it('is another one when the configuration says so', async () => {
    const at = scratch();
    const [first, second] = [at.file('1.sock'), at.file('2.sock')];
    const [port, other] = [await freePort(), await freePort()];
    const inet = (address: string) => `[inet_http_server]\nport=${address}\n`;
    await supervise(at, section(first) + inet(`127.0.0.1:${port}`) + SLEEPER);
    const change = async (from: string, what: string, until: Server) => {
      configuration(at, what + SLEEPER);
      await rpc({ socketPath: from }, 'restart');
      await eventually('the new one', () => 'port' in until || fs.existsSync(until.socketPath));
      for (let is: unknown; is === undefined; ) is = await answers(until);
    };
    await change(first, section(first, 'chmod=0777') + inet(`127.0.0.1:${other}`), {
      host: '127.0.0.1',
      port: other,
    });
    expect(mode(first)).toBe('777');
    expect(await answers({ host: '127.0.0.1', port })).toBe(undefined);
    await change(first, section(second) + inet(`localhost:${other}`), { socketPath: second });
    expect(fs.existsSync(first)).toBe(false);
    expect(await answers({ host: '127.0.0.1', port: other })).toBe('3.0');
  });

  it('serves all the same after a handover, and when the keeper is lost', async () => {
    const at = scratch();
    const file = at.file('s.sock');
    const port = await freePort();
    const supervised = await supervise(
      at,
      `${section(file)}[inet_http_server]\nport=127.0.0.1:${port}\n${SLEEPER}`,
    );
    const servers: Server[] = [{ socketPath: file }, { host: '127.0.0.1', port }];
    const before = supervised.supervisor;
    await supervised.ask('handover');
    await eventually(
      'another supervisor',
      () => supervised.supervisor !== undefined && supervised.supervisor !== before,
    );
    for (const server of servers) expect(await answers(server)).toBe('3.0');
    const { keeper } = supervised;
    process.kill(keeper, 'SIGKILL');
    await eventually('another keeper', () => supervised.keeper !== keeper);
    for (const server of servers) expect(await answers(server)).toBe('3.0');
    expect(await rpc(servers[0] as Server, 'getPID')).toBe(supervised.keeper);
  });
});

describe('a port', () => {
  it('that somebody has is told', async () => {
    const at = scratch();
    const port = await freePort();
    await strangerOn(port);
    expect(await refused(at, `[inet_http_server]\nport=127.0.0.1:${port}`)).toMatch(
      /Another program is already listening/,
    );
    expect(
      fs.existsSync(
        path.join(runtimeDirectoryOf(at.file('supervisord.conf'), 'supervisor'), 'programs', 'a.json'),
      ),
    ).toBe(false);
  });

  it.each([
    ['', '127.0.0.1'],
    ['*:', '127.0.0.1'],
    ['localhost:', '127.0.0.1'],
    ['127.0.0.1:', '127.0.0.1'],
  ])('%sPORT listens on %s', async (prefix, host) => {
    const at = scratch();
    const port = await freePort();
    await supervise(at, `[inet_http_server]\nport=${prefix}${port}\nallow_unauthenticated=true`);
    expect(await answers({ host, port })).toBe('3.0');
  });
});

describe('SUPERVISOR_SERVER_URL', () => {
  it.each([
    ['unix', (file: string) => `unix://${file}`],
    ['inet', (_: string, port: number) => `http://localhost:${port}`],
    ['none', () => undefined],
    ['own', () => 'http://elsewhere:1'],
  ])('with %s', async (kind, expected) => {
    const at = scratch();
    const port = await freePort();
    const inet = `[inet_http_server]\nport=*:${port}\nallow_unauthenticated=true\n`;
    const servers: Record<string, string> = {
      unix: inet + section(at.file('s.sock')),
      inet,
      none: '',
      own: inet,
    };
    const own = kind === 'own' ? '\nserverurl=http://elsewhere:1' : '';
    const supervised = await supervise(at, `${servers[kind]}\n${SLEEPER}${own}`);
    const { pid } = await supervised.of('a');
    const found = environment(pid)
      .map(String)
      .find((entry) => entry.startsWith('SUPERVISOR_SERVER_URL='));
    expect(found?.slice('SUPERVISOR_SERVER_URL='.length)).toBe(expected(at.file('s.sock'), port));
  });
});
