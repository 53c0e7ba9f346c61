/** From a `[program:x]`, `[fcgi-program:x]` or `[eventlistener:x]` to its processes. */
import { channelOf, checkDirect, redirected } from './channel';
import { located } from './diagnostics';
import { Scope } from './expand';
import type { Section } from './ini';
import type { Values } from './key';
import { ENVIRONMENT, PROCESS, PROGRAM } from './keys';
import type { ProcessConfig } from './model';
import { fcgiOf, listenerOf } from './program_kinds';
import { LIMITS } from './program_types';
import type { Reading } from './section';
import { checkName } from './types';

/** More are a mistake, or an attack on the memory. */
const MOST_PROCESSES = 100_000;
const SPEAKS = 'an event listener speaks on its standard output: nothing else may come between';
/** As C compares, not as dictionaries do. */
export const compare = <T extends string | number>(a: T, b: T) => (a < b ? -1 : a > b ? 1 : 0);

type Kind = ProcessConfig['kind'];
/** What all processes of a program have in common. */
type Common = Omit<
  ProcessConfig,
  'name' | 'command' | 'commandText' | 'stdout' | 'stderr' | 'environment' | 'ready' | 'sockets'
>;

export interface Program {
  section: Section;
  kind: Kind;
  name: string;
}

/** Undefined: it is another section. */
export function programOf(section: Section): Program | undefined {
  const [, word, name = ''] = /^([^:]*):([\s\S]*)$/.exec(section.header) ?? [];
  const kind = (['program', 'fcgi-program', 'eventlistener'] as const).find((each) => each === word);
  return kind && { section, kind, name: name.trim() };
}

/**
 * Its processes, by name.
 *
 * @param globals what every section may use
 * @param variables of `[supervisord] environment`
 * @throws MisconfigurationError
 */
export function readProgram(
  reading: Reading,
  { section, kind, name }: Program,
  group: string,
  globals: Scope,
  variables: Readonly<Record<string, string>>,
): ProcessConfig[] {
  located(section.place, `[${section.header}]`, () => checkName(name));
  const scope = new Scope(
    [
      ['program_name', name],
      ['group_name', group],
    ],
    globals,
  );
  const values = reading.values(section, PROGRAM, scope);
  check(reading, section, kind, values);
  const common = commonOf(values, { kind, program: name, place: section.place });
  if (kind === 'eventlistener') common.listener = listenerOf(reading, section, scope);
  if (kind === 'fcgi-program') common.fcgi = fcgiOf(reading, section, scope, values.user);
  const processes: ProcessConfig[] = [];
  for (let at = 0; at < values.numprocs; at++) {
    const numbers: [string, number][] = [
      ['process_num', values.numprocs_start + at],
      ['numprocs', values.numprocs],
    ];
    processes.push(readProcess(reading, section, common, new Scope(numbers, scope), variables));
  }
  return processes.sort((a, b) => compare(a.name, b.name));
}

function check(reading: Reading, section: Section, kind: Kind, values: Values<typeof PROGRAM>): void {
  const wrong = (key: string, what: string) => reading.wrong(section, key, what);
  const { numprocs } = values;
  if (numprocs > MOST_PROCESSES) throw wrong('numprocs', `${numprocs} is more than ${MOST_PROCESSES}`);
  if (numprocs === 0) reading.doubt(section, 'numprocs', 'there will be no process');
  const name = reading.entry(section, 'process_name')?.text ?? '';
  if (numprocs > 1 && !name.includes('%(process_num)'))
    throw wrong('process_name', '%(process_num)s must be in it where numprocs is above 1');
  if (values.stopasgroup && values.killasgroup === false)
    throw wrong('killasgroup', 'it cannot be false while stopasgroup is true');
  if (kind === 'eventlistener' && values.redirect_stderr) throw wrong('redirect_stderr', SPEAKS);
}

function commonOf(
  values: Values<typeof PROGRAM>,
  origin: Pick<ProcessConfig, 'kind' | 'program' | 'place'>,
): Common {
  const { user } = values;
  return {
    ...origin,
    priority: values.priority,
    autostart: values.autostart,
    autorestart: values.autorestart,
    startSecs: values.startsecs,
    startRetries: values.startretries,
    exitCodes: values.exitcodes,
    stopSignal: values.stopsignal,
    stopWaitSecs: values.stopwaitsecs,
    stopAsGroup: values.stopasgroup,
    killAsGroup: values.killasgroup ?? values.stopasgroup,
    ...(user && { user: { name: user.name, uid: user.uid } }),
    redirectStderr: values.redirect_stderr,
    ...(values.umask !== undefined && { umask: values.umask }),
    serverUrl: values.serverurl,
    limits: LIMITS.flatMap((name) => values[`rlimit_${name}`] ?? []),
    ...(values.nice !== undefined && { nice: values.nice }),
    ...(values.oom_score_adj !== undefined && { oomScoreAdj: values.oom_score_adj }),
    dependsOn: values.depends_on,
    readyTimeout: values.ready_timeout,
    restartDelayMax: values.restart_delay_max,
  };
}

function readProcess(
  reading: Reading,
  section: Section,
  common: Common,
  scope: Scope,
  variables: Readonly<Record<string, string>>,
): ProcessConfig {
  const { environment } = reading.values(section, ENVIRONMENT, scope);
  const values = reading.values(section, PROCESS, Scope.ofEnvironment(environment, scope));
  const doubt = (key: string, what: string) => reading.doubt(section, key, what);
  const wrong = (key: string, what: string) => reading.wrong(section, key, what);
  const stdout = channelOf(values, 'stdout', doubt);
  if (stdout.direct && common.kind === 'eventlistener') throw wrong('stdout_log_direct', SPEAKS);
  checkDirect(stdout, doubt, wrong);
  const stderr = channelOf(values, 'stderr', doubt);
  const { text: commandText, words: command } = values.command;
  return {
    ...common,
    name: located(reading.place(section, 'process_name'), `[${section.header}] process_name`, () =>
      checkName(values.process_name.trim()),
    ),
    command,
    commandText,
    stdout: reading.shared(stdout),
    stderr: reading.shared(common.redirectStderr ? redirected(stderr, doubt) : stderr),
    environment: reading.shared({ ...variables, ...environment }),
    ...(values.directory !== undefined && { directory: values.directory }),
    ...(values.env_file !== undefined && { envFile: values.env_file }),
    ready: values.ready,
    sockets: values.sockets,
  };
}
