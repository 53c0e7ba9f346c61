/** Listening sockets of the add-on, and descriptors that change places on their way to a command. */
import fs from 'node:fs';
import { describe, expect, it, onTestFinished } from 'vitest';
import { native, type Refusal } from '../../src/native';
import { errnoName } from '../../src/process/errno';
import { eventually } from '../helpers/eventually';
import { accepts, freePort, listensAt } from '../helpers/port';
import { scratch } from '../helpers/scratch';
import { isRoot, TARGET } from '../helpers/users';

type Opened = { descriptor: number } | Refusal;

function opened<Result extends Opened>(result: Result): Exclude<Result, Refusal> {
  if (result.descriptor === undefined) throw new Error(errnoName(result.errno));
  const { descriptor } = result;
  onTestFinished(() => fs.closeSync(descriptor));
  return result as Exclude<Result, Refusal>;
}

function refusal(result: Opened): string {
  if (result.descriptor !== undefined) throw new Error('it was permitted');
  return `${result.syscall}: ${errnoName(result.errno)}`;
}

describe('openTcpListener', () => {
  it('listens, and refuses an address in use', async () => {
    const port = await freePort();
    opened(native.openTcpListener('127.0.0.1', port, 16));
    expect(await accepts({ host: '127.0.0.1', port })).toBe(true);
    expect(refusal(native.openTcpListener('127.0.0.1', port, 16))).toMatch(/^(bind|listen): EADDRINUSE$/);
  });

  it('takes numbers only', () => {
    expect(refusal(native.openTcpListener('localhost', 1, 16))).toBe('getaddrinfo: EINVAL');
  });
});

describe('openUnixListener', () => {
  it.each([0o600, 0o660, 0o777])('has the mode that is asked for, whatever the umask: %o', (mode) => {
    const path = scratch().file('a.sock');
    opened(native.openUnixListener(path, 16, mode, -1, -1));
    expect(fs.statSync(path).mode & 0o777).toBe(mode);
  });

  it.skipIf(!isRoot)('is given away (needs root)', () => {
    const path = scratch().file('a.sock');
    opened(native.openUnixListener(path, 16, 0o600, TARGET.uid, TARGET.gid));
    expect(fs.statSync(path)).toMatchObject({ uid: TARGET.uid, gid: TARGET.gid });
  });

  it('follows no symbolic link, and removes none', () => {
    const at = scratch();
    fs.symlinkSync(at.file('elsewhere'), at.file('a.sock'));
    expect(refusal(native.openUnixListener(at.file('a.sock'), 16, 0o600, -1, -1))).toBe('bind: EADDRINUSE');
    expect(fs.readlinkSync(at.file('a.sock'))).toBe(at.file('elsewhere'));
    expect(fs.existsSync(at.file('elsewhere'))).toBe(false);
  });

  it('needs a directory', () => {
    const path = scratch().file('none/a.sock');
    expect(refusal(native.openUnixListener(path, 16, 0o600, -1, -1))).toBe('open: ENOENT');
  });
});

describe('removeUnixListener', () => {
  it('removes the file of that socket, and no other of its name', () => {
    const path = scratch().file('a.sock');
    const first = opened(native.openUnixListener(path, 16, 0o600, -1, -1));
    fs.renameSync(path, `${path}.moved`);
    const second = opened(native.openUnixListener(path, 16, 0o600, -1, -1));
    expect(errnoName(native.removeUnixListener(path, first.device, first.inode))).toBe('ESTALE');
    expect(listensAt(path)).toBe(true);
    expect(native.removeUnixListener(path, second.device, second.inode)).toBe(0);
    expect(fs.existsSync(path)).toBe(false);
    expect(errnoName(native.removeUnixListener(path, second.device, second.inode))).toBe('ENOENT');
  });
});

describe('descriptors of a command', () => {
  it('may be any of ours, in any order', async () => {
    const at = scratch();
    const open = (name: string, content: string) => {
      const descriptor = fs.openSync(at.write(name, content), 'r');
      onTestFinished(() => fs.closeSync(descriptor));
      return descriptor;
    };
    const one = open('one', 'one');
    const two = open('two', 'two');
    const input = open('input', 'input');
    const output = at.file('output');
    const started = native.spawnChild({
      candidates: ['/bin/sh'],
      argv: [
        'sh',
        '-c',
        `cat; cat /dev/fd/${one} /dev/fd/${two} /dev/fd/${input}; echo $LISTEN_PID $$ >>${output}.pid`,
      ],
      env: ['PATH=/usr/bin:/bin', `AT=${at.directory}`],
      highDescriptor: 255,
      // Where the input comes from is somebody else's in the command.
      stdio: [
        { kind: 'inherit', descriptor: input },
        { kind: 'file', path: output, truncate: false },
        { kind: 'null' },
      ],
      limits: [],
      chdir: '/',
      keep: [],
      passes: [
        { from: one, to: two },
        { from: two, to: one },
        { from: one, to: input },
      ],
      listenPid: true,
      noNewPrivs: false,
      foreground: false,
    });
    if (!started.ok) throw new Error(started.stage);
    await eventually('its end', () => native.reap(started.pid));
    expect(fs.readFileSync(output, 'utf8')).toBe('inputtwooneone');
    expect(fs.readFileSync(`${output}.pid`, 'utf8')).toBe(`${started.pid} ${started.pid}\n`);
  });
});
