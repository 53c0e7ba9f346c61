/** Each step after the forks fails in turn: the stage named is the right one, the command never runs, nothing is left. */
import { describe, expect, it } from 'vitest';
import { STAGES } from '../../src/native';
import { deny, expectCleanFailure, strace } from '../helpers/nothing_left';
import { TDAEMON } from '../helpers/paths';
import { isRoot } from '../helpers/privileges';
import { type Scratch, scratch } from '../helpers/scratch';

interface Step {
  stage: string;
  /** As strace's `inject=` has it; for calls that Node makes too, as test/fixtures/deny.c has it. */
  fault: string;
  code: string;
  options?: (at: Scratch) => string[];
  /** Narrows the fault to calls that name it. */
  path?: (at: Scratch) => string;
  /** Instead of tdaemon. */
  program?: string[];
  /** What a shell does first. */
  caller?: string;
  root?: true;
}

const AS_NOBODY = () => ['--user', 'nobody'];

const STEPS: Step[] = [
  // Neither the call nor the listing that stands in for it.
  { stage: 'close', fault: 'close_range/ENOSYS getdents64/EIO', code: 'EIO' },
  { stage: 'nice', fault: 'setpriority:error=EPERM', code: 'EPERM', options: () => ['--nice', '5'] },
  { stage: 'ionice', fault: 'ioprio_set:error=EPERM', code: 'EPERM', options: () => ['--ionice', 'idle'] },
  {
    stage: 'sched',
    fault: 'sched_setscheduler:error=EPERM',
    code: 'EPERM',
    options: () => ['--sched', 'batch'],
  },
  {
    stage: 'oom-score-adj',
    fault: 'openat:error=EACCES',
    path: () => '/proc/self/oom_score_adj',
    code: 'EACCES',
    options: () => ['--oom-score-adj', '100'],
  },
  {
    stage: 'lock',
    fault: 'flock:error=ENOLCK',
    code: 'ENOLCK',
    options: (at) => ['--lock', at.file('lock')],
  },
  { stage: 'pidfile', fault: 'linkat:error=EROFS', code: 'EROFS' },
  { stage: 'pidfile', fault: 'fchmod:error=EIO', code: 'EIO' },
  // Only the daemon's child opens it: the wrapper, which does too, is left out.
  {
    stage: 'stdin',
    fault: 'openat:error=ENFILE',
    path: () => '/dev/null',
    code: 'ENFILE',
    program: ['node', TDAEMON],
  },
  { stage: 'chroot', fault: 'chroot:error=EPERM', code: 'EPERM', options: () => ['--chroot', '/'] },
  {
    stage: 'chdir',
    fault: 'chdir:error=EIO',
    path: (at) => at.file('place'),
    code: 'EIO',
    options: (at) => ['--chdir', at.file('place')],
  },
  // RLIMIT_CORE, and a new value is given.
  {
    stage: 'limit',
    fault: 'prlimit64/EPERM/1=4/2!0',
    code: 'EPERM',
    options: () => ['--limit', 'core=0'],
  },
  { stage: 'stdio', fault: 'dup2/EMFILE/1=0', code: 'EMFILE' },
  // F_SETFD 0: Node itself sets FD_CLOEXEC only.
  {
    stage: 'keep-fd',
    fault: 'fcntl/EBADF/0=7/1=2/2=0',
    code: 'EBADF',
    options: () => ['--keep-fd', '7'],
    caller: 'exec 7</dev/null',
  },
  {
    stage: 'no-new-privs',
    fault: 'prctl:error=EINVAL:when=2',
    code: 'EINVAL',
    options: () => ['--no-new-privs'],
  },
  { stage: 'setgroups', fault: 'setgroups:error=EPERM', code: 'EPERM', options: AS_NOBODY, root: true },
  { stage: 'setgid', fault: 'setresgid:error=EPERM', code: 'EPERM', options: AS_NOBODY, root: true },
  { stage: 'setuid', fault: 'setresuid:error=EAGAIN', code: 'EAGAIN', options: AS_NOBODY, root: true },
];

describe.each(STEPS.filter(({ root }) => isRoot || !root))(
  '$stage: $fault',
  ({ stage, fault, path, code, options, program, caller = ':' }) => {
    it(`is told as stage ${stage}`, async () => {
      const at = scratch();
      const narrowed = path ? ['-P', path(at)] : [];
      const faulty = fault.includes('/')
        ? deny(...fault.split(' '))
        : strace(at, ...narrowed, '-e', `inject=${fault}`);
      const failure = await expectCleanFailure(at, {
        under: ['/bin/sh', '-c', `${caller}; exec "$@"`, 'sh', ...faulty],
        options: options?.(at) ?? [],
        ...(program && { program }),
      });
      expect(failure).toMatchObject({ status: 125, stage, code });
      expect(failure.message).toMatch(new RegExp(`^cannot .* \\(${code}\\)$`));
    });
  },
);

/** fork.test.ts, exec.test.ts and disk.test.ts have these; the first two a supervisor's programs (test/native/supervised.test.ts). */
const ELSEWHERE = [
  'cgroup',
  'record',
  'channel',
  'fork',
  'setsid',
  'second-fork',
  'stdout',
  'stderr',
  'exec',
  'killed',
  'leader-killed',
];

it('no step is without a fault', () => {
  const tried = [...ELSEWHERE, ...STEPS.map(({ stage }) => stage)];
  expect([...new Set(tried)].sort()).toEqual([...STAGES].sort());
});
