/** The spawn code without Node: linked into a plain C program it starts a daemon all the same. */
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import { describe, expect, it } from 'vitest';
import { buildPlainProgram } from '../helpers/plain_program';
import * as procfs from '../helpers/procfs';
import { scratch } from '../helpers/scratch';
import { run } from '../helpers/tdaemon';

const errno = { ENOENT: 2, EAGAIN: 11, EDQUOT: 122 };

describe.skipIf(process.platform !== 'linux')('a plain C program', () => {
  it('needs no more than the C library and starts a daemon', async () => {
    const at = scratch();
    const program = buildPlainProgram(at);
    const undefinedSymbols = execFileSync('nm', ['-u', program], { encoding: 'utf8' });
    expect(undefinedSymbols).not.toMatch(/napi|node|uv_/);
    fs.mkdirSync(at.file('run'));
    const env = { ...process.env, TDAEMON_TEST: at.directory };
    const ran = await run(program, [at.file('run'), '/bin/sleep', '1000'], { env });
    expect(ran).toMatchObject({ status: 0, stderr: '' });
    const report = JSON.parse(ran.stdout);
    expect(report).toMatchObject({ ok: true, pidfd: true });
    expect(procfs.stat(report.pid)).toMatchObject({ name: 'sleep', tty: 0 });
    expect(procfs.stat(report.pid)?.session).not.toBe(report.pid);
    expect(fs.readFileSync(at.file('run/pid'), 'latin1')).toBe(`${report.pid}\n`);
    expect(procfs.locksOn(at.file('run/pid'))).toMatchObject([{ access: 'READ', pid: report.pid }]);
  });

  // Calls are counted for each process: only a program that makes few of them lets a fault hit the right one.
  it.each([
    ['the second fork', 'clone:error=EAGAIN:when=1', errno.EAGAIN],
    ['the pidfile’s write: over quota', 'write:error=EDQUOT:when=1', errno.EDQUOT],
    ['the pidfile’s name', 'linkat:error=EDQUOT', errno.EDQUOT],
    ['nothing but the command', undefined, errno.ENOENT],
  ])('reports a fault in %s, and leaves nothing', async (_, fault, code) => {
    const at = scratch();
    const program = buildPlainProgram(at);
    fs.mkdirSync(at.file('run'));
    const inject = fault ? ['-e', `inject=${fault}`] : [];
    const command = fault ? '/bin/sleep' : at.file('nothing');
    const words = [
      '-f',
      '-qq',
      '-o',
      at.file('strace.log'),
      ...inject,
      program,
      at.file('run'),
      command,
      '1000',
    ];
    const env = { ...process.env, TDAEMON_TEST: at.directory };
    const ran = await run('strace', words, { env });
    expect(ran.status).toBe(1);
    expect(JSON.parse(ran.stdout)).toMatchObject({ ok: false, errno: code });
    expect(fs.readdirSync(at.file('run'))).toEqual([]);
    expect(procfs.mentioning(at.directory)).toEqual([]);
  });
});
