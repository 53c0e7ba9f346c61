/** From options to a SpawnPlan: everything that can be found out before the fork. */
import { invalid } from '../errors';
import type { SpawnPlan, StdioPlan } from '../native';
import { type Account, isCaller, resolveAccount } from '../process/account';
import { type Bytes, includes, startsWith } from '../process/bytes';
import { composeEnvironment, type Environment, type Variables, variable } from '../process/environment';
import { readEnvironmentFile } from '../process/environment_file';
import { bootId } from '../process/identity';
import { defaultOpenFiles, planLimits } from '../process/limits';
import { ioPriorityNumber, isRealTime, POLICIES } from '../process/scheduling';
import { candidates } from '../process/search_path';
import { absolutePath } from '../process/working_directory';
import { checkTypes } from './check_types';
import type { DaemonizeOptions } from './options';

/**
 * Where descriptors for the daemon's whole life go: high, because 3 must stay free for LISTEN_FDS, and not
 * so high that the kernel's table of them grows.
 */
export const HIGH_DESCRIPTOR = 255;

export interface Plan {
  spawn: SpawnPlan;
  command: Bytes;
  environment: Environment;
  account?: Account;
  limitNames: string[];
  /** The uid that the daemon will have. */
  daemonUid: number;
}

export function makePlan(options: DaemonizeOptions, foreground = false): Plan {
  checkTypes(options);
  const { command } = options;
  if (command.length === 0) throw invalid('the command is empty');
  const account = resolveAccount(options.user, options.group);
  const directory = workingDirectory(options);
  const environment = composeEnvironment({
    clear: options.clearEnv ?? false,
    additions: additions(options),
    account: options.user === undefined ? undefined : account?.entry,
    nameless: options.user !== undefined && account?.entry === undefined,
    directory,
    foreground,
    ...(options.baseEnv && { inherited: options.baseEnv }),
  });
  checkFiles(options);
  const limits = planLimits({ nofile: { soft: defaultOpenFiles() }, ...options.limits });
  // Only for the pidfile's identity: it costs half a millisecond.
  const boot = options.pidfile === undefined ? undefined : bootId();
  const changesIds = account !== undefined && !isCaller(account.ids);
  return {
    command,
    environment,
    ...(account && { account }),
    limitNames: limits.map(({ name }) => name),
    daemonUid: account?.ids.uid ?? process.geteuid?.() ?? 0,
    spawn: {
      candidates: candidates(command, variable(environment, 'PATH'), options.chroot !== undefined),
      argv: [options.argv0 ?? command, ...(options.args ?? [])],
      env: [...environment.values()],
      ...scheduling(options),
      umask: options.umask ?? 0o022,
      ...(options.lock !== undefined && { lock: filePath('lock', options.lock) }),
      ...(options.pidfile !== undefined && { pidfile: filePath('pidfile', options.pidfile) }),
      ...(boot && { bootId: boot }),
      highDescriptor: HIGH_DESCRIPTOR,
      stdio: planStdio(options, foreground ? 'inherit' : '/dev/null'),
      ...(options.chroot !== undefined && { chroot: filePath('chroot', options.chroot) }),
      limits: limits.map(({ plan }) => plan),
      ...(changesIds && { ids: account.ids }),
      chdir: directory,
      keep: [...(options.keepFds ?? [])],
      noNewPrivs: options.noNewPrivs ?? false,
      foreground,
    },
  };
}

/** One file cannot serve two of these: the lock of a pidfile is lost when any descriptor of it is closed. */
function checkFiles(options: DaemonizeOptions): void {
  const { pidfile, lock, stdin, stdout, stderr } = options;
  const given = Object.entries({ pidfile, lock, stdin, stdout, stderr }).filter(
    ([, path]) => path !== undefined,
  );
  const paths = new Map(given.map(([name, path]) => [name, absolutePath(path as string)]));
  for (const precious of ['pidfile', 'lock']) {
    const path = paths.get(precious);
    const other = [...paths].find(
      ([name, same]) => path !== undefined && name !== precious && same === path,
    )?.[0];
    if (other) throw invalid(`${precious} and ${other} are the same file '${path}'`);
  }
}

function filePath(name: string, path: string): string {
  if (path === '') throw invalid(`${name}: the file name is empty`);
  if (path.includes('\0')) throw invalid(`${name}: the file name contains a NUL byte`);
  return absolutePath(path);
}

function workingDirectory({ chdir = '/', chroot }: DaemonizeOptions): string {
  if (chroot !== undefined && !startsWith(chdir, '/')) return `/${chdir}`;
  return filePath('chdir', chdir);
}

function additions({ env = {}, envFile = [] }: DaemonizeOptions): Variables[] {
  const files = typeof envFile === 'string' ? [envFile] : envFile;
  const given = env instanceof Map ? (env as Variables) : new Map(Object.entries(env));
  return [...files.map((file) => readEnvironmentFile(filePath('environment file', file))), given];
}

function integer(name: string, value: number, least: number, most: number): number {
  if (Number.isInteger(value) && value >= least && value <= most) return value;
  throw invalid(`${name}: ${value} is not a whole number from ${least} to ${most}`);
}

function scheduling({ nice, ionice, sched, oomScoreAdj, umask }: DaemonizeOptions) {
  if (umask !== undefined) integer('umask', umask, 0, 0o777);
  if (ionice?.level !== undefined) integer('ionice level', ionice.level, 0, 7);
  if (sched) {
    const [least, most] = isRealTime(sched.policy) ? [1, 99] : [0, 0];
    integer(`priority of ${sched.policy}`, sched.priority ?? least, least, most);
  }
  return {
    ...(nice !== undefined && { nice: integer('nice', nice, -20, 19) }),
    ...(ionice && { ionice: ioPriorityNumber(ionice) }),
    ...(sched && {
      sched: {
        policy: POLICIES[sched.policy],
        priority: sched.priority ?? (isRealTime(sched.policy) ? 1 : 0),
      },
    }),
    ...(oomScoreAdj !== undefined && { oomScoreAdj: integer('oom-score-adj', oomScoreAdj, -1000, 1000) }),
  };
}

/** These names mean a descriptor of the caller's; opened as files after the fork they would mean something else. */
const OWN_DESCRIPTORS: Record<string, number> = {
  '/dev/stdin': 0,
  '/dev/stdout': 1,
  '/dev/stderr': 2,
  '/dev/fd/0': 0,
  '/dev/fd/1': 1,
  '/dev/fd/2': 2,
  '/proc/self/fd/0': 0,
  '/proc/self/fd/1': 1,
  '/proc/self/fd/2': 2,
};

function planStdio(options: DaemonizeOptions, absent: string): StdioPlan[] {
  const plans: StdioPlan[] = [];
  for (const [number, name] of (['stdin', 'stdout', 'stderr'] as const).entries()) {
    const target = options[name] ?? absent;
    if (target === 'inherit') {
      plans.push({ kind: 'inherit', descriptor: number });
      continue;
    }
    const path = filePath(name, target);
    const own = Object.hasOwn(OWN_DESCRIPTORS, path) ? OWN_DESCRIPTORS[path] : undefined;
    const same = plans.findIndex((plan, at) => at > 0 && plan.kind === 'file' && plan.path === path);
    if (path === '/dev/null') plans.push({ kind: 'null' });
    else if (own !== undefined) plans.push({ kind: 'inherit', descriptor: own });
    else if (same !== -1) plans.push({ kind: 'same', as: same });
    else plans.push({ kind: 'file', path, truncate: number > 0 && (options.truncate ?? false) });
  }
  return plans;
}

/** Whether the command is searched in PATH. */
export function isSearched(command: Bytes): boolean {
  return !includes(command, '/');
}
