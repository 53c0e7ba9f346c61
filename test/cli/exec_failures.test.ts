/** 126 and 127: every way in which exec can fail, the message, the JSON, and that nothing is left. */
import fs from 'node:fs';
import { describe, expect, it } from 'vitest';
import { oneLine } from '../../src/cli/output';
import { expectNothingLeft } from '../helpers/leftovers';
import { type Scratch, scratch } from '../helpers/scratch';
import { tdaemon } from '../helpers/tdaemon';

interface Case {
  name: string;
  /** Makes the files; returns the command as it is typed. The working directory is the scratch directory. */
  command: (at: Scratch) => string;
  status: 126 | 127;
  code: string;
  /** In place of `cannot execute 'COMMAND': … (CODE)`. */
  why: string | ((at: Scratch) => string);
}

function executable(at: Scratch, name: string, content: string | Uint8Array): string {
  fs.chmodSync(at.write(name, content), 0o755);
  return `./${name}`;
}

/** An ELF file whose e_machine is one that this machine is not. */
function foreignElf(): Buffer {
  const elf = fs.readFileSync(process.execPath).subarray(0, 4096);
  const copy = Buffer.from(elf);
  const [x86, arm] = [0x3e, 0xb7];
  copy.writeUInt16LE(copy.readUInt16LE(18) === x86 ? arm : x86, 18);
  return copy;
}

const NO_FORMAT = 'not a format that the system executes; a script needs a #! line';

const cases: Case[] = [
  { name: 'a missing file', command: () => './none', status: 127, code: 'ENOENT', why: 'no such file' },
  { name: 'a missing directory', command: () => './no/ne', status: 127, code: 'ENOENT', why: 'no such file' },
  {
    name: 'a file in the place of a directory',
    command: (at) => {
      at.write('file', '');
      return './file/none';
    },
    status: 127,
    code: 'ENOTDIR',
    why: 'a part of the path is not a directory',
  },
  {
    name: 'a dangling link',
    command: (at) => {
      fs.symlinkSync('nowhere', at.file('link'));
      return './link';
    },
    status: 127,
    code: 'ENOENT',
    why: 'no such file',
  },
  {
    name: 'a file that is not executable',
    command: (at) => {
      fs.chmodSync(at.write('plain', '#!/bin/sh\n'), 0o644);
      return './plain';
    },
    status: 126,
    code: 'EACCES',
    why: 'permission denied',
  },
  {
    name: 'a directory',
    command: (at) => at.directory,
    status: 126,
    code: 'EACCES',
    why: 'it is a directory',
  },
  {
    name: 'a script without #!',
    command: (at) => executable(at, 'script', 'echo hello\n'),
    status: 126,
    code: 'ENOEXEC',
    why: NO_FORMAT,
  },
  {
    name: 'an empty file',
    command: (at) => executable(at, 'empty', ''),
    status: 126,
    code: 'ENOEXEC',
    why: NO_FORMAT,
  },
  {
    name: 'a program for another machine',
    command: (at) => executable(at, 'foreign', foreignElf()),
    status: 126,
    code: 'ENOEXEC',
    why: NO_FORMAT,
  },
  {
    name: 'a missing interpreter',
    command: (at) => executable(at, 'script', '#! /no/such/interpreter -x\n'),
    status: 126,
    code: 'ENOENT',
    why: "its interpreter '/no/such/interpreter' is missing",
  },
  {
    name: 'an interpreter with the carriage return of another system',
    command: (at) => executable(at, 'script', '#!/bin/sh\r\necho\r\n'),
    status: 126,
    code: 'ENOENT',
    why: "its interpreter '/bin/sh\r' is missing",
  },
  {
    name: 'an interpreter in a file',
    command: (at) => executable(at, 'script', `#!${at.write('file', '')}/sh\n`),
    status: 126,
    code: 'ENOTDIR',
    why: (at) => `its interpreter '${at.file('file')}/sh' is missing`,
  },
  {
    name: 'an interpreter that is a script without its own',
    command: (at) => {
      executable(at, 'inner', '#!/no/such\n');
      return executable(at, 'outer', `#!${at.file('inner')}\n`);
    },
    status: 126,
    code: 'ENOENT',
    why: (at) => `its interpreter '${at.file('inner')}' is missing`,
  },
  {
    name: 'a link to itself',
    command: (at) => {
      fs.symlinkSync('loop', at.file('loop'));
      return './loop';
    },
    status: 126,
    code: 'ELOOP',
    why: 'it is a symbolic link, or leads through too many',
  },
];

describe('a command that cannot be executed', () => {
  it.each(cases)('$name', async ({ command, status, code, why }) => {
    const at = scratch();
    const typed = command(at);
    const files = fs.readdirSync(at.directory);
    const reason = typeof why === 'string' ? why : why(at);
    const message = `cannot execute '${typed}': ${reason} (${code})`;
    const args = ['-p', 'pid', '--', typed, at.directory];
    expect(await tdaemon(args, { cwd: at.directory })).toEqual({
      status,
      signal: null,
      stdout: '',
      stderr: `tdaemon: ${oneLine(message)}\n`,
    });
    expectNothingLeft(at, files);

    const inJson = await tdaemon(['--json', ...args], { cwd: at.directory });
    expect(inJson).toMatchObject({ status, stderr: '' });
    const path = typed.startsWith('/') ? typed : at.file(typed.slice(2));
    expect(JSON.parse(inJson.stdout)).toEqual({
      ok: false,
      status,
      stage: 'exec',
      code,
      path,
      message: oneLine(message),
    });
    expectNothingLeft(at, files);

    expect(await tdaemon(['--quiet', ...args], { cwd: at.directory })).toMatchObject({
      status,
      stdout: '',
      stderr: '',
    });
  });

  it('a program that is being written', async () => {
    const at = scratch();
    fs.copyFileSync('/bin/sleep', at.file('busy'));
    const open = fs.openSync(at.file('busy'), 'r+');
    try {
      expect(await tdaemon(['-p', at.file('pid'), at.file('busy'), '1000'])).toMatchObject({
        status: 126,
        stderr: `tdaemon: cannot execute '${at.file('busy')}': the file is being written (ETXTBSY)\n`,
      });
      expectNothingLeft(at, ['busy']);
    } finally {
      fs.closeSync(open);
    }
  });

  it('the message stays one line whatever the name', async () => {
    const ran = await tdaemon(['--', './a\nb\u001b[2J']);
    expect(ran).toMatchObject({
      status: 127,
      stderr: "tdaemon: cannot execute './a\\nb\\x1b[2J': no such file (ENOENT)\n",
    });
  });
});
