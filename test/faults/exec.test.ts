/** Commands that cannot be executed, for real: 126, 127, and nothing is left. */
import fs from 'node:fs';
import { describe, expect, it } from 'vitest';
import { expectCleanFailure } from '../helpers/nothing_left';
import { isRoot } from '../helpers/privileges';
import { type Scratch, scratch } from '../helpers/scratch';

interface Broken {
  what: string;
  make(at: Scratch): string[];
  status: 126 | 127;
  code: string;
  message: (file: string) => unknown;
}

/** An ELF header (elf(5)) for a machine that there is not. */
function foreignProgram(): Buffer {
  const header = Buffer.alloc(64);
  header.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1]);
  header.writeUInt16LE(2, 16);
  header.writeUInt16LE(0xfeed, 18);
  header.writeUInt32LE(1, 20);
  return header;
}

function executable(at: Scratch, name: string, content: string | Uint8Array): string {
  const file = at.write(name, content);
  fs.chmodSync(file, 0o755);
  return file;
}

const BROKEN: Broken[] = [
  {
    what: 'is not there',
    make: (at) => [at.file('nothing')],
    status: 127,
    code: 'ENOENT',
    message: (file) => `cannot execute '${file}': no such file (ENOENT)`,
  },
  {
    what: 'is below a file',
    make: (at) => [`${at.write('file', '')}/command`],
    status: 127,
    code: 'ENOTDIR',
    message: (file) => `cannot execute '${file}': a part of the path is not a directory (ENOTDIR)`,
  },
  {
    what: 'is not in PATH',
    make: () => ['no-such-command'],
    status: 127,
    code: 'ENOENT',
    message: (file) => `cannot execute '${file}': not found in PATH (ENOENT)`,
  },
  {
    what: 'has no x bit',
    make: (at) => [at.write('plain', 'echo')],
    status: 126,
    code: 'EACCES',
    message: (file) => `cannot execute '${file}': permission denied (EACCES)`,
  },
  {
    what: 'is a directory',
    make: (at) => [at.directory],
    status: 126,
    code: 'EACCES',
    message: (file) => `cannot execute '${file}': it is a directory (EACCES)`,
  },
  {
    what: 'is a script without #!',
    make: (at) => [executable(at, 'script', 'echo hello\n')],
    status: 126,
    code: 'ENOEXEC',
    message: (file) =>
      `cannot execute '${file}': not a format that the system executes; a script needs a #! line (ENOEXEC)`,
  },
  {
    what: 'is empty',
    make: (at) => [executable(at, 'empty', '')],
    status: 126,
    code: 'ENOEXEC',
    message: (file) => expect.stringContaining(`cannot execute '${file}': `),
  },
  {
    what: 'is for another machine',
    make: (at) => [executable(at, 'foreign', foreignProgram())],
    status: 126,
    code: 'ENOEXEC',
    message: (file) => expect.stringContaining(`cannot execute '${file}': `),
  },
  {
    what: 'has an interpreter that is missing',
    make: (at) => [executable(at, 'script', '#!/no/such/interpreter -x\n')],
    status: 126,
    code: 'ENOENT',
    message: (file) => `cannot execute '${file}': its interpreter '/no/such/interpreter' is missing (ENOENT)`,
  },
  {
    what: 'is a loop of links',
    make: (at) => {
      fs.symlinkSync('loop', at.file('loop'));
      return [at.file('loop')];
    },
    status: 126,
    code: 'ELOOP',
    message: (file) => expect.stringContaining(`cannot execute '${file}': `),
  },
];

const WAYS = [
  { way: 'as the caller', options: [] as string[] },
  ...(isRoot ? [{ way: 'with --user', options: ['--user', 'nobody'] }] : []),
];

describe.each(WAYS)('$way, a command that', ({ options }) => {
  it.each(BROKEN)('$what: $status', async ({ make, status, code, message }) => {
    const at = scratch();
    const command = make(at);
    const failure = await expectCleanFailure(at, { options, command });
    expect(failure).toMatchObject({ status, stage: 'exec', code, message: message(command[0] as string) });
  });

  it('is being written: 126', async () => {
    const at = scratch();
    fs.copyFileSync('/bin/sleep', at.file('busy'));
    fs.chmodSync(at.file('busy'), 0o755);
    const writer = fs.openSync(at.file('busy'), 'r+');
    try {
      const failure = await expectCleanFailure(at, { options, command: [at.file('busy')] });
      expect(failure).toMatchObject({
        status: 126,
        stage: 'exec',
        code: 'ETXTBSY',
        message: `cannot execute '${at.file('busy')}': the file is being written (ETXTBSY)`,
      });
    } finally {
      fs.closeSync(writer);
    }
  });

  it('has too large an environment: 126', async () => {
    const at = scratch();
    // tdaemon reads it from a file: its own arguments must fit.
    at.write('environment', `LONG=${'x'.repeat(128 * 1024)}\n`);
    const failure = await expectCleanFailure(at, {
      options: [...options, '--env-file', at.file('environment')],
      command: ['/bin/true'],
    });
    expect(failure).toMatchObject({
      status: 126,
      stage: 'exec',
      code: 'E2BIG',
      message: "cannot execute '/bin/true': argument list too long (E2BIG)",
    });
  });
});

describe('PATH', () => {
  it('hides no "not permitted" behind a later "not found"', async () => {
    const at = scratch();
    fs.mkdirSync(at.file('one'));
    at.write('one/tool', 'x');
    const options = ['--env', `PATH=${at.file('one')}:/no/such/directory:/usr/bin`];
    expect(await expectCleanFailure(at, { options, command: ['tool'] })).toMatchObject({
      status: 126,
      code: 'EACCES',
      path: at.file('one/tool'),
    });
  });
});
