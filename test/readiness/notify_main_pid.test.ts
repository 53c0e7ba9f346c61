/** MAINPID: the daemon names a process of its own as itself. */
import fs from 'node:fs';
import { describe, expect, it } from 'vitest';
import { BOOT_ID, stranger } from '../helpers/daemons';
import { IS_FALLBACK } from '../helpers/needs';
import { python } from '../helpers/notifier';
import { TDAEMON } from '../helpers/paths';
import * as procfs from '../helpers/procfs';
import { awaitReady, expectReady, expectStopped } from '../helpers/ready';
import { scratch } from '../helpers/scratch';
import { run, tdaemon } from '../helpers/tdaemon';

/** Parent and child; each may be the one that tells, and which outlives the other. */
const FORKED = (parent: string, child: string, before = '') => `
reader, writer = os.pipe()
former = os.getpid()
pid = os.fork()
if pid == 0:
    ${before}
    os.write(writer, b'x')
    ${child}
    wait()
os.read(reader, 1)
${parent}
wait()`;

const NAMED: [string, string][] = [
  ['a child', FORKED("send(b'MAINPID=%d\\nREADY=1' % pid)", 'pass')],
  ['a child in a session of its own', FORKED("send(b'MAINPID=%d\\nREADY=1' % pid)", 'pass', 'os.setsid()')],
  ['a child, by the child itself', FORKED('pass', "send(b'MAINPID=%d' % os.getpid()); send(b'READY=1')")],
  [
    'a child, and ends itself',
    FORKED(
      "send(b'MAINPID=%d' % pid); barrier(); os._exit(0)",
      "\n    while os.getppid() == former: time.sleep(0.01)\n    send(b'READY=1')",
    ),
  ],
  ['a child, and ends at once', FORKED("send(b'MAINPID=%d\\nREADY=1' % pid); os._exit(0)", 'pass')],
];

describe('MAINPID', () => {
  it.each(NAMED)('of %s: the pidfile names it, and status and stop know it', async (_, script) => {
    const at = scratch();
    const pid = expectReady(at, await awaitReady(at, 'notify', ['--log', at.file('log')], python(script)));
    const attribute = await run('getfattr', [
      '--only-values',
      '-n',
      'user.tdaemon',
      '--absolute-names',
      at.file('pid'),
    ]);
    const identity = `${BOOT_ID} ${procfs.stat(pid)?.startTime}`;
    expect(attribute.stdout).toBe(IS_FALLBACK ? '' : identity);
    expect(await tdaemon(['status', '--pidfile', at.file('pid')])).toMatchObject({ status: 0 });
    expect(await tdaemon(['stop', '--pidfile', at.file('pid')])).toMatchObject({ status: 0, stderr: '' });
    expect(procfs.isAlive(pid)).toBe(false);
    expect(fs.existsSync(at.file('pid'))).toBe(false);
  });

  it('of a child that the daemon names: the pidfile has the pid of the child', async () => {
    const at = scratch();
    const script = FORKED(
      "open(os.environ['TDAEMON_TEST'] + '/child', 'w').write(str(pid)); send(b'MAINPID=%d\\nREADY=1' % pid)",
      'pass',
    );
    const pid = expectReady(at, await awaitReady(at, 'notify', [], python(script)));
    expect(pid).toBe(Number(fs.readFileSync(at.file('child'), 'utf8')));
  });

  it('is in the pidfile before it is ready: the former may have ended by then', async () => {
    const at = scratch();
    const script = FORKED(
      "send(b'MAINPID=%d' % pid); barrier(); os._exit(0)",
      `
    while os.getppid() == former: time.sleep(0.01)
    seen = open(os.environ['TDAEMON_TEST'] + '/pid').read()
    open(os.environ['TDAEMON_TEST'] + '/seen', 'w').write(seen)
    send(b'READY=1')`,
    );
    const pid = expectReady(at, await awaitReady(at, 'notify', [], python(script)));
    expect(fs.readFileSync(at.file('seen'), 'utf8')).toBe(`${pid}\n`);
  });

  it.each([
    ['pid 1', () => 1],
    ['the process that has started tdaemon', () => process.pid],
    ['a stranger', () => stranger()],
    ['nobody', () => 4_194_303],
    ['0', () => 0],
    ['-1', () => -1],
    ['2^32 + 1', () => 2 ** 32 + 1],
  ])('of %s is refused: the daemon remains what it was', async (_, pidOf) => {
    const at = scratch();
    const named = pidOf();
    const script = `open(os.environ['TDAEMON_TEST'] + '/own', 'w').write(str(os.getpid()))
send(b'MAINPID=${named}\\nREADY=1')
wait()`;
    const pid = expectReady(at, await awaitReady(at, 'notify', [], python(script)));
    expect(pid).toBe(Number(fs.readFileSync(at.file('own'), 'utf8')));
  });

  it('of a stranger is not stopped when the daemon is too late', async () => {
    const at = scratch();
    const other = stranger();
    const command = python(`send(b'MAINPID=${other}'); barrier(); sys.exit(3)`);
    expectStopped(at, await awaitReady(at, 'notify', [], command), 123, 'exit status 3');
    expect(procfs.isAlive(other)).toBe(true);
  });

  it('of a child whose end comes before READY=1 is the end of the daemon', async () => {
    const at = scratch();
    const script = FORKED("send(b'MAINPID=%d' % pid); barrier(); os.kill(pid, 9)", 'pass', 'os.setsid()');
    expectStopped(at, await awaitReady(at, 'notify', [], python(script)), 123, 'ended before it was ready');
  });

  it('of a child in a session of its own: both are stopped by ^C', async () => {
    const at = scratch();
    const script = FORKED(
      "send(b'MAINPID=%d' % pid); barrier(); os.kill(int(os.environ['TO_INTERRUPT']), 2)",
      'pass',
      'os.setsid()',
    );
    const shell = ['-c', 'export TO_INTERRUPT=$$; exec "$@"', 'sh'];
    const options = [
      '--ready',
      'notify',
      '--pidfile',
      at.file('pid'),
      '--env',
      `TDAEMON_TEST=${at.directory}`,
    ];
    const ran = await run('sh', [...shell, TDAEMON, ...options, '--', ...python(script)]);
    expectStopped(at, ran, 130);
  });
});
