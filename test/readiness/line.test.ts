/** `--ready line:REGEX`: the line is printed as the daemon wrote it, whatever is around it. */
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import { connect } from 'node:net';
import { describe, expect, it } from 'vitest';
import { buildLinked } from '../helpers/linked_program';
import { awaitLine, awaitReady, begin, expectReady, expectStopped, expectUsageError } from '../helpers/ready';
import { endLater, scratch } from '../helpers/scratch';
import { shell } from '../helpers/tdaemon';

function greetingOf(port: number): Promise<string> {
  return new Promise((resolve, reject) => {
    connect(port, '127.0.0.1').setEncoding('utf8').once('data', resolve).once('error', reject);
  });
}

const NODE_SERVER = `
  require('node:net').createServer((socket) => socket.end('hello\\n')).listen(0, '127.0.0.1', function () {
    console.error('addr: 127.0.0.1:' + this.address().port);
  });`;
const PYTHON_SERVER = `
import socket
listener = socket.create_server(('127.0.0.1', 0))
print('addr: 127.0.0.1:%d' % listener.getsockname()[1])
while True: listener.accept()[0].send(b'hello\\n')`;

describe('ADDR=$(tdaemon --ready line:…)', () => {
  it.each([
    ['a static program', '--stderr', (at: string) => [`${at}/addr_server`]],
    ['Node', '--stderr', () => [process.execPath, '-e', NODE_SERVER]],
    ['python3 -u', '--stdout', () => ['/usr/bin/python3', '-u', '-c', PYTHON_SERVER]],
  ])('gets the address of %s, which answers there', async (_, output, commandIn) => {
    const at = scratch();
    buildLinked(at, 'addr_server', '-static');
    const command = commandIn(at.directory).map((word) => `'${word.replaceAll("'", `'\\''`)}'`);
    const ran = await shell(
      `ADDR=$("$TDAEMON" --pidfile "$AT/pid" --ready 'line:^addr: ' ${output} "$AT/log" -- ${command.join(' ')})
       printf %s "$ADDR"`,
      { env: { AT: at.directory } },
    );
    endLater(Number(fs.readFileSync(at.file('pid'), 'utf8')));
    expect(ran).toMatchObject({ status: 0, stderr: '' });
    const [, port] = /^addr: 127\.0\.0\.1:(\d+)$/.exec(ran.stdout) ?? [];
    expect(await greetingOf(Number(port))).toBe('hello\n');
  });
});

interface Written {
  what: string;
  script: string;
  /** Without its newline, a character a byte. */
  line: string;
}

const WRITTEN: Written[] = [
  { what: 'on stderr', script: 'echo no; echo "match 1" >&2', line: 'match 1' },
  {
    what: 'in several writes',
    script: 'printf ma; sleep 0.05; printf tch; sleep 0.05; echo " 1"',
    line: 'match 1',
  },
  { what: 'without a newline', script: 'printf "x\\nmatch 1"', line: 'match 1' },
  { what: 'with CRLF', script: 'printf "match 1\\r\\n"', line: 'match 1\r' },
  { what: 'with bytes that are no UTF-8', script: 'printf "match \\377\\300\\n"', line: 'match \xff\xc0' },
  { what: 'with NUL bytes', script: 'printf "match \\0\\0 1\\n"', line: 'match \0\0 1' },
  { what: 'before others that match', script: 'echo match 1; echo match 2', line: 'match 1' },
  { what: 'in the middle of 100,000', script: 'seq 50000; echo match 1; seq 50000', line: 'match 1' },
  { what: 'as the last of 100,000', script: 'seq 100000; echo match 1', line: 'match 1' },
  {
    what: 'of 1 MB',
    script: 'printf "match "; head -c 1000000 /dev/zero | tr "\\0" x; echo',
    line: `match ${'x'.repeat(1_000_000)}`,
  },
];

describe('a matching line', () => {
  it.each(WRITTEN)('$what is printed byte for byte', async ({ script, line }) => {
    const at = scratch();
    expectReady(at, await awaitLine(at, '^match', script), `${line}\n`);
  });

  it.each([
    ['stdout', 'echo no >&2; echo match'],
    ['stderr', 'echo no; echo match >&2'],
  ])('on %s is found when each output has a file of its own', async (_, script) => {
    const at = scratch();
    const options = ['--stdout', at.file('out'), '--stderr', at.file('err')];
    const command = ['sh', '-c', `${script}; exec sleep 1000`];
    expectReady(at, await awaitReady(at, 'line:^match', options, command), 'match\n');
  });

  it('is needed for every line: that is given', async () => {
    const at = scratch();
    const command = ['sh', '-c', 'echo one two; echo three; exec sleep 1000'];
    const specs = ['line:two', 'line:^one', 'line:three'];
    const ran = await awaitReady(at, specs, ['--log', at.file('log')], command);
    expectReady(at, ran, 'one two\none two\nthree\n');
  });
});

describe('a line from before the start', () => {
  it.each(['--append', '--truncate'])('does not count, with %s', async (how) => {
    const at = scratch();
    at.write('log', 'match old\n');
    expectReady(at, await awaitLine(at, '^match', 'echo match new', [how]), 'match new\n');
  });

  it('is not among the last lines either', async () => {
    const at = scratch();
    at.write('log', 'match old\n');
    const ran = await awaitLine(at, '^match', 'seq 30; exit 3');
    expectStopped(at, ran, 123, /exit status 3\n( {2}\d+\n){20}$/, / {2}30\n$/);
  });
});

describe('line: is refused before anything starts', () => {
  it.each([
    ['without a log', []],
    ['with both outputs inherited', ['--log', 'inherit']],
    ['with /dev/null', ['--stdout', '/dev/null', '--stderr', '/dev/null']],
  ])('%s', async (_, options) => {
    expect(await expectUsageError('line:x', options)).toMatch('needs an output in a regular file');
  });

  it('with a FIFO', async () => {
    const at = scratch();
    execFileSync('mkfifo', [at.file('fifo')]);
    expect(await expectUsageError('line:x', ['--log', at.file('fifo')])).toMatch('regular file');
  });

  it.each(['(', '[z-a]', '*', ''])('for %j, which is no regular expression', async (regex) => {
    const at = scratch();
    const ran = await begin(at, `line:${regex}`, ['--log', at.file('log')], ['true']).done;
    expect(ran).toMatchObject({ status: 2, stdout: '' });
    expect(fs.readdirSync(at.directory)).toEqual([]);
  });
});
