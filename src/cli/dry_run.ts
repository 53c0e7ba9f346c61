/** The plan in words, and as JSON. */
import type { DaemonizeOptions } from '../daemon/options';
import type { Plan } from '../daemon/plan';
import { DEFAULT_READY_TIMEOUT_MS } from '../daemon/ready_options';
import type { StdioPlan } from '../native';
import { toText } from '../process/bytes';
import { describeEnvironment } from '../process/environment';

const NAMES = ['stdin', 'stdout', 'stderr'];

function target(stdio: StdioPlan): string {
  switch (stdio.kind) {
    case 'null':
      return '/dev/null';
    case 'inherit':
      return `the caller's descriptor ${stdio.descriptor}`;
    case 'same':
      return `the same as ${NAMES[stdio.as]}`;
    case 'file':
      return stdio.truncate ? `${stdio.path} (emptied first)` : stdio.path;
  }
}

function amount(value: number | undefined): string {
  return value === undefined ? 'unchanged' : value === Number.POSITIVE_INFINITY ? 'unlimited' : String(value);
}

/** Infinity has no JSON. */
function jsonAmount(value: number): number | 'unlimited' {
  return value === Number.POSITIVE_INFINITY ? 'unlimited' : value;
}

const DEFAULT_TIMEOUT_S = DEFAULT_READY_TIMEOUT_MS / 1000;

function readiness({ ready, readyTimeout, readyKeep = false, readyCa }: DaemonizeOptions) {
  if (ready === undefined) return undefined;
  const seconds = readyTimeout === undefined ? DEFAULT_TIMEOUT_S : readyTimeout / 1000;
  return { conditions: [ready].flat(), timeout: seconds, keep: readyKeep, ca: readyCa };
}

export function planToJson(plan: Plan, options: DaemonizeOptions): Record<string, unknown> {
  const { spawn } = plan;
  const limits = spawn.limits.map(({ soft, hard }, at) => [
    plan.limitNames[at],
    { soft: jsonAmount(soft), ...(hard !== undefined && { hard: jsonAmount(hard) }) },
  ]);
  return {
    command: spawn.argv.map(toText),
    candidates: spawn.candidates.map(toText),
    chdir: spawn.chdir,
    chroot: spawn.chroot,
    umask: (spawn.umask ?? 0).toString(8).padStart(3, '0'),
    pidfile: spawn.pidfile,
    lock: spawn.lock,
    stdin: spawn.stdio[0],
    stdout: spawn.stdio[1],
    stderr: spawn.stdio[2],
    user: plan.account && { name: plan.account.entry?.name, ...plan.account.ids },
    limits: Object.fromEntries(limits),
    nice: spawn.nice,
    ionice: spawn.ionice,
    sched: spawn.sched,
    oomScoreAdj: spawn.oomScoreAdj,
    noNewPrivs: spawn.noNewPrivs,
    keepFds: spawn.keep,
    foreground: spawn.foreground,
    ready: readiness(options),
    env: describeEnvironment(plan.environment),
  };
}

export function describePlan(plan: Plan, options: DaemonizeOptions): string {
  const { spawn, account } = plan;
  const ready = readiness(options);
  const rows: [string, string | undefined][] = [
    ['execute', JSON.stringify(spawn.argv.map(toText))],
    [spawn.candidates.length > 1 ? 'the first of' : 'which is', spawn.candidates.map(toText).join('\n')],
    ['how', spawn.foreground ? 'in this process' : 'as a daemon'],
    ['directory', spawn.chdir],
    ['root', spawn.chroot],
    [
      'user',
      account &&
        `${account.entry?.name ?? ''} uid ${account.ids.uid}, gid ${account.ids.gid}, groups ${account.ids.groups.join(' ')}`.trim(),
    ],
    ['umask', (spawn.umask ?? 0).toString(8).padStart(3, '0')],
    ['pidfile', spawn.pidfile],
    ['lock', spawn.lock],
    ...spawn.stdio.map((stdio, at): [string, string] => [NAMES[at] as string, target(stdio)]),
    ...spawn.limits.map(({ soft, hard }, at): [string, string] => [
      `limit ${plan.limitNames[at]}`,
      `soft ${amount(soft)}, hard ${amount(hard)}`,
    ]),
    ['nice', spawn.nice?.toString()],
    [
      'I/O priority',
      spawn.ionice !== undefined ? `class ${spawn.ionice >> 13}, level ${spawn.ionice & 7}` : undefined,
    ],
    ['scheduling', spawn.sched && `policy ${spawn.sched.policy}, priority ${spawn.sched.priority}`],
    ['oom_score_adj', spawn.oomScoreAdj?.toString()],
    ['no_new_privs', spawn.noNewPrivs ? 'yes' : undefined],
    ['descriptors', spawn.keep.length > 0 ? spawn.keep.join(' ') : undefined],
    ['ready when', ready && `${ready.conditions.join('\n')}\nwithin ${ready.timeout} s`],
    [
      'environment',
      describeEnvironment(plan.environment)
        .map((entry) => JSON.stringify(entry))
        .join('\n'),
    ],
  ];
  const shown = rows.filter((row): row is [string, string] => row[1] !== undefined && row[1] !== '');
  const width = Math.max(...shown.map(([name]) => name.length));
  return shown
    .map(([name, text]) => `${name.padEnd(width)}  ${text.replaceAll('\n', `\n${' '.repeat(width + 2)}`)}`)
    .join('\n');
}
