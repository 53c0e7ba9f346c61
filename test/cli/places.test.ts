/** Relative names mean the caller's directory, wherever that is and whatever it is called. */
import fs from 'node:fs';
import { describe, expect, it } from 'vitest';
import { HOLD, held, heldBy } from '../helpers/hold';
import { expectNothingLeft } from '../helpers/leftovers';
import { link } from '../helpers/procfs';
import { type Scratch, scratch } from '../helpers/scratch';
import { shell, tdaemon } from '../helpers/tdaemon';

function directory(at: Scratch, name: string): string {
  fs.mkdirSync(at.file(name));
  fs.copyFileSync(HOLD, `${at.file(name)}/prog`);
  return at.file(name);
}

describe.each(['plain', 'with spaces', 'quote\'d "twice"', 'new\nline', '日本', '-p', '$HOME', '\\'])(
  'in a directory called %j',
  (name) => {
    it('./command, pidfile, lock, log and chdir are relative to it', async () => {
      const at = scratch();
      const cwd = directory(at, name);
      fs.mkdirSync(`${cwd}/work`);
      const files = ['-p', 'the pid', '--lock', './lock', '--log', 'log', '--chdir', 'work'];
      const ran = await tdaemon([...files, '--', './prog', at.directory], { cwd });
      const { pid, arguments: found } = await heldBy(`${cwd}/the pid`, ran);
      expect(link(pid, 'exe')).toBe(`${cwd}/prog`);
      expect(link(pid, 'cwd')).toBe(`${cwd}/work`);
      expect(found[0]?.toString()).toBe('./prog');
      expect(fs.readdirSync(cwd).sort()).toEqual(['lock', 'log', 'prog', 'the pid', 'work']);
      expect(fs.readlinkSync(`/proc/${pid}/fd/1`)).toBe(`${cwd}/log`);
    });
  },
);

it('a relative environment file and input are the caller’s too', async () => {
  const at = scratch();
  at.write('env', 'A=b\n');
  at.write('input', '');
  const args = ['-p', 'pid', '--env-file=env', '--stdin', 'input', '--', HOLD, at.directory];
  const { pid, environment } = await heldBy(at.file('pid'), await tdaemon(args, { cwd: at.directory }));
  expect(environment.get('A')).toBe('b');
  expect(fs.readlinkSync(`/proc/${pid}/fd/0`)).toBe(at.file('input'));
});

it('.. is the kernel’s: through a symbolic link it leads to the parent of what the link means', async () => {
  const at = scratch();
  fs.mkdirSync(at.file('a/b'), { recursive: true });
  fs.symlinkSync('a/b', at.file('link'));
  fs.copyFileSync(HOLD, at.file('a/prog'));
  const ran = await tdaemon(['-p', 'pid', 'link/../prog', at.directory], { cwd: at.directory });
  expect(link((await heldBy(at.file('pid'), ran)).pid, 'exe')).toBe(at.file('a/prog'));
});

describe('in a directory whose name is no UTF-8', () => {
  const enter = `cd "$(printf '%s/\\377' "$1")"`;

  it('./command runs, and absolute files work', async () => {
    const at = scratch();
    const script = `mkdir "$(printf '%s/\\377' "$1")" && ${enter} && cp "$2" prog && "$TDAEMON" -p "$1/pid" ./prog "$1"`;
    const { pid } = await heldBy(
      at.file('pid'),
      await shell(`set -- "${at.directory}" "${HOLD}"; ${script}`),
    );
    const exe = fs.readlinkSync(`/proc/${pid}/exe`, 'buffer');
    expect(exe.toString('latin1')).toBe(`${at.directory}/\xff/prog`);
  });

  it.each([['-p'], ['--log'], ['--lock'], ['--chdir']])(
    'a relative file of %s works or is refused in one line',
    async (option) => {
      const at = scratch();
      const script = `mkdir "$(printf '%s/\\377' "$1")" && ${enter} && "$TDAEMON" --json ${option} . "$2" "$1"`;
      const ran = await shell(`set -- "${at.directory}" "${HOLD}"; ${script}`);
      const told = JSON.parse(ran.stdout);
      if (told.ok) await held(told.pid);
      else expect(told).toMatchObject({ status: 125, message: expect.stringMatching(/^cannot .*$/) });
    },
  );
});

describe('in a directory that has been removed', () => {
  /** dash says so at its start, before it reads a line of the wrapper. */
  const withoutShellsLine = (text: string) => text.replace(/^sh: 0: getcwd\(\) failed: .*\n/gm, '');
  const inRemoved = async (at: Scratch, args: string) => {
    const script = `mkdir "$1/gone" && cd "$1/gone" && rmdir "$1/gone" && "$TDAEMON" ${args}`;
    const ran = await shell(`set -- "${at.directory}" "${HOLD}"; ${script}`);
    return { ...ran, stderr: withoutShellsLine(ran.stderr) };
  };

  it('absolute names work', async () => {
    const at = scratch();
    const ran = await inRemoved(at, '-p "$1/pid" --log "$1/log" -- "$2" "$1"');
    expect(link((await heldBy(at.file('pid'), ran)).pid, 'cwd')).toBe('/');
    const searched = await inRemoved(at, '-p "$1/pid2" -- sleep 1000 "$1"');
    expect(searched).toMatchObject({ status: 0 });
  });

  it.each(['./prog "$1"', '-p pid -- "$2" "$1"', '--log log -- "$2" "$1"', '--chdir . -- "$2" "$1"'])(
    'a relative one is 125, in one line: %s',
    async (args) => {
      const at = scratch();
      const ran = await inRemoved(at, args);
      expect(ran).toMatchObject({ status: 125, stdout: '' });
      expect(ran.stderr).toMatch(/^tdaemon: cannot .*working directory.*\n$/);
      expectNothingLeft(at);
    },
  );
});
