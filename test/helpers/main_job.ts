/** What tdaemon is for, in few steps: a daemon is started, asked for, stopped; a program is supervised, and restarted. */
import fs from 'node:fs';
import path from 'node:path';
import { expect } from 'vitest';
import { eventually } from './eventually';
import { HOLD } from './hold';
import { commandLine, isAlive, mentioning } from './procfs';
import type { Scratch } from './scratch';
import { run } from './tdaemon';

/** @param words the command line up to tdaemon's own words */
export async function expectMainJob(at: Scratch, words: readonly string[], env: NodeJS.ProcessEnv) {
  const [program = '', ...first] = words;
  const tdaemon = (...args: string[]) => run(program, [...first, ...args], { cwd: at.directory, env });
  const silent = { status: 0, signal: null, stdout: '', stderr: '' };
  const pidfile = at.file('daemon.pid');

  expect(await tdaemon('-p', pidfile, '--', HOLD, at.directory)).toEqual(silent);
  const pid = Number(fs.readFileSync(pidfile, 'utf8'));
  const status = await tdaemon('status', '-p', pidfile, '--json');
  expect(JSON.parse(status.stdout)).toMatchObject({ processes: [{ pid }] });
  expect(await tdaemon('stop', '-p', pidfile)).toEqual(silent);
  expect(isAlive(pid)).toBe(false);
}

/** Of the package that is installed in a folder, with what it is shipped with. */
export async function expectSupervised(
  at: Scratch,
  words: readonly string[],
  env: NodeJS.ProcessEnv,
  packageFolder: string,
) {
  const [program = '', ...first] = words;
  const name = 'packed-program';
  const config = at.write(
    'supervisord.conf',
    `[supervisord]\npidfile=${at.file('supervisord.pid')}\nlogfile=${at.file('supervisord.log')}\n` +
      `[rpcinterface:supervisor]\nsupervisor.rpcinterface_factory = supervisor.rpcinterface:make_main_rpcinterface\n` +
      `[program:hold]\ncommand=${HOLD} ${at.directory} ${name}\nstartsecs=0\n`,
  );
  expect(await run(program, [...first, 'supervise', '-c', config], { cwd: at.directory, env })).toMatchObject(
    {
      status: 0,
      stderr: '',
    },
  );
  const keeper = Number(fs.readFileSync(at.file('supervisord.pid'), 'utf8'));
  // A static program: the one that was shipped, and no other.
  const exe = fs.readlinkSync(`/proc/${keeper}/exe`);
  expect(exe.startsWith(path.join(fs.realpathSync(packageFolder), 'prebuilds'))).toBe(true);

  const programPid = () =>
    mentioning(at.directory).find((pid) => isAlive(pid) && String(commandLine(pid)[2]) === name);
  const one = await eventually('the program', programPid);
  process.kill(one, 'SIGKILL');
  const another = await eventually('the program again', () => {
    const pid = programPid();
    return pid === one ? undefined : pid;
  });
  process.kill(keeper, 'SIGTERM');
  await eventually('the end of all', () => !isAlive(keeper) && !isAlive(another));
  await eventually('nothing left', () => mentioning(config).length === 0);
}
