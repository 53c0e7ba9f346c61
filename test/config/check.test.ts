/** What `--check` says. */
import { expect, it } from 'vitest';
import { checkConfig } from '../../src/config/check';
import { scratch } from '../helpers/scratch';

const INTERFACE = '[rpcinterface:supervisor]\n';

function check(text: string): { lines: string[]; ok: boolean } {
  const at = scratch();
  const { lines, ok } = checkConfig(at.write('conf', text), { cwd: at.directory, environment: {} });
  return { lines: lines.map((line) => line.replaceAll(`${at.directory}/`, '')), ok };
}

it('says nothing of a configuration that is right', () => {
  expect(check(`${INTERFACE}[supervisord]\n[program:x]\ncommand=/bin/cat\n`)).toEqual({
    lines: [],
    ok: true,
  });
});

it('has a line for each bad program and for each doubt, and fails', () => {
  const text = `${INTERFACE}[supervisord]
[program:a]
command=/bin/cat
startsec=5
[program:b]
command=/bin/cat '
[program:c]
command=/bin/cat
user=nobody_at_all
`;
  expect(check(text)).toEqual({
    ok: false,
    lines: [
      `error: conf:7: [program:b] command: the ' before "" is not closed`,
      "error: conf:10: [program:c] user: there is no user 'nobody_at_all'",
      'warning: conf:5: [program:a] startsec: there is no such key (did you mean startsecs?)',
    ],
  });
});

it('says one thing of a configuration that cannot be read at all', () => {
  expect(check('[supervisord]\numask=9\n[program:b]\n')).toEqual({
    ok: false,
    lines: ["error: conf:2: [supervisord] umask: '9' is not an octal number from 0 to 777"],
  });
});

it('says that a log which the program opens is not reopened', () => {
  const text = `${INTERFACE}[supervisord]\n[program:x]\ncommand=/bin/cat\nstdout_logfile=x.log\nstdout_log_direct=true\n`;
  const { lines, ok } = check(text);
  expect(ok).toBe(true);
  expect(lines).toEqual([
    'warning: conf:3: [program:x] stdout_log_direct: the program opens its log itself: it is not rotated, and USR2 does not reopen it',
  ]);
});

it('says what the file is when it is no file', () => {
  const { directory } = scratch();
  expect(checkConfig(`${directory}/none`).lines).toEqual([
    `error: cannot read '${directory}/none': no such file or directory (ENOENT)`,
  ]);
  expect(checkConfig(directory).lines).toEqual([
    `error: cannot read '${directory}': it is a directory (EISDIR)`,
  ]);
});

it('says each thing once, however many processes there are', () => {
  const text = `${INTERFACE}[supervisord]
[program:x]
command=/bin/cat
process_name=%(process_num)s
numprocs=50
stdout_logfile=AUTO
stdout_logfile_maxbytes=0
`;
  expect(check(text).lines).toEqual([
    'warning: conf:8: [program:x] stdout_logfile_maxbytes: an AUTO log that is never rotated can fill the disk',
  ]);
});
