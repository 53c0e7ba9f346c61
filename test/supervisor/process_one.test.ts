/** In a container: the keeper is process 1 of a pid namespace. */
import { type ChildProcess, spawn } from 'node:child_process';
import fs from 'node:fs';
import { describe, expect, it } from 'vitest';
import { eventually } from '../helpers/eventually';
import { because, noMounts } from '../helpers/needs';
import { TDAEMON } from '../helpers/paths';
import * as procfs from '../helpers/procfs';
import { type Scratch, scratch } from '../helpers/scratch';
import { configuration, supervisedLater } from '../helpers/supervise';

const why = noMounts();

interface Container {
  child: ChildProcess;
  ended: Promise<number | null>;
  output: () => string;
}

function contain(at: Scratch): Container {
  const env = { ...process.env, TDAEMON_TEST: at.directory };
  const child = spawn(
    'unshare',
    ['--pid', '--fork', '--mount-proc', TDAEMON, 'supervise', '-n', '-c', at.file('supervisord.conf')],
    { env, stdio: ['ignore', 'pipe', 'pipe'] },
  );
  let output = '';
  child.stdout.on('data', (text: Buffer) => (output += text));
  child.stderr.on('data', (text: Buffer) => (output += text));
  return { child, ended: new Promise((resolve) => child.on('close', resolve)), output: () => output };
}

/** Of process 1, as we see it. */
function init(child: ChildProcess): number {
  return procfs.childrenOf(child.pid as number)[0] as number;
}

describe.skipIf(why)(`as process 1${because(why)}`, () => {
  it('reaps orphans, and ends in order when it is told to', async () => {
    const at = scratch();
    configuration(
      at,
      `[program:a]
command=sh -c '(sleep 0.1; echo >${at.file('orphan')}) & echo $! ; trap "echo a >>${at.file('order')}; exit 0" TERM; echo >${at.file('up')}; while :; do sleep 0.05; done'
startsecs=0`,
    );
    supervisedLater(at);
    const { child, ended, output } = contain(at);
    await eventually(
      'the orphan has ended',
      () => fs.existsSync(at.file('orphan')) && fs.existsSync(at.file('up')),
    );
    const one = init(child);
    expect(fs.readFileSync(`/proc/${one}/status`, 'utf8')).toMatch(/^NSpid:\s+\d+\s+1$/m);
    const zombies = () => procfs.childrenOf(one).filter((pid) => procfs.stat(pid)?.state === 'Z');
    await eventually('it is reaped', () => zombies().length === 0);
    expect(output()).toContain("INFO spawned: 'a' with pid");
    process.kill(one, 'SIGTERM');
    expect(await ended, output()).toBe(0);
    expect(fs.readFileSync(at.file('order'), 'utf8')).toBe('a\n');
  });

  it('exit_on_fatal ends it with a failure, when the others have been stopped', async () => {
    const at = scratch();
    configuration(
      at,
      `[program:good]\ncommand=sleep 1000\nstartsecs=0\npriority=1\n[program:bad]\ncommand=/does/not/exist\nstartretries=0`,
      'exit_on_fatal=true',
    );
    supervisedLater(at);
    const { ended, output } = contain(at);
    expect(await ended, output()).toBe(1);
    expect(output()).toContain('stopped: good');
    expect(procfs.mentioning(at.directory)).toEqual([]);
  });
});
