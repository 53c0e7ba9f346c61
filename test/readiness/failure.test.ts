/** A daemon that does not become ready: the status, the reason, its last words; and nothing of it is left. */
import fs from 'node:fs';
import { describe, expect, it } from 'vitest';
import { eventually } from '../helpers/eventually';
import { expectCleanFailure } from '../helpers/nothing_left';
import { isAlive, stat } from '../helpers/procfs';
import { type Scratch, scratch } from '../helpers/scratch';
import { mark, told } from '../helpers/start';
import { tdaemon } from '../helpers/tdaemon';

const NEVER = 'cmd:false';
const soon = ['--ready-timeout', '300ms'];
const sh = (script: string) => ['sh', '-c', script];

/** It is for process 1 (here: a subreaper) to reap. */
const reaped = { left: 'zombie' } as const;

describe('a daemon that ends first', () => {
  it.each([
    { what: 'with a status', script: 'exit 3', message: 'exit status 3', fact: { exitCode: 3 } },
    {
      what: 'by a signal',
      script: 'kill -SEGV $$',
      message: 'killed by SIGSEGV',
      fact: { signal: 'SIGSEGV' },
    },
    {
      what: 'with 0, as one that detaches itself',
      script: 'sleep 1000 & exit 0',
      message: 'exit status 0 (a program that puts itself into the background must be told not to)',
      fact: { exitCode: 0 },
    },
  ])('$what: 123', async ({ script, message, fact }) => {
    const at = scratch();
    const options = ['--ready', NEVER, '--log', at.file('log')];
    const failure = await expectCleanFailure(at, { ...reaped, options, command: sh(script) });
    expect(failure).toMatchObject({ status: 123, code: 'ERR_TDAEMON_ENDED', ...fact });
    expect(failure.message).toBe(`'sh' ended before it was ready: ${message}`);
  });

  it('ends the wait however long it would have been', async () => {
    const at = scratch();
    const options = ['--ready', 'alive:2h', '--ready-timeout', '3h'];
    expect(await expectCleanFailure(at, { ...reaped, options, command: ['true'] })).toMatchObject({
      status: 123,
    });
  });

  it('takes its process group along', async () => {
    const at = scratch();
    const command = sh(`sh -c 'trap "" TERM; echo >${at.file('child')}; exec sleep 1000' & exit 1`);
    const options = ['--ready', `cmd:test -e ${at.file('child')} && false`];
    expect(await expectCleanFailure(at, { ...reaped, options, command })).toMatchObject({ status: 123 });
  });
});

describe('a daemon that is not ready in time', () => {
  it('is stopped: 124, and says what was waited for', async () => {
    const at = scratch();
    const options = ['--ready', 'notify', '--ready', 'alive:1ms', ...soon];
    const failure = await expectCleanFailure(at, { ...reaped, options });
    expect(failure).toMatchObject({ status: 124, code: 'ETIMEDOUT' });
    expect(failure.message).toBe("'sleep' was not ready in 0.3 s (notify: no READY=1 yet); it was stopped");
  });

  it('is killed when it ignores TERM, with all of its group', async () => {
    const at = scratch();
    const command = sh('trap "" TERM; (trap "" TERM; exec sleep 1000) & sleep 1000 & wait; wait; wait');
    const failure = await expectCleanFailure(at, {
      ...reaped,
      options: ['--ready', NEVER, ...soon],
      command,
    });
    expect(failure.status).toBe(124);
  });

  it('can end in peace: TERM comes first', async () => {
    const at = scratch();
    const command = sh(`trap 'echo bye >${at.file('bye')}; exit' TERM; while :; do sleep 0.01; done`);
    await expectCleanFailure(at, { ...reaped, options: ['--ready', NEVER, ...soon], command });
    expect(fs.readFileSync(at.file('bye'), 'utf8')).toBe('bye\n');
  });

  it('goes on with --ready-keep, and keeps its pidfile', async () => {
    const at = scratch();
    const pidfile = at.file('pid');
    const words = ['--json', ...mark(at), '-p', pidfile, '--ready', NEVER, ...soon, '--ready-keep'];
    const failure = told(await tdaemon([...words, 'sleep', '1000']));
    expect(failure.status).toBe(124);
    expect(failure.message).toContain(`process ${failure.pid} goes on`);
    expect(isAlive(failure.pid)).toBe(true);
    expect(fs.readFileSync(pidfile, 'utf8')).toBe(`${failure.pid}\n`);
  });
});

describe('the last words', () => {
  const failed = async (at: Scratch, script: string, ...options: string[]) => {
    const words = [...mark(at), '--ready', NEVER, '--log', at.file('log'), ...options];
    return tdaemon([...words, '--', ...sh(script)]);
  };

  it('are shown indented below the reason', async () => {
    const ran = await failed(scratch(), 'echo one; echo two >&2; exit 1');
    expect(ran).toMatchObject({ status: 123, stdout: '' });
    expect(ran.stderr).toBe("tdaemon: 'sh' ended before it was ready: exit status 1\n  one\n  two\n");
  });

  it('are twenty at most, and none from before the start', async () => {
    const at = scratch();
    at.write('log', 'yesterday\n');
    const { stderr } = await failed(at, 'for i in $(seq 30); do echo line $i; done; exit 1');
    const shown = stderr.split('\n').slice(1, -1);
    expect(shown).toEqual(Array.from({ length: 20 }, (_, index) => `  line ${index + 11}`));
    const { stderr: none } = await failed(at, 'exit 1');
    expect(none).toBe("tdaemon: 'sh' ended before it was ready: exit status 1\n");
  });

  it('tell the terminal to do nothing', async () => {
    const { stderr } = await failed(scratch(), "printf '\\033[2J\\007\\r\\377x\\n'; exit 1");
    expect(stderr.split('\n')[1]).toBe('  \\x1b[2J\\x07\\x0d\ufffdx');
  });

  it('are not shown with -q, and are a list with --json', async () => {
    expect((await failed(scratch(), 'echo one; exit 1', '-q')).stderr).toBe('');
    const ran = await failed(scratch(), 'echo one; exit 1', '--json');
    expect(JSON.parse(ran.stdout)).toMatchObject({ output: ['one'] });
    expect(ran.stderr).toBe('');
  });

  it('of two files, the errors last', async () => {
    const at = scratch();
    const words = [...mark(at), '--ready', NEVER, '--stdout', at.file('out'), '--stderr', at.file('err')];
    const { stderr } = await tdaemon([...words, '--', ...sh('echo bad >&2; echo good; exit 1')]);
    expect(stderr.split('\n').slice(1)).toEqual(['  good', '  bad', '']);
  });
});

it('a daemon that was ready is left alone: its parent is process 1 or a subreaper, not tdaemon', async () => {
  const at = scratch();
  const ran = await tdaemon(['--json', ...mark(at), '--ready', 'alive:1ms', 'sleep', '1000']);
  const { pid } = told(ran);
  await eventually('it sleeps', () => stat(pid)?.name === 'sleep');
  expect(stat(stat(pid)?.ppid as number)?.name).not.toBe('node');
});
