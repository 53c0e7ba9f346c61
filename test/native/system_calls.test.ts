/** What the two children call between clone and execve: little, in the documented order, and nothing that can block on another thread. */
import { describe, expect, it } from 'vitest';
import { DAEMON, isOurs, LEADER } from '../helpers/allowed_calls';
import { isRoot } from '../helpers/privileges';
import { scratch } from '../helpers/scratch';
import { type Call, straceTdaemon } from '../helpers/strace';

interface Children {
  /** As strace prints it. */
  fork: string;
  leader: Call[];
  /** Up to the execve that succeeded, with it. */
  daemon: Call[];
}

function childrenIn(calls: Call[]): Children {
  const forks = calls.filter(isOurs).map((call) => ({ ...call, child: Number(call.result) }));
  expect(forks).toHaveLength(2);
  const second = forks.find(({ pid }) => forks.some(({ child }) => child === pid));
  const first = forks.find(({ child }) => child === second?.pid);
  const daemon = calls.filter(({ pid }) => pid === second?.child);
  const executed = daemon.findIndex(({ name, result }) => name === 'execve' && result === '0');
  expect(executed).toBeGreaterThan(0);
  return {
    fork: first?.text ?? '',
    leader: calls.filter(({ pid }) => pid === first?.child),
    daemon: daemon.slice(0, executed + 1),
  };
}

async function trace(options: (file: (name: string) => string) => string[]): Promise<Children> {
  const at = scratch();
  // The command ends at once, and strace with it.
  const ran = await straceTdaemon(at.file('strace.log'), [], [...options(at.file), '--', 'true']);
  expect(ran).toMatchObject({ status: 0, stderr: '' });
  return childrenIn(ran.calls);
}

const EVERYTHING = (file: (name: string) => string) => [
  '--pidfile',
  file('pid'),
  '--lock',
  file('lock'),
  '--log',
  file('log'),
  '--stdin',
  '/etc/hostname',
  '--truncate',
  '--umask',
  '027',
  '--limit',
  'core=0',
  '--nice',
  '5',
  '--ionice',
  'idle',
  '--sched',
  'batch',
  '--oom-score-adj',
  '100',
  '--no-new-privs',
];

const STARTS: { what: string; options: (file: (name: string) => string) => string[]; root?: true }[] = [
  { what: 'a plain start', options: () => [] },
  { what: 'a pidfile', options: (file) => ['--pidfile', file('pid')] },
  { what: 'everything', options: EVERYTHING },
  { what: '--user', options: (file) => ['--user', 'nobody', '--pidfile', file('pid')], root: true },
  {
    what: 'everything and --user and --chroot',
    options: (file) => [...EVERYTHING(file), '--user', 'daemon', '--chroot', '/'],
    root: true,
  },
];

describe.each(STARTS.filter(({ root }) => isRoot || !root))('$what', ({ options }) => {
  it('calls nothing but what is allowed', async () => {
    const { leader, daemon } = await trace(options);
    expect(leader.map(({ name }) => name).filter((name) => !LEADER.has(name))).toEqual([]);
    expect(daemon.map(({ name }) => name).filter((name) => !DAEMON.has(name))).toEqual([]);
  });

  it('sends nothing that could bring SIGPIPE', async () => {
    const { leader, daemon } = await trace(options);
    const sent = [...leader, ...daemon].filter(({ name }) => name.startsWith('send'));
    expect(sent.length).toBeGreaterThan(0);
    expect(sent.filter(({ text }) => !text.includes('MSG_NOSIGNAL'))).toEqual([]);
  });
});

describe('the clone', () => {
  it('borrows the memory (vfork) where the ids stay', async () => {
    const { fork } = await trace(() => []);
    expect(fork).toMatch(/CLONE_VM\|CLONE_VFORK/);
  });

  it.skipIf(!isRoot)(
    'copies it (fork) where they change: the new user could stop the child (needs root)',
    async () => {
      const { fork } = await trace(() => ['--user', 'nobody']);
      expect(fork).not.toMatch(/CLONE_VM|CLONE_VFORK/);
    },
  );
});

/** Step by step, as in the table of the documents. */
const SEQUENCE: [name: string, text: RegExp][] = [
  ['prctl', /PR_SET_PDEATHSIG, SIGKILL/],
  ['rt_sigaction', /^SIGHUP/],
  ['close_range', /^3/],
  ['setpriority', /5/],
  ['ioprio_set', /IDLE/],
  ['sched_setscheduler', /SCHED_BATCH/],
  ['openat', /oom_score_adj/],
  ['umask', /027/],
  ['flock', /LOCK_EX\|LOCK_NB/],
  ['fcntl', /F_SETLK, \{l_type=F_RDLCK/],
  ['linkat', /"pid"/],
  ['openat', /hostname/],
  ['openat', /"log"/],
  ['chroot', /"\/"/],
  ['prlimit64', /RLIMIT_CORE, \{/],
  ['setgroups', /./],
  ['setresgid', /./],
  ['setresuid', /./],
  ['getresuid', /./],
  ['chdir', /./],
  ['dup2', /, 0$/],
  ['dup2', /, 1$/],
  ['dup2', /, 2$/],
  ['prctl', /PR_SET_NO_NEW_PRIVS/],
  ['prctl', /PR_SET_PDEATHSIG, 0/],
  ['rt_sigprocmask', /SIG_SETMASK, \[\]/],
  ['execve', /./],
];

describe.skipIf(!isRoot)('the order of the steps (needs root)', () => {
  it('is the documented one', async () => {
    const { leader, daemon } = await trace((file) => [
      ...EVERYTHING(file),
      '--user',
      'daemon',
      '--chroot',
      '/',
    ]);
    const first = (name: string) => leader.findIndex((call) => call.name === name);
    expect(first('setsid')).toBeLessThan(first('clone'));
    let at = 0;
    for (const [name, text] of SEQUENCE) {
      const found = daemon.findIndex(
        (call, index) => index >= at && call.name.replace('dup3', 'dup2') === name && text.test(call.text),
      );
      expect(found, `${name} ${text} after call ${at}`).toBeGreaterThanOrEqual(at);
      at = found;
    }
  });

  it('makes no session, so that the daemon’s own setsid works', async () => {
    const { daemon } = await trace(() => []);
    expect(daemon.filter(({ name }) => name === 'setsid' || name === 'setpgid')).toEqual([]);
  });
});
