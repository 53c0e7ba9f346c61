/** readPidfile and clearStalePidfile themselves: what they say, and that only the second changes anything. */
import fs from 'node:fs';
import { describe, expect, it } from 'vitest';
import { clearStalePidfile, type PidfileState, readPidfile } from '../../src/daemon/pidfile';
import * as pidfiles from '../helpers/pidfiles';
import * as procfs from '../helpers/procfs';
import { type Scratch, scratch } from '../helpers/scratch';

const UID = process.geteuid?.() ?? 0;

interface Case {
  what: string;
  prepare(at: Scratch): PidfileState | Promise<PidfileState>;
}

const CASES: Case[] = [
  { what: 'no file', prepare: () => ({ state: 'absent' }) },
  {
    what: 'an empty file',
    prepare(at) {
      at.write('pid', '');
      return { state: 'stale' };
    },
  },
  {
    what: 'a dead process',
    prepare(at) {
      const pid = pidfiles.deadPid();
      at.write('pid', `${pid}\n`);
      return { state: 'stale', pid };
    },
  },
  {
    what: 'a zombie',
    async prepare(at) {
      const pid = await pidfiles.zombiePid();
      at.write('pid', `${pid}\n`);
      return { state: 'stale', pid };
    },
  },
  {
    what: 'a live process, by its start time',
    prepare(at) {
      const pid = pidfiles.stranger();
      at.write('pid', `${pid}\n`);
      pidfiles.setAttribute(at.file('pid'), pidfiles.identityOf(pid));
      pidfiles.setAge(at.file('pid'), 3600);
      return { state: 'running', pid };
    },
  },
  {
    what: 'a live process of another start time',
    prepare(at) {
      const pid = pidfiles.stranger();
      at.write('pid', `${pid}\n`);
      pidfiles.setAttribute(at.file('pid'), `${pidfiles.identityOf(pid)}0`);
      return { state: 'stale', pid };
    },
  },
  {
    what: 'a live process in a file without a start time',
    prepare(at) {
      const pid = pidfiles.stranger();
      at.write('pid', `${pid}\n`);
      return { state: 'running', pid };
    },
  },
  {
    what: 'a live process in an older file without a start time',
    prepare(at) {
      const pid = pidfiles.stranger();
      at.write('pid', `${pid}\n`);
      pidfiles.setAge(at.file('pid'), 3600);
      return { state: 'stale', pid };
    },
  },
  {
    what: 'a locked pidfile of a daemon',
    async prepare(at) {
      return { state: 'running', pid: await pidfiles.startWith(at, at.file('pid')) };
    },
  },
  {
    what: 'a lock that names nobody on a stale file: somebody is removing it',
    async prepare(at) {
      at.write('pid', `${pidfiles.deadPid()}\n`);
      await pidfiles.lockElsewhere(at.file('pid'), 'write', 'ofd');
      return { state: 'busy' };
    },
  },
];

describe.each(CASES)('$what', ({ prepare }) => {
  it('is read, and nothing is changed', async () => {
    const at = scratch();
    const expected = await prepare(at);
    const before = fs.existsSync(at.file('pid')) && pidfiles.fingerprint(at.file('pid'));
    const open = [...procfs.descriptors('self').keys()];
    expect(readPidfile(at.file('pid'), UID)).toEqual(expected);
    expect(fs.existsSync(at.file('pid')) && pidfiles.fingerprint(at.file('pid'))).toEqual(before);
    expect([...procfs.descriptors('self').keys()]).toEqual(open);
  });

  it('is cleared when it is stale, and only then', async () => {
    const at = scratch();
    const expected = await prepare(at);
    const existed = fs.existsSync(at.file('pid'));
    const open = [...procfs.descriptors('self').keys()];
    expect(clearStalePidfile(at.file('pid'), UID)).toEqual(expected);
    expect(fs.existsSync(at.file('pid'))).toBe(existed && expected.state !== 'stale');
    expect([...procfs.descriptors('self').keys()]).toEqual(open);
  });
});

describe('what is no pidfile', () => {
  it.each([
    ['words', 'hello\n'],
    ['zero', '0\n'],
    ['a negative number', '-5\n'],
    ['two numbers', '1 2\n'],
    ['two lines', '1\n2\n'],
    ['a number that no pid can be', '4194305\n'],
    ['more digits than fit', `${'9'.repeat(400)}\n`],
    ['a hexadecimal number', '0x10\n'],
    ['a fraction', '1.5\n'],
    ['a NUL byte', '1\0\n'],
    ['a sign', '+1\n'],
    ['only blanks', '   \n'],
    ['only a newline', '\n'],
    ['invalid UTF-8', Buffer.from([0xff, 0x31, 0x0a])],
  ])('is refused and stays: %s', (_, content) => {
    const at = scratch();
    at.write('pid', content);
    const before = pidfiles.fingerprint(at.file('pid'));
    for (const ask of [readPidfile, clearStalePidfile])
      expect(() => ask(at.file('pid'), UID)).toThrowError(
        expect.objectContaining({
          name: 'TdaemonError',
          reason: 'setup',
          stage: 'pidfile',
          code: 'EINVAL',
          path: at.file('pid'),
        }),
      );
    expect(pidfiles.fingerprint(at.file('pid'))).toEqual(before);
  });

  it('says which errno when it cannot be reached', () => {
    const at = scratch();
    at.write('file', '');
    expect(readPidfile(at.file('missing/pid'), UID)).toEqual({ state: 'absent' });
    expect(() => readPidfile(at.file('file/pid'), UID)).toThrowError(
      expect.objectContaining({ code: 'ENOTDIR' }),
    );
  });
});
