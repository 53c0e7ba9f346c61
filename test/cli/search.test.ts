/** A command without a slash is searched in the daemon's own PATH, as execvp(3) does. */
import fs from 'node:fs';
import { describe, expect, it } from 'vitest';
import { HOLD, heldBy } from '../helpers/hold';
import { expectNothingLeft } from '../helpers/leftovers';
import { TDAEMON } from '../helpers/paths';
import { link } from '../helpers/procfs';
import { type Scratch, scratch } from '../helpers/scratch';
import { run, tdaemon } from '../helpers/tdaemon';

/** A copy of hold, so that /proc/PID/exe says which was taken. */
function program(at: Scratch, name: string, mode = 0o755): string {
  fs.mkdirSync(at.file(name).replace(/\/[^/]*$/, ''), { recursive: true });
  fs.copyFileSync(HOLD, at.file(name));
  fs.chmodSync(at.file(name), mode);
  return at.file(name);
}

async function found(at: Scratch, path: string | undefined, command: string): Promise<string> {
  const options = path === undefined ? ['--clear-env'] : ['--env', `PATH=${path}`];
  const ran = await tdaemon(['-p', 'pid', ...options, '--', command, at.directory], { cwd: at.directory });
  return link((await heldBy(at.file('pid'), ran)).pid, 'exe');
}

async function failure(at: Scratch, path: string, command: string) {
  const files = fs.readdirSync(at.directory);
  const args = ['-p', 'pid', '--env', `PATH=${path}`, '--', command, at.directory];
  const ran = await tdaemon(args, { cwd: at.directory });
  expect(ran.stdout).toBe('');
  expectNothingLeft(at, files);
  return { status: ran.status, line: ran.stderr };
}

describe('PATH', () => {
  it('is the daemon’s, not the caller’s', async () => {
    const at = scratch();
    const wanted = program(at, 'daemon/prog');
    program(at, 'caller/prog');
    const PATH = `${at.file('caller')}:${process.env.PATH}`;
    const ran = await tdaemon(
      ['-p', at.file('pid'), '-E', `PATH=${at.file('daemon')}`, 'prog', at.directory],
      {
        env: { ...process.env, PATH },
      },
    );
    expect(link((await heldBy(at.file('pid'), ran)).pid, 'exe')).toBe(wanted);
  });

  it('gives the first that can be executed', async () => {
    const at = scratch();
    program(at, 'one/prog', 0o644);
    const two = program(at, 'two/prog');
    program(at, 'three/prog');
    at.write('file', '');
    fs.mkdirSync(at.file('dir/prog'), { recursive: true });
    const path = ['none', 'file', 'dir', 'one', 'two', 'three'].map(at.file).join(':');
    expect(await found(at, path, 'prog')).toBe(two);
  });

  it('goes on after a directory that may not be searched', async (context) => {
    if (process.getuid?.() !== 0) context.skip('needs root: becomes another user');
    const at = scratch();
    program(at, 'closed/prog');
    const wanted = program(at, 'open/prog');
    fs.chmodSync(at.file('closed'), 0o700);
    const path = `${at.file('closed')}:${at.file('open')}`;
    const args = ['-p', at.file('pid'), '-u', 'nobody', '-E', `PATH=${path}`, 'prog', at.directory];
    // `exe` of another user's process: root may read it where it may trace.
    const { pid } = await heldBy(at.file('pid'), await tdaemon(args));
    expect(link(pid, 'exe')).toBe(wanted);
  });

  it('says permission denied where only such a directory could have it', async (context) => {
    if (process.getuid?.() !== 0) context.skip('needs root: becomes another user');
    const at = scratch();
    program(at, 'closed/prog');
    fs.chmodSync(at.file('closed'), 0o700);
    const args = [
      '-p',
      at.file('pid'),
      '-u',
      'nobody',
      '-E',
      `PATH=${at.file('closed')}`,
      'prog',
      at.directory,
    ];
    expect(await tdaemon(args)).toMatchObject({
      status: 126,
      stderr: `tdaemon: cannot execute 'prog' (${at.file('closed')}/prog): permission denied (EACCES)\n`,
    });
  });

  it('may have relative and empty entries: the caller’s directory', async () => {
    const at = scratch();
    const here = program(at, 'prog');
    const inside = program(at, 'bin/prog2');
    expect(await found(at, 'bin', 'prog2')).toBe(inside);
    fs.rmSync(at.file('pid'));
    expect(await found(at, './bin', 'prog2')).toBe(inside);
    for (const path of ['', ':/bin', '/none:', '/none::/bin']) {
      fs.rmSync(at.file('pid'), { force: true });
      expect(await found(at, path, 'prog')).toBe(here);
    }
  });

  it('that is not set is /bin:/usr/bin', async () => {
    const at = scratch();
    program(at, 'prog');
    const pidfile = at.file('pid');
    const args = [TDAEMON, '-p', pidfile, '--', 'sleep', '1000', at.directory];
    // Node by its path: nothing on this command line needs PATH.
    const unset = await run(process.execPath, ['--', ...args.slice(0, 3), '--', 'prog'], {
      cwd: at.directory,
      env: {},
    });
    expect(unset).toMatchObject({
      status: 127,
      stderr: "tdaemon: cannot execute 'prog': not found in PATH (ENOENT)\n",
    });
    const ran = await run(process.execPath, ['--', TDAEMON, '--dry-run', '--json', 'prog'], { env: {} });
    expect(JSON.parse(ran.stdout).plan.candidates).toEqual(['/bin/prog', '/usr/bin/prog']);
  });
});

describe('a command that PATH does not have', () => {
  it.each([
    ['none of it', (at: Scratch) => at.file('bin'), 127, 'ENOENT'],
    ['no directory', (at: Scratch) => at.write('file', ''), 127, 'ENOTDIR'],
    ['nothing at all', () => '', 127, 'ENOENT'],
  ])('%s', async (_, path, status, code) => {
    const at = scratch();
    expect(await failure(at, path(at), 'no-such-program')).toEqual({
      status,
      line: `tdaemon: cannot execute 'no-such-program': not found in PATH (${code})\n`,
    });
  });

  it('in a form that can be executed', async () => {
    const at = scratch();
    const file = program(at, 'bin/prog', 0o644);
    const denied = {
      status: 126,
      line: `tdaemon: cannot execute 'prog' (${file}): permission denied (EACCES)\n`,
    };
    expect(await failure(at, at.file('bin'), 'prog')).toEqual(denied);
    expect(await failure(at, `${at.file('bin')}:/no/such/directory`, 'prog')).toEqual(denied);
    expect(await failure(at, `/no/such/directory:${at.file('bin')}`, 'prog')).toEqual(denied);
  });

  it('but has under another format: the search ends there', async () => {
    const at = scratch();
    fs.mkdirSync(at.file('one'));
    fs.chmodSync(at.write('one/prog', 'echo\n'), 0o755);
    program(at, 'two/prog');
    expect(await failure(at, `${at.file('one')}:${at.file('two')}`, 'prog')).toMatchObject({ status: 126 });
  });

  it('with its path in JSON', async () => {
    const at = scratch();
    const denied = program(at, 'bin/prog', 0o644);
    const ask = async (command: string) =>
      JSON.parse((await tdaemon(['--json', '-E', `PATH=${at.file('bin')}`, command])).stdout);
    expect(await ask('prog')).toMatchObject({
      ok: false,
      status: 126,
      stage: 'exec',
      code: 'EACCES',
      path: denied,
    });
    expect(await ask('none')).toMatchObject({
      ok: false,
      status: 127,
      stage: 'exec',
      code: 'ENOENT',
      path: 'none',
    });
  });
});
