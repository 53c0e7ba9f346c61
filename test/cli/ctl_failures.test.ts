/** What goes wrong with `tdaemon ctl`: the same words and statuses as the real supervisorctl's; for wrong usage the same status. */
import fs from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { encodeFault, encodeResponse } from '../../src/control/encode';
import { missing } from '../helpers/needs';
import { freePort } from '../helpers/port';
import { type Scratch, scratch } from '../helpers/scratch';
import { supervise } from '../helpers/supervise';
import { type Ran, run, tdaemon } from '../helpers/tdaemon';

const NEEDS = missing('supervisorctl');
/** Python needs its time to start, on a busy machine seconds. */
const LIMIT = 300_000;

/** Both, with the same words. */
async function both(
  at: Scratch,
  words: readonly string[],
  input = '/dev/null',
): Promise<{ ours: Ran; theirs: Ran }> {
  const env = { ...process.env, HOME: at.directory, LC_ALL: 'C.UTF-8', PYTHONUNBUFFERED: '1' };
  const inputs = [fs.openSync(input, 'r'), fs.openSync(input, 'r')];
  const options = (which: number) => ({
    cwd: at.directory,
    env,
    stdio: [inputs[which] as number, 'pipe' as const, 'pipe' as const],
  });
  const [ours, theirs] = await Promise.all([
    tdaemon(['ctl', ...words], options(0)),
    run('supervisorctl', words, options(1)),
  ]).finally(() => {
    for (const descriptor of inputs) fs.closeSync(descriptor);
  });
  return { ours, theirs };
}

async function expectSame(
  at: Scratch,
  words: readonly string[],
  status: number,
  input?: string,
): Promise<void> {
  const { ours, theirs } = await both(at, words, input);
  expect({ words, ...ours }).toEqual({ words, ...theirs });
  expect({ words, status: ours.status }).toEqual({ words, status });
}

/** Only the status: the words are of another kind. */
async function expectSameStatus(at: Scratch, words: readonly string[], status: number): Promise<Ran> {
  const { ours, theirs } = await both(at, words);
  expect({ words, ours: ours.status, theirs: theirs.status }).toEqual({
    words,
    ours: status,
    theirs: status,
  });
  return ours;
}

const config = (at: Scratch, url: string, more = '') =>
  at.write('c.conf', `[supervisorctl]\nserverurl=${url}\n${more}`);

/** Something that answers every request with one document, as a supervisor that is not ours might. */
async function answering(document: string, status = 200): Promise<string> {
  const server: Server = createServer((request, response) => {
    request
      .resume()
      .on('end', () => response.writeHead(status, { 'Content-Type': 'text/xml' }).end(document));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close().closeAllConnections());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

describe.skipIf(NEEDS)(`tdaemon ctl, when something is wrong${NEEDS ? ` (${NEEDS})` : ''}`, () => {
  it('says that nobody is there', { timeout: LIMIT }, async () => {
    const at = scratch();
    const missingSocket = config(at, `unix://${at.file('none.sock')}`);
    for (const [action, status] of [
      ['status', 4],
      ['start a', 7],
      ['stop a', 7],
      ['restart a', 7],
      ['signal HUP a', 7],
      ['tail a', 7],
      ['tail -f a', 7],
      ['maintail', 7],
      ['clear a', 7],
      ['pid', 7],
      ['version', 7],
      ['fg a', 7],
      ['shutdown', 1],
    ] as const)
      await expectSame(at, ['-c', missingSocket, ...action.split(' ')], status);
    for (const action of ['reread', 'update', 'add a', 'remove a', 'avail', 'reload'])
      expect((await expectSameStatus(at, ['-c', missingSocket, ...action.split(' ')], 1)).stdout).toBe(
        `error: unix://${at.file('none.sock')} no such file\n`,
      );
    const refused = `http://127.0.0.1:${await freePort()}`;
    await expectSame(at, ['-s', refused, 'status'], 4);
    await expectSame(at, ['-s', refused, 'start', 'a'], 4);
    await expectSame(at, ['-s', refused, 'shutdown'], 1);
  });

  it('says that it is no supervisor, or another kind of it', { timeout: LIMIT }, async () => {
    const at = scratch();
    const other = ['-s', await answering(encodeResponse('2.0'))];
    await expectSame(at, [...other, 'status'], 4);
    await expectSame(at, [...other, 'start', 'a'], 5);
    const noInterface = ['-s', await answering(encodeFault(1, 'UNKNOWN_METHOD'))];
    await expectSame(at, [...noInterface, 'status'], 4);
    await expectSame(at, [...noInterface, 'start', 'a'], 3);
    for (const [document, status] of [
      ['<html>hello</html>', 200],
      ['', 200],
      [encodeResponse(['no', 'version']), 404],
      [encodeFault(30, 'FAILED'), 200],
    ] as const) {
      const url = await answering(document, status);
      const { stdout } = await expectSameStatus(at, ['-s', url, 'start', 'a'], 1);
      expect(stdout).toMatch(/^error: .+\n$/);
    }
  });

  it('has no interface to speak to without [rpcinterface:supervisor]', { timeout: LIMIT }, async () => {
    const at = scratch();
    const socket = at.file('s.sock');
    await supervise(at, `[unix_http_server]\nfile=${socket}\n[supervisorctl]\nserverurl=unix://${socket}\n`);
    const file = at.file('supervisord.conf');
    fs.writeFileSync(file, fs.readFileSync(file, 'utf8').replace(/\[rpcinterface:supervisor\]\n.*\n/, ''));
    expect((await tdaemon(['ctl', '-c', file, 'reload'])).status).toBe(0);
    for (;;) {
      const { stdout, status } = await tdaemon(['ctl', '-c', file, 'version']);
      if (status === 3) break;
      expect(stdout, 'before it is there anew').toMatch(/4\.2\.5|no such file|refused|error: /);
    }
    await expectSame(at, ['-c', file, 'start', 'a'], 3);
    await expectSame(at, ['-c', file, 'status'], 4);
  });

  it('refuses wrong words with the status 2', { timeout: LIMIT }, async () => {
    const at = scratch();
    const file = config(at, 'http://127.0.0.1:1');
    for (const words of [
      ['-x'],
      ['--nope'],
      ['-c'],
      ['-c', at.file('nope.conf'), 'status'],
      ['-c', at.write('empty.conf', ''), 'status'],
      ['-c', at.write('other.conf', '[supervisord]\n'), 'status'],
      ['-c', at.write('broken.conf', '[supervisorctl]\nserverurl=%(nope)s\n'), 'status'],
      ['-c', file, '-s', 'nonsense', 'status'],
      ['-c', file, '-c', file, 'status'],
    ]) {
      const { stdout, stderr } = await expectSameStatus(at, words, 2);
      expect(stdout).toBe('');
      expect(stderr).toMatch(/^tdaemon: .+\n$/);
    }
    expect(await tdaemon(['ctl', '-c', at.write('no_ini.conf', 'no section\n'), 'status'])).toMatchObject({
      status: 2,
      stdout: '',
    });
    // To supervisorctl this is no wrong usage.
    for (const url of ['ftp://127.0.0.1', 'http://user:word@127.0.0.1', 'http://127.0.0.1:99999', 'unix://'])
      expect(await tdaemon(['ctl', '-c', file, '-s', url, 'status'])).toMatchObject({
        status: 2,
        stdout: '',
      });
  });

  it('says wrong words of an action, and which there are', { timeout: LIMIT }, async () => {
    const at = scratch();
    const file = config(at, 'http://127.0.0.1:1');
    for (const action of [
      'nonsense',
      'nonsense a b',
      'version x',
      'reread x',
      'avail x',
      'shutdown x',
      'reload x',
    ])
      await expectSame(at, ['-c', file, ...action.split(' ')], 1);
    // In the shell, for all at once.
    const topics = [
      'help',
      'add',
      'avail',
      'clear',
      'exit',
      'fg',
      'maintail',
      'open',
      'pid',
      'quit',
      'reload',
      'remove',
    ];
    topics.push(
      'reread',
      'restart',
      'shutdown',
      'signal',
      'start',
      'status',
      'stop',
      'tail',
      'update',
      'version',
    );
    const typed = [...topics, 'nonsense'].map((topic) => `help ${topic}\n`).join('');
    await expectSame(at, ['-c', file], 0, at.write('typed', `${typed}?start\n\nnonsense\npid x\nquit\n`));
    for (const words of ['exit', 'open', 'open ftp://x'])
      await expectSame(at, ['-c', file, ...words.split(' ')], words.startsWith('open') ? 1 : 0);
    const { ours, theirs } = await both(at, ['-c', file, 'help']);
    // Ours has a block of its own below.
    expect(ours.stdout.startsWith(theirs.stdout)).toBe(true);
    expect(ours.stdout.slice(theirs.stdout.length)).toMatch(
      /^tdaemon commands .*\n=+\nhandover +logs +rolling-restart +top\n\n$/,
    );
  });

  it('finds its configuration as supervise does, with variables and what it includes', async () => {
    const at = scratch();
    const socket = at.file('s.sock');
    await supervise(at, `[unix_http_server]\nfile=${socket}\n`);
    const options = { cwd: at.directory, env: { ...process.env, SOCKET: 's.sock' } };
    const ask = (text: string) => tdaemon(['ctl', '-c', at.write('c.conf', text), 'version'], options);
    expect((await ask('[supervisorctl]\nserverurl=unix://%(here)s/%(ENV_SOCKET)s\n')).stdout).toBe('4.2.5\n');
    at.write('more.ini', `[supervisorctl]\nserverurl=unix://${socket}\n`);
    expect((await ask('[include]\nfiles=more.ini\n')).stdout).toBe('4.2.5\n');
    at.write('tdaemon.conf', `[supervisorctl]\nserverurl=unix://${socket}\n`);
    expect((await tdaemon(['ctl', 'version'], options)).stdout).toBe('4.2.5\n');
    // What is wrong elsewhere is not ctl's business.
    expect(
      (await ask(`[program:x]\nnumprocs=never\n[supervisorctl]\nserverurl=unix://${socket}\n`)).status,
    ).toBe(0);
  });
});
