/** Wrong usage: status 2, one line on stderr that names the option, and nothing has happened. */
import { describe, expect, it } from 'vitest';
import { expectNothingLeft } from '../helpers/leftovers';
import { scratch } from '../helpers/scratch';
import { tdaemon } from '../helpers/tdaemon';

const cases: [string[], string][] = [
  [['--pidfle', 'x'], "unknown option '--pidfle' (did you mean --pidfile?)"],
  [['-x'], "unknown option '-x'"],
  [['--json=1', '-x'], '--json takes no value'],
  [['-p', 'other'], '--pidfile is given twice'],
  [['--nice', '1', '--nice', '1'], '--nice is given twice'],
  [['--chdir', '--'], '--chdir needs a value (DIR)'],
  [['--log', 'a', '--stdout', 'b'], '--log and --stdout contradict each other'],
  [['--stderr', 'b', '--log', 'a'], '--log and --stderr contradict each other'],
  [['--append', '--truncate'], '--append and --truncate contradict each other'],
  [['-u', 'root:root', '-g', 'root'], '--user root:root and --group contradict each other'],
  [['-u', 'a:b:c'], "--user: 'a:b:c' is not USER[:GROUP]"],
  [['-u', ''], '--user: the name is empty'],
  [['-u', ':root'], '--user: the name is empty'],
  [['-u', 'root:'], '--group: the name is empty'],
  [['-g', ''], '--group: the name is empty'],
  [['--nice', 'abc'], "--nice: 'abc' is not a whole number"],
  [['--nice', ''], "--nice: '' is not a whole number"],
  [['--nice', '20'], 'nice: 20 is not a whole number from -20 to 19'],
  [['--nice', '-21'], 'nice: -21 is not a whole number from -20 to 19'],
  [['--oom-score-adj', '1001'], 'oom-score-adj: 1001 is not a whole number from -1000 to 1000'],
  [['--umask', '8'], "--umask: '8' is not an octal mode from 000 to 777"],
  [['--ionice', 'best-effort:8'], 'ionice level: 8 is not a whole number from 0 to 7'],
  [['--sched', 'fifo:0'], 'priority of fifo: 0 is not a whole number from 1 to 99'],
  [['--sched', 'batch:1'], 'priority of batch: 1 is not a whole number from 0 to 0'],
  [['--limit', 'nofile=10:5'], 'limit nofile: the soft limit 10 is above the hard limit 5'],
  [['--limit', 'nofile=10', '--limit', 'nofile=10'], '--limit nofile is given twice'],
  [['--env', 'A'], "--env: 'A' is not NAME=VALUE"],
  [['--env', '=A'], "--env: '=A' is not NAME=VALUE"],
  [['--chdir', ''], '--chdir: the file name is empty'],
  [['--log', ''], '--log: the file name is empty'],
  [['--keep-fd', '2'], '--keep-fd: 2 is below 3; use --stdin, --stdout or --stderr'],
  [['--keep-fd', '3x'], "--keep-fd: '3x' is not a whole number"],
  [['--keep-fd', '900'], '--keep-fd: descriptor 900 is not open'],
  [['--argv0', 'a', '--argv0', 'b'], '--argv0 is given twice'],
];

describe('wrong usage', () => {
  it.each(cases)('%j', async (words, message) => {
    const at = scratch();
    const args = ['-p', at.file('pid'), ...words, '--', 'sleep', '1000', at.directory];
    expect(await tdaemon(args, { cwd: at.directory })).toEqual({
      status: 2,
      signal: null,
      stdout: '',
      stderr: `tdaemon: ${message}\n`,
    });
    expectNothingLeft(at);
  });

  it.each([
    [[], "no COMMAND is given; see 'tdaemon --help'"],
    [['--'], "no COMMAND is given; see 'tdaemon --help'"],
    [['start', '-v'], "no COMMAND is given; see 'tdaemon --help'"],
    [[''], 'the command is empty'],
    [['--', ''], 'the command is empty'],
  ])('%j: there is no command', async (words, message) => {
    const ran = await tdaemon(words);
    expect(ran).toEqual({ status: 2, signal: null, stdout: '', stderr: `tdaemon: ${message}\n` });
  });

  it.each([
    [['help'], "cannot execute 'help': not found in PATH (ENOENT); did you mean 'tdaemon --help'?"],
    [
      ['relaod', '-p', 'x'],
      "cannot execute 'relaod': not found in PATH (ENOENT); did you mean 'tdaemon reload'?",
    ],
    [['no-such-program'], "cannot execute 'no-such-program': not found in PATH (ENOENT)"],
    [['--', 'relaod'], "cannot execute 'relaod': not found in PATH (ENOENT)"],
  ])('%j: a subcommand was meant, perhaps', async (words, message) => {
    const ran = await tdaemon(words, { env: { ...process.env, PATH: '/usr/bin:/bin' } });
    expect(ran).toEqual({ status: 127, signal: null, stdout: '', stderr: `tdaemon: ${message}\n` });
  });

  it.each([
    [['stop', 'app.pid'], "unexpected word 'app.pid' (a pidfile: --pidfile app.pid)"],
    [['signal', '-p', 'app.pid', 'HUP', 'x'], "unexpected word 'x'"],
  ])('%j: a word too many', async (words, message) => {
    const ran = await tdaemon(words);
    expect(ran).toEqual({ status: 2, signal: null, stdout: '', stderr: `tdaemon: ${message}\n` });
  });

  it('is told in JSON to who asks for it, even where the words cannot be read', async () => {
    const ran = await tdaemon(['--json', '--nice', 'x', 'true']);
    const message = "--nice: 'x' is not a whole number";
    expect(ran).toMatchObject({ status: 2, stderr: '' });
    expect(JSON.parse(ran.stdout)).toEqual({ ok: false, status: 2, code: 'ERR_TDAEMON_INVALID', message });
    const unread = await tdaemon(['--no-such', '--json', 'true']);
    expect(unread).toMatchObject({ status: 2, stderr: '' });
    expect(JSON.parse(unread.stdout)).toMatchObject({ ok: false, status: 2 });
  });

  it('stays one line whatever the words hold', async () => {
    const ran = await tdaemon(['--nice', 'a\nb\u001b[2J\u0085', 'true']);
    expect(ran).toMatchObject({
      status: 2,
      stderr: "tdaemon: --nice: 'a\\nb\\x1b[2J\\x85' is not a whole number\n",
    });
  });
});

describe('a first word', () => {
  it('start is the subcommand', async () => {
    const ran = await tdaemon(['start', '--dry-run', '--json', '--', 'start', 'x']);
    expect(JSON.parse(ran.stdout).plan.command).toEqual(['start', 'x']);
  });

  it('after -- is always a command, whatever its name', async () => {
    const ran = await tdaemon(['--dry-run', '--json', '--', 'stop']);
    expect(JSON.parse(ran.stdout).plan.command).toEqual(['stop']);
    expect(JSON.parse((await tdaemon(['--dry-run', '--json', 'stop'])).stdout).plan.command).toEqual([
      'stop',
    ]);
  });
});

describe('help and version', () => {
  it('fit a screen, and go to stdout', async () => {
    const help = await tdaemon(['--help']);
    expect(help).toMatchObject({ status: 0, stderr: '' });
    expect(help.stdout).toContain('[options] [--] COMMAND [ARG...]');
    expect(help.stdout).toContain('--pidfile');
    for (const line of help.stdout.split('\n')) expect(line.length).toBeLessThanOrEqual(100);
    expect(await tdaemon(['-h'])).toEqual(help);
    const version = await tdaemon(['--version']);
    expect(version).toMatchObject({ status: 0, stderr: '' });
    expect(version.stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
  });

  it('of the command are the command’s', async () => {
    const ran = await tdaemon(['--dry-run', '--json', 'prog', '--help', '--version']);
    expect(JSON.parse(ran.stdout).plan.command).toEqual(['prog', '--help', '--version']);
  });
});
