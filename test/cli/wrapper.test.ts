/** bin/tdaemon: a program for sh, started in every way that a person or npm starts it. */
import { execFileSync, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { HOLD, heldBy } from '../helpers/hold';
import { ROOT, TDAEMON } from '../helpers/paths';
import { limit } from '../helpers/procfs';
import { type Scratch, scratch } from '../helpers/scratch';
import { run, shell } from '../helpers/tdaemon';

const has = (program: string) => !spawnSync(program, ['--help']).error;

/** A directory with no node in it, but with what the wrapper's shell may need. */
function withoutNode(at: Scratch): string {
  const bin = at.file('bin');
  fs.mkdirSync(bin);
  for (const name of ['sh', 'grep', 'od', 'env']) {
    const found = (process.env.PATH ?? '')
      .split(':')
      .map((each) => path.join(each, name))
      .find(fs.existsSync);
    if (found) fs.symlinkSync(found, path.join(bin, name));
  }
  return bin;
}

/** Starts hold by the words of a shell and expects it to have the caller's limit of 512 open files. */
async function expectLimitKept(at: Scratch, start: string, env: Record<string, string> = {}) {
  const ran = await shell(
    `ulimit -Sn 512; ${start} -p "${at.file('pid')}" -- "${HOLD}" "${at.directory}" "a b" ''`,
    {
      cwd: at.directory,
      env: { ...process.env, ...env },
    },
  );
  const found = await heldBy(at.file('pid'), ran);
  expect(found.arguments.map(String)).toEqual([HOLD, at.directory, 'a b', '']);
  const hard = execFileSync('/bin/sh', ['-c', 'ulimit -Hn'], { encoding: 'utf8' }).trim();
  expect(limit(found.pid, 'Max open files')).toEqual({ soft: '512', hard });
}

it('is clean for shellcheck, up to where JavaScript begins', (context) => {
  if (!has('shellcheck')) context.skip('shellcheck is not installed');
  const text = fs.readFileSync(TDAEMON, 'utf8');
  const shellPart = text.slice(0, text.indexOf('\n*/') + 1);
  const checked = spawnSync('shellcheck', ['-s', 'dash', '-'], { input: shellPart, encoding: 'utf8' });
  expect(checked).toMatchObject({ status: 0, stdout: '' });
});

it('is JavaScript too, all but its last line a comment', () => {
  expect(spawnSync(process.execPath, ['--check', TDAEMON]).status).toBe(0);
});

describe('under the shell', () => {
  it.for(['dash', 'bash', 'bash --posix', 'busybox ash'])('%s', async (command, context) => {
    const program = command.split(' ')[0] ?? '';
    if (!has(program)) context.skip(`${program} is not installed`);
    await expectLimitKept(scratch(), `${command} "$TDAEMON"`);
  });
});

describe('started', () => {
  it('by its path', async () => {
    await expectLimitKept(scratch(), '"$TDAEMON"');
  });

  it('by a relative path', async () => {
    const at = scratch();
    fs.symlinkSync(ROOT, at.file('package'));
    await expectLimitKept(at, './package/bin/tdaemon');
  });

  it('by a symbolic link, as in node_modules/.bin, and by a link to that', async () => {
    const at = scratch();
    fs.mkdirSync(at.file('node_modules/.bin'), { recursive: true });
    fs.symlinkSync(ROOT, at.file('node_modules/tdaemon'));
    fs.symlinkSync('../tdaemon/bin/tdaemon', at.file('node_modules/.bin/tdaemon'));
    await expectLimitKept(at, './node_modules/.bin/tdaemon');
    fs.rmSync(at.file('pid'));
    fs.symlinkSync('node_modules/.bin/tdaemon', at.file('-link'));
    await expectLimitKept(at, './-link');
  });

  it('through PATH', async () => {
    const at = scratch();
    fs.mkdirSync(at.file('bin'));
    fs.symlinkSync(TDAEMON, at.file('bin/tdaemon'));
    await expectLimitKept(at, 'tdaemon', { PATH: `${at.file('bin')}:${process.env.PATH}` });
  });

  it('from a path with spaces, quotes and a newline', async () => {
    const at = scratch();
    const odd = at.file(`it's an "odd"\n$(path)`);
    fs.mkdirSync(odd);
    for (const part of ['bin', 'dist', 'build']) fs.mkdirSync(path.join(odd, part));
    fs.copyFileSync(TDAEMON, path.join(odd, 'bin/tdaemon'));
    fs.cpSync(path.join(ROOT, 'dist'), path.join(odd, 'dist'), { recursive: true });
    fs.mkdirSync(path.join(odd, 'build/Release'));
    const addon = 'build/Release/tdaemon.node';
    fs.copyFileSync(path.join(ROOT, addon), path.join(odd, addon));
    await expectLimitKept(at, '"$ODD/bin/tdaemon"', { ODD: odd });
  });

  it('with closed descriptors 0, 1 and 2', async () => {
    await expectLimitKept(scratch(), '0<&- "$TDAEMON"');
    await expectLimitKept(scratch(), '>&- "$TDAEMON"');
    await expectLimitKept(scratch(), '2>&- "$TDAEMON"');
  });

  it('by node, which knows the limit no more: 1024, or the hard one where that is lower', async () => {
    const at = scratch();
    const start = `"${process.execPath}" "$TDAEMON" -p "${at.file('pid')}" -- "${HOLD}" "${at.directory}"`;
    const low = await shell(`ulimit -n 700; ${start}`);
    expect(limit((await heldBy(at.file('pid'), low)).pid, 'Max open files')).toEqual({
      soft: '700',
      hard: '700',
    });
    fs.rmSync(at.file('pid'));
    const high = await shell(`ulimit -n 2048; ulimit -Sn 512; ${start}`);
    expect(limit((await heldBy(at.file('pid'), high)).pid, 'Max open files')).toEqual({
      soft: '1024',
      hard: '2048',
    });
  });

  it('with an empty environment, where the shell’s own PATH has node', async () => {
    const at = scratch();
    const ran = await run('env', ['-i', TDAEMON, '-p', at.file('pid'), '--', HOLD, at.directory]);
    if (ran.status === 125) expect(ran.stderr).toMatch(/^tdaemon: .*'node'.*\n$/);
    else expect(Object.fromEntries((await heldBy(at.file('pid'), ran)).environment)).toEqual({ PWD: '/' });
  });

  it('without node on PATH: 125 and one line that says so', async () => {
    const at = scratch();
    const env = { PATH: withoutNode(at) };
    for (const args of [['--', HOLD, at.directory], ['--json', HOLD, at.directory], ['--version']])
      expect(await run(TDAEMON, args, { env })).toEqual({
        status: 125,
        signal: null,
        stdout: '',
        stderr: "tdaemon: cannot start: no 'node' (version 20 or later) on PATH\n",
      });
  });
});
