/** `tdaemon start --respawn`: one command, started again whenever it ends. */
import fs from 'node:fs';
import { describe, expect, it, onTestFinished } from 'vitest';
import { respawnDirectoryOf } from '../../src/supervisor/runtime_directory';
import { eventually } from '../helpers/eventually';
import { TDAEMON } from '../helpers/paths';
import * as procfs from '../helpers/procfs';
import { type Scratch, scratch } from '../helpers/scratch';
import { mark } from '../helpers/start';
import { patience } from '../helpers/supervise';
import { begin, type Ran, run, tdaemon } from '../helpers/tdaemon';

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended by itself.
  }
}

/** Keeper and supervisor mention the pidfile; the command its mark. */
async function respawn(at: Scratch, options: readonly string[], command: readonly string[]): Promise<Ran> {
  return run(...respawnCommand(at, options, command));
}

function respawnCommand(
  at: Scratch,
  options: readonly string[],
  command: readonly string[],
): [string, string[], { env: NodeJS.ProcessEnv }] {
  onTestFinished(async () => {
    await eventually('the end of all', () => {
      const left = [...procfs.mentioning(at.directory), ...keepers(at)];
      left.forEach(kill);
      return left.length === 0;
    });
    fs.rmSync(respawnDirectoryOf(at.file('pid'), 'respawn'), { recursive: true, force: true });
  });
  const env = { ...process.env, TDAEMON_TEST: at.directory };
  return [TDAEMON, ['--respawn', '-p', at.file('pid'), ...mark(at), ...options, '--', ...command], { env }];
}

const keepers = (at: Scratch) =>
  procfs.mentioning(`TDAEMON_TEST=${at.directory}`).filter((pid) => procfs.isAlive(pid));

const keeperOf = (at: Scratch) => Number(fs.readFileSync(at.file('pid'), 'utf8'));

/** The one process that runs this command. */
function running(at: Scratch, word: string): number | undefined {
  return procfs
    .mentioning(at.directory)
    .find((pid) => procfs.isAlive(pid) && String(procfs.commandLine(pid)[0]) === word);
}

describe('start --respawn', () => {
  it('starts the command again, with all that was asked for', async () => {
    const at = scratch();
    const ran = await respawn(
      at,
      ['--log', at.file('log'), '--limit', 'nofile=333', '--umask', '027', '-E', 'X=1'],
      ['sh', '-c', 'echo "$X"; exec -a mine sleep 1000'.replace('exec -a mine', 'exec')],
    );
    expect(ran).toMatchObject({ status: 0, stdout: '', stderr: '' });
    const first = await eventually('it runs', () => running(at, 'sleep'));
    expect(procfs.limit(first, 'Max open files')?.soft).toBe('333');
    expect(procfs.status(first, 'Umask')).toBe('0027');
    expect(procfs.link(first, 'cwd')).toBe('/');
    kill(first);
    const second = await eventually('it runs again', () => {
      const pid = running(at, 'sleep');
      return pid !== first && pid;
    });
    expect(second).not.toBe(first);
    expect(fs.readFileSync(at.file('log'), 'utf8')).toBe('1\n1\n');
    const status = await tdaemon(['status', '--json', '-p', at.file('pid')]);
    const { processes } = JSON.parse(status.stdout) as { processes: { pid: number; command: string[] }[] };
    expect(processes.map(({ pid }) => pid)).toEqual([keeperOf(at), second]);
    expect(processes[1]?.command).toEqual(['sleep', '1000']);
    expect((await tdaemon(['stop', '-p', at.file('pid')])).status).toBe(0);
    expect(running(at, 'sleep')).toBeUndefined();
    expect(fs.existsSync(at.file('pid'))).toBe(false);
  });

  it('is refused while it runs: 1', async () => {
    const at = scratch();
    expect((await respawn(at, [], ['sleep', '1000'])).status).toBe(0);
    const again = await respawn(at, [], ['sleep', '1000']);
    expect(again).toMatchObject({ status: 1, stderr: expect.stringContaining('running') });
  });

  it.each([
    ['/does/not/exist', 127],
    ['/etc/passwd', 126],
  ])('%s cannot be executed: %i, and nothing is left', async (command, status) => {
    const at = scratch();
    const ran = await respawn(at, [], [command]);
    expect(ran.status).toBe(status);
    expect(ran.stderr).toMatch(/^tdaemon: cannot execute/);
    expect(fs.existsSync(at.file('pid'))).toBe(false);
    await eventually('all have gone', () => keepers(at).length === 0);
    expect(fs.existsSync(respawnDirectoryOf(at.file('pid'), 'respawn'))).toBe(false);
  });

  it('waits until the command is ready', async () => {
    const at = scratch();
    const ran = await respawn(
      at,
      ['--ready', `file:${at.file('up')}`],
      ['sh', '-c', `echo >${at.file('up')}; exec sleep 1000`],
    );
    expect(ran.status).toBe(0);
    expect(fs.existsSync(at.file('up'))).toBe(true);
  });

  const NEVER = ['--ready', 'cmd:false', '--ready-timeout', '1h'];

  const expectNothingLeft = async (at: Scratch) => {
    expect(fs.existsSync(at.file('pid'))).toBe(false);
    expect(fs.existsSync(respawnDirectoryOf(at.file('pid'), 'respawn'))).toBe(false);
    expect(keepers(at)).toEqual([]);
  };

  it.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)(
    'interrupted by %s while it waits: 130, and nothing is left',
    async (signal) => {
      const at = scratch();
      const [program, words, options] = respawnCommand(at, NEVER, ['sleep', '1000']);
      const { child, ended } = begin(program, words, options);
      await eventually('it runs', () => running(at, 'sleep'));
      child.kill(signal);
      const { status, stderr } = await ended;
      expect(status).toBe(130);
      // On a busy machine the end takes so long that this is said.
      expect(stderr.replace(patience('sleep'), '')).toBe(
        "tdaemon: interrupted while waiting for 'sleep'; it was stopped\n",
      );
      await expectNothingLeft(at);
    },
  );

  it('that is not ready in time: 124, and nothing is left', async () => {
    const at = scratch();
    const ran = await respawn(at, ['--ready', 'cmd:false', '--ready-timeout', '1s'], ['sleep', '1000']);
    expect(ran).toMatchObject({ status: 124, stderr: 'tdaemon: not ready in time: cmd:false\n' });
    await expectNothingLeft(at);
  });

  it('interrupted twice: what ignores TERM is left to its end', async () => {
    const at = scratch();
    const unending = ['sh', '-c', `trap "" TERM; echo >${at.file('up')}; while :; do sleep 0.1; done`];
    const [program, words, options] = respawnCommand(at, NEVER, unending);
    const { child, output, ended } = begin(program, words, options);
    await eventually('it runs', () => fs.existsSync(at.file('up')));
    const keeper = keeperOf(at);
    child.kill('SIGINT');
    await eventually('it says what it waits for', () => output.stderr !== '');
    child.kill('SIGINT');
    expect(await ended).toMatchObject({
      status: 130,
      stderr: `${patience('sh')}tdaemon: interrupted again: 'sh' is left to end by itself\n`,
    });
    // By SIGKILL, after stopwaitsecs.
    await eventually('the end', () => !procfs.isAlive(keeper));
    await expectNothingLeft(at);
  });

  it('whose keeper is told to end while it waits: 123, and nothing is left', async () => {
    const at = scratch();
    const ran = respawn(at, NEVER, ['sleep', '1000']);
    await eventually('it runs', () => running(at, 'sleep'));
    process.kill(keeperOf(at), 'SIGTERM');
    expect(await ran).toMatchObject({
      status: 123,
      stderr: "tdaemon: 'sleep' was told to end before it was ready\n",
    });
    await expectNothingLeft(at);
  });

  it('outlives its supervisor', async () => {
    const at = scratch();
    expect((await respawn(at, [], ['sleep', '1000'])).status).toBe(0);
    const command = await eventually('it runs', () => running(at, 'sleep'));
    const supervisor = procfs.stat(command)?.ppid as number;
    kill(supervisor);
    await eventually('another supervisor', () =>
      procfs
        .childrenOf(keeperOf(at))
        .some((pid) => pid !== supervisor && String(procfs.commandLine(pid)[0]).includes('node')),
    );
    expect(procfs.isAlive(command)).toBe(true);
    kill(command);
    await eventually('it runs again', () => {
      const pid = running(at, 'sleep');
      return pid !== command && pid;
    });
  });

  it('--restart-delay alone is wrong usage', async () => {
    const ran = await tdaemon(['--restart-delay', '1s', '--', 'true']);
    expect(ran).toMatchObject({
      status: 2,
      stderr: 'tdaemon: --restart-delay says nothing without --respawn\n',
    });
  });
});
