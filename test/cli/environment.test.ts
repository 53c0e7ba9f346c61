/** The daemon's environment, read from /proc/PID/environ. */
import { describe, expect, it } from 'vitest';
import { HOLD, heldBy, startHold } from '../helpers/hold';
import { TDAEMON } from '../helpers/paths';
import { type Scratch, scratch } from '../helpers/scratch';
import { run, shell } from '../helpers/tdaemon';

const PATH = process.env.PATH ?? '';

/** @param env the whole environment of the caller, but for PATH */
async function inherited(at: Scratch, env: Record<string, string>, options: string[] = []) {
  const { environment } = await startHold(at, options, [at.directory], { env: { PATH, ...env } });
  return Object.fromEntries(environment);
}

describe('the caller’s environment', () => {
  it('is inherited, and nothing is added but PWD', async () => {
    const at = scratch();
    const env = {
      A: 'b',
      EMPTY: '',
      LINES: 'one\ntwo\n',
      SPACES: '  a  b ',
      QUOTES: `'"\\\`$x`,
      EQUALS: '=a=b=',
      HOME: '/nowhere',
    };
    expect(await inherited(at, env)).toEqual({ PATH, PWD: '/', ...env });
  });

  it('keeps names that a shell cannot hold', async () => {
    const at = scratch();
    const env = {
      'a.b': 'c',
      'a-b': '1\n2',
      '1st': 'x',
      'BASH_FUNC_x%%': '() {  :;\n echo "a b"\n}',
      ' ': ' ',
      é: 'x',
    };
    const found = await inherited(at, env);
    const decoded = Object.entries(found).map(([name, value]) => [
      Buffer.from(name, 'latin1').toString(),
      value,
    ]);
    expect(Object.fromEntries(decoded)).toEqual({ PATH, PWD: '/', ...env });
  });

  it('keeps bytes that are no UTF-8, in values and in names', async () => {
    const at = scratch();
    const script = `V="$(printf 'a\\377b')" env "$(printf 'N\\376')=x" "$TDAEMON" -p "$1" "$2" "$3"`;
    const ran = await shell(`set -- "${at.file('pid')}" "${HOLD}" "${at.directory}"; ${script}`);
    const { environment } = await heldBy(at.file('pid'), ran);
    expect(environment.get('V')).toBe('a\xffb');
    expect(environment.get('N\xfe')).toBe('x');
  });

  it('loses what was meant for the caller alone', async () => {
    const at = scratch();
    const env = {
      NOTIFY_SOCKET: '/run/systemd/notify',
      LISTEN_FDS: '1',
      LISTEN_PID: '1',
      LISTEN_FDNAMES: 'x',
      WATCHDOG_USEC: '1',
      WATCHDOG_PID: '1',
      OLDPWD: '/tmp',
    };
    expect(await inherited(at, { ...env, NOTIFY_SOCKET_: 'kept' })).toEqual({
      PATH,
      PWD: '/',
      NOTIFY_SOCKET_: 'kept',
    });
  });

  it('says the new directory in PWD', async () => {
    const at = scratch();
    expect((await inherited(at, { PWD: '/tmp' }, ['--chdir', at.directory])).PWD).toBe(at.directory);
  });

  it('gets NODE_OPTIONS back, which tdaemon itself does not obey', async () => {
    const at = scratch();
    const trap = at.write('trap.js', 'process.stderr.write("trapped"); process.exit(99);');
    const options = `--require ${trap} --max-old-space-size=64`;
    expect((await inherited(at, { NODE_OPTIONS: options })).NODE_OPTIONS).toBe(options);
    expect((await inherited(at, { NODE_OPTIONS: '' })).NODE_OPTIONS).toBe('');
    expect(await inherited(at, {})).not.toHaveProperty('NODE_OPTIONS');
  });

  it('has none of the wrapper’s notes, and believes none of a caller', async () => {
    const at = scratch();
    const found = await inherited(at, {
      'a.b': 'c',
      NODE_OPTIONS: '--no-warnings',
      TDAEMON_CALLER_NOFILE: '7',
      TDAEMON_CALLER_FDS: '0 1 2 3',
      TDAEMON_CALLER_NODE_OPTIONS: 'forged',
      TDAEMON_CALLER_ENV: '583d31',
    });
    expect(found).toEqual({ PATH, PWD: '/', 'a.b': 'c', NODE_OPTIONS: '--no-warnings' });
  });

  it('is the caller’s too where node is started without the wrapper', async () => {
    const at = scratch();
    const env = { PATH, A: 'b', 'a.b': 'c' };
    const ran = await run(process.execPath, [TDAEMON, '-p', at.file('pid'), HOLD, at.directory], { env });
    expect(Object.fromEntries((await heldBy(at.file('pid'), ran)).environment)).toEqual({ ...env, PWD: '/' });
  });
});

describe('what is asked for', () => {
  it('--env adds and replaces, the last of a name wins', async () => {
    const at = scratch();
    const options = ['-E', 'A=1', '-E', 'B=x y', '--env=A=2', '-E', 'C==', '-E', 'D='];
    expect(await inherited(at, { A: '0', Z: 'z' }, options)).toEqual({
      PATH,
      PWD: '/',
      Z: 'z',
      A: '2',
      B: 'x y',
      C: '=',
      D: '',
    });
  });

  it('--env wins over what tdaemon would set or remove', async () => {
    const at = scratch();
    const options = ['PWD=/x', 'OLDPWD=/y', 'NOTIFY_SOCKET=/z', 'LISTEN_FDS=0'].flatMap((each) => [
      '-E',
      each,
    ]);
    expect(await inherited(at, { NOTIFY_SOCKET: '/n' }, options)).toEqual({
      PATH,
      PWD: '/x',
      OLDPWD: '/y',
      NOTIFY_SOCKET: '/z',
      LISTEN_FDS: '0',
    });
  });

  it('--clear-env leaves nothing but PWD and what is named', async () => {
    const at = scratch();
    expect(
      await inherited(at, { A: 'b', 'a.b': 'c', NODE_OPTIONS: '--no-warnings' }, ['--clear-env']),
    ).toEqual({
      PWD: '/',
    });
    expect(await inherited(at, { A: 'b' }, ['-E', 'C=d', '--clear-env'])).toEqual({ PWD: '/', C: 'd' });
  });

  it('--env takes any name and any bytes', async () => {
    const at = scratch();
    const script = `"$TDAEMON" -p "$1" -E 'a.b=c' -E "X=$(printf '\\377')" -- "$2" "$3"`;
    const ran = await shell(`set -- "${at.file('pid')}" "${HOLD}" "${at.directory}"; ${script}`);
    const { environment } = await heldBy(at.file('pid'), ran);
    expect(environment.get('a.b')).toBe('c');
    expect(environment.get('X')).toBe('\xff');
  });

  it('--user describes the user, unless --env does', async (context) => {
    if (process.getuid?.() !== 0) context.skip('needs root: becomes another user');
    const at = scratch();
    const env = { HOME: '/root', USER: 'root', LOGNAME: 'root', SHELL: '/bin/sh' };
    const found = await inherited(at, env, ['-u', 'nobody', '-E', 'HOME=/own']);
    expect(found).toMatchObject({ HOME: '/own', USER: 'nobody', LOGNAME: 'nobody' });
    expect(found.SHELL).not.toBe('');
    const nameless = await inherited(at, env, ['-u', '3999999:3999999']);
    expect(nameless).toEqual({ PATH, PWD: '/', HOME: '/' });
  });
});

describe('an environment file', () => {
  it('comes after the caller’s, before --env, and the last file wins', async () => {
    const at = scratch();
    const one = at.write('one', 'A=1\nB=1\nC=1\n');
    const two = at.write('two', 'B=2\nC=2\n');
    const options = ['-E', 'C=3', `--env-file=${one}`, `--env-file=${two}`];
    expect(await inherited(at, { A: '0', Z: 'z' }, options)).toEqual({
      PATH,
      PWD: '/',
      Z: 'z',
      A: '1',
      B: '2',
      C: '3',
    });
  });

  it('too large for exec is 126, and nothing is left', async () => {
    const at = scratch();
    const file = at.write('env', `BIG=${'x'.repeat(200_000)}\n`);
    const ran = await run(TDAEMON, [`--env-file=${file}`, '--', HOLD, at.directory]);
    expect(ran).toMatchObject({
      status: 126,
      stderr: `tdaemon: cannot execute '${HOLD}': argument list too long (E2BIG)\n`,
    });
  });
});
