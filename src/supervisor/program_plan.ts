/** From a program's configuration to what the add-on starts. */
import type { ProcessConfig } from '../config/model';
import { HIGH_DESCRIPTOR, type Plan } from '../daemon/plan';
import type { StdioPlan } from '../native';
import { isCaller, resolveAccount } from '../process/account';
import type { Bytes } from '../process/bytes';
import { composeEnvironment, setVariable, type Variables, variable } from '../process/environment';
import { readEnvironmentFile } from '../process/environment_file';
import { type Limits, planLimits } from '../process/limits';
import { candidates } from '../process/search_path';

/** What all programs get from their supervisor. */
export interface Surroundings {
  /** Of whoever has started the supervisor. */
  environment: readonly Bytes[];
  /** SUPERVISOR_SERVER_URL, where there is one. */
  serverUrl: string | undefined;
  /** Soft limit of open files without `rlimit_nofile`: Node has raised its own. */
  openFiles: number;
  directory: string;
  umask: number;
}

function limitsOf(config: ProcessConfig, openFiles: number) {
  const limits: Limits = { nofile: { soft: openFiles } };
  for (const { name, soft, hard } of config.limits)
    limits[name as keyof Limits] = hard === undefined ? { soft } : { soft, hard };
  return planLimits(limits);
}

/** @throws TdaemonError: an unknown user, an environment file that cannot be read, a wrong limit */
export function planProgram(
  config: ProcessConfig,
  group: string,
  around: Surroundings,
  stdio: StdioPlan[],
): Plan {
  const account = resolveAccount(config.user?.uid, undefined);
  const directory = config.directory ?? around.directory;
  const additions: Variables[] = [new Map(Object.entries(config.environment))];
  if (config.envFile !== undefined) additions.push(readEnvironmentFile(config.envFile));
  const url = config.serverUrl ?? around.serverUrl;
  const told = new Map<string, Bytes>([
    ['SUPERVISOR_ENABLED', '1'],
    ['SUPERVISOR_PROCESS_NAME', config.name],
    ['SUPERVISOR_GROUP_NAME', group],
    ...(url === undefined ? [] : [['SUPERVISOR_SERVER_URL', url] as const]),
  ]);
  const environment = composeEnvironment({
    clear: false,
    additions: [told, ...additions],
    account: account?.entry,
    nameless: account !== undefined && account.entry === undefined,
    directory,
    foreground: false,
    inherited: around.environment,
  });
  if (config.directory === undefined && !additions.some((given) => given.has('PWD')))
    setVariable(environment, 'PWD', directory);
  const [command = ''] = config.command;
  const limits = limitsOf(config, around.openFiles);
  return {
    command,
    environment,
    ...(account && { account }),
    limitNames: limits.map(({ name }) => name),
    daemonUid: account?.ids.uid ?? process.geteuid?.() ?? 0,
    spawn: {
      candidates: candidates(command, variable(environment, 'PATH'), false),
      argv: config.command,
      env: [...environment.values()],
      ...(config.nice !== undefined && { nice: config.nice }),
      ...(config.oomScoreAdj !== undefined && { oomScoreAdj: config.oomScoreAdj }),
      umask: config.umask ?? around.umask,
      highDescriptor: HIGH_DESCRIPTOR,
      stdio,
      limits: limits.map(({ plan }) => plan),
      ...(account && !isCaller(account.ids) && { ids: account.ids }),
      chdir: directory,
      keep: [],
      noNewPrivs: false,
      foreground: false,
    },
  };
}
