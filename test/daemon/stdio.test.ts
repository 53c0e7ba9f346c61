/** What a daemon reads from and writes to: --stdin, --stdout, --stderr, --log, --append, --truncate, inherit. */
import fs from 'node:fs';
import { describe, expect, it } from 'vitest';
import { sleeperIn } from '../helpers/asleep';
import { eventually } from '../helpers/eventually';
import { expectCleanFailure } from '../helpers/nothing_left';
import { TDAEMON } from '../helpers/paths';
import { isRoot, NOBODY } from '../helpers/privileges';
import * as procfs from '../helpers/procfs';
import { type Scratch, scratch } from '../helpers/scratch';
import { mark, start } from '../helpers/start';
import { run, shell, tdaemon } from '../helpers/tdaemon';

const SPEAKER = ['/bin/sh', '-c', 'echo out; echo err >&2; exec sleep 1000'];

function lines(file: string): string[] {
  return fs.existsSync(file) ? fs.readFileSync(file, 'utf8').split('\n').slice(0, -1).sort() : [];
}

async function linesOf(file: string, count: number): Promise<string[]> {
  return eventually(`${count} lines in ${file}`, () => lines(file).length >= count && lines(file));
}

/** Whether two descriptors of a process are one open file: kcmp(2) is not always there, the offset is shared. */
function flagsOf(pid: number, descriptor: number): number {
  return procfs.descriptorFlags(pid, descriptor);
}

describe('output files', () => {
  it('get the one and the other output', async () => {
    const at = scratch();
    await start(at, ['--stdout', at.file('out'), '--stderr', at.file('err')], SPEAKER);
    expect(await linesOf(at.file('out'), 1)).toEqual(['out']);
    expect(await linesOf(at.file('err'), 1)).toEqual(['err']);
  });

  it('--log gets both', async () => {
    const at = scratch();
    const pid = await start(at, ['--log', at.file('log')], SPEAKER);
    expect(await linesOf(at.file('log'), 2)).toEqual(['err', 'out']);
    expect(procfs.descriptors(pid).get(0)).toBe('/dev/null');
  });

  it('are opened for appending, blocking, and write-only', async () => {
    const at = scratch();
    const pid = await start(at, ['--log', at.file('log')]);
    const { O_APPEND, O_NONBLOCK, O_WRONLY } = fs.constants;
    for (const number of [1, 2])
      expect(flagsOf(pid, number) & (O_APPEND | O_NONBLOCK | 0o3), `of ${number}`).toBe(O_APPEND | O_WRONLY);
  });

  it('are 0644 less the umask', async () => {
    const at = scratch();
    await start(at, ['--log', at.file('log')]);
    expect(fs.statSync(at.file('log')).mode & 0o777).toBe(0o644);
  });

  it.each([[['--append']], [['-a']], [[]]])('are appended to with %j', async (options) => {
    const at = scratch();
    at.write('log', 'before\n');
    await start(at, [...options, '--log', at.file('log')], SPEAKER);
    expect(await linesOf(at.file('log'), 3)).toEqual(['before', 'err', 'out']);
  });

  it('are emptied with --truncate', async () => {
    const at = scratch();
    at.write('log', 'before\n');
    await start(at, ['--truncate', '--log', at.file('log')], SPEAKER);
    expect(await linesOf(at.file('log'), 2)).toEqual(['err', 'out']);
  });

  it('are not emptied by a second start that finds the daemon running', async () => {
    const at = scratch();
    const options = ['--truncate', '--log', at.file('log'), '--pidfile', at.file('pid')];
    await start(at, options, SPEAKER);
    await linesOf(at.file('log'), 2);
    expect(await tdaemon([...mark(at), ...options, '--', ...SPEAKER])).toMatchObject({ status: 1 });
    expect(lines(at.file('log'))).toEqual(['err', 'out']);
  });

  it("are relative to the caller's directory", async () => {
    const at = scratch();
    await start(at, ['-o', 'out', '-e', './err'], SPEAKER, { cwd: at.directory });
    expect(await linesOf(at.file('out'), 1)).toEqual(['out']);
    expect(await linesOf(at.file('err'), 1)).toEqual(['err']);
  });
});

describe('the same file for both outputs', () => {
  it.each([
    ['--log', (file: string) => ['--log', file]],
    ['--stdout and --stderr', (file: string) => ['--stdout', file, '--stderr', file]],
  ])('%s: opened once', async (_, options) => {
    const at = scratch();
    const log = at.file('run.strace');
    // The command ends at once: strace waits for it.
    const stracing = ['-f', '-qq', '-o', log, '-e', 'trace=openat', '-e', 'status=successful'];
    const ran = await run('strace', [...stracing, TDAEMON, ...options(at.file('log')), '--', 'true']);
    expect(ran).toMatchObject({ status: 0 });
    const opened = fs
      .readFileSync(log, 'latin1')
      .split('\n')
      .filter((line) => /[/"]log"/.test(line));
    expect(opened).toHaveLength(1);
  });
});

describe('--stdin', () => {
  it('is read by the daemon', async () => {
    const at = scratch();
    at.write('in', 'a line\n');
    await start(at, ['--stdin', at.file('in'), '--stdout', at.file('out')], ['cat']);
    expect(await linesOf(at.file('out'), 1)).toEqual(['a line']);
  });

  it('is not created', async () => {
    const at = scratch();
    const failure = await expectCleanFailure(at, { options: ['--stdin', at.file('in')] });
    expect(failure).toMatchObject({ status: 125, stage: 'stdin', code: 'ENOENT', path: at.file('in') });
    expect(fs.existsSync(at.file('in'))).toBe(false);
  });
});

describe('inherit', () => {
  it("keeps the caller's own", async () => {
    const at = scratch();
    at.write('in', '');
    const ran = await shell(
      '"$TDAEMON" --env TDAEMON_TEST="$AT" --pidfile "$AT/pid" --stdin inherit --stdout inherit --stderr inherit' +
        ' -- sleep 1000 <"$AT/in" >>"$AT/out" 2>>"$AT/err"',
      { env: { AT: at.directory } },
    );
    expect(ran.status).toBe(0);
    const pid = await sleeperIn(at.file('pid'));
    const open = procfs.descriptors(pid);
    expect([0, 1, 2].map((number) => open.get(number))).toEqual(['in', 'out', 'err'].map(at.file));
  });

  it('of one leaves the others on the null device', async () => {
    const at = scratch();
    const ran = await shell(
      '"$TDAEMON" --env TDAEMON_TEST="$AT" --pidfile "$AT/pid" --stderr inherit -- sleep 1000 2>>"$AT/err"',
      { env: { AT: at.directory } },
    );
    expect(ran.status).toBe(0);
    const pid = await sleeperIn(at.file('pid'));
    const open = procfs.descriptors(pid);
    expect([0, 1, 2].map((number) => open.get(number))).toEqual(['/dev/null', '/dev/null', at.file('err')]);
  });

  it.each(['/dev/stdout', '/dev/fd/1', '/proc/self/fd/1'])(
    'is what --stderr %s means: the caller’s 1',
    async (name) => {
      const at = scratch();
      const ran = await shell(
        `"$TDAEMON" --env TDAEMON_TEST="$AT" --pidfile "$AT/pid" --stderr ${name} -- sleep 1000 >>"$AT/out"`,
        { env: { AT: at.directory } },
      );
      expect(ran).toMatchObject({ status: 0, stderr: '' });
      const pid = await sleeperIn(at.file('pid'));
      expect(procfs.descriptors(pid).get(2)).toBe(at.file('out'));
      expect(procfs.descriptors(pid).get(1)).toBe('/dev/null');
    },
  );
});

interface Refused {
  what: string;
  make(at: Scratch): void;
  code: string;
}

const REFUSED: Refused[] = [
  { what: 'in a missing directory', make: () => undefined, code: 'ENOENT' },
  {
    what: 'that is a directory',
    make: (at) => fs.mkdirSync(at.file('d/log'), { recursive: true }),
    code: 'EISDIR',
  },
];

describe('an output file', () => {
  it.each(REFUSED)('$what: 125, and nothing is left', async ({ make, code }) => {
    const at = scratch();
    make(at);
    for (const [option, stage] of [
      ['--log', 'stdout'],
      ['--stdout', 'stdout'],
      ['--stderr', 'stderr'],
    ] as const) {
      const failure = await expectCleanFailure(at, { options: [option, at.file('d/log')] });
      expect(failure, option).toMatchObject({ status: 125, stage, code, path: at.file('d/log') });
    }
  });

  it.skipIf(!isRoot)(
    'belongs to the daemon’s user when new, and stays whose it is when old (needs root)',
    async () => {
      const at = scratch();
      at.write('old', '');
      await start(at, ['--user', 'nobody', '--stdout', at.file('new'), '--stderr', at.file('old')]);
      expect(fs.statSync(at.file('new'))).toMatchObject({ uid: NOBODY, gid: NOBODY });
      expect(fs.statSync(at.file('old'))).toMatchObject({ uid: 0, gid: 0 });
    },
  );

  it('to a FIFO with a reader works, and blocks again', async () => {
    const at = scratch();
    await run('mkfifo', [at.file('fifo')]);
    const reader = run('cat', [at.file('fifo')]);
    // The reader is there once it sleeps in open(2): a start before that says ENXIO, so open it ourselves too.
    const held = fs.openSync(at.file('fifo'), fs.constants.O_RDWR);
    const pid = await start(
      at,
      ['--stdout', at.file('fifo')],
      ['/bin/sh', '-c', 'echo through; exec sleep 1000'],
    );
    expect(flagsOf(pid, 1) & fs.constants.O_NONBLOCK).toBe(0);
    fs.closeSync(held);
    process.kill(pid, 'SIGKILL');
    expect(await reader).toMatchObject({ stdout: 'through\n' });
  });
});
