/** What a detached daemon is: asked of the kernel. */
import fs from 'node:fs';
import { describe, expect, it } from 'vitest';
import * as procfs from '../helpers/procfs';
import { scratch } from '../helpers/scratch';
import { tdaemon } from '../helpers/tdaemon';

describe('a daemon started with defaults', () => {
  it('has its own session and group, no terminal, / as directory, and /dev/null on 0 to 2', async () => {
    const at = scratch();
    const pidfile = at.file('pid');
    const ran = await tdaemon(['--pidfile', pidfile, '--', 'sleep', '1000']);
    expect(ran).toEqual({ status: 0, signal: null, stdout: '', stderr: '' });
    const pid = Number(fs.readFileSync(pidfile, 'utf8'));
    try {
      const stat = procfs.stat(pid);
      expect(stat).toMatchObject({ tty: 0, state: 'S' });
      expect(stat?.session).toBe(stat?.group);
      expect(stat?.session).not.toBe(pid);
      expect(procfs.link(pid, 'cwd')).toBe('/');
      expect(procfs.status(pid, 'Umask')).toBe('0022');
      expect(Object.fromEntries(procfs.descriptors(pid))).toMatchObject({
        0: '/dev/null',
        1: '/dev/null',
        2: '/dev/null',
      });
      expect([...procfs.descriptors(pid).keys()]).toEqual([0, 1, 2, 255]);
      for (const set of ['SigBlk', 'SigIgn', 'SigCgt', 'SigPnd', 'ShdPnd'])
        expect(procfs.status(pid, set)).toBe('0000000000000000');
      expect(procfs.locksOn(pidfile)).toMatchObject([{ kind: 'POSIX', access: 'READ', pid }]);
    } finally {
      process.kill(pid, 'SIGKILL');
    }
  });
});
