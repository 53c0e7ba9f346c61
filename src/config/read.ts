/** Reads a supervisord.conf: what it means, what somebody should know of it, and which programs cannot be had. */
import { hostname } from 'node:os';
import { resolve } from 'node:path';
import { invalid } from '../errors';
import { absolutePath } from '../process/working_directory';
import { checkDependencies } from './dependencies';
import type { Warn } from './diagnostics';
import { Scope } from './expand';
import { readGroups } from './groups';
import { inspect } from './inspect';
import type { Values } from './key';
import { SUPERVISORD } from './keys';
import type { Broken, Config, GroupConfig, SupervisordConfig, Warning } from './model';
import type { Overrides, Reading } from './section';
import { readCtl, readInetServers, readUnixServers } from './servers';
import { readSource } from './source';
import { Surroundings } from './surroundings';

export interface ReadOptions {
  /** What `%(ENV_X)s` sees. Default: our own. */
  environment?: Readonly<Record<string, string | undefined>>;
  /** Of the command line, by the names of their keys in `[supervisord]`; flags are `true`. */
  overrides?: Overrides;
  /** Where relative paths begin. Default: our own. */
  cwd?: string;
}

export interface Reread {
  config: Config;
  warnings: Warning[];
  /** In no group of `config`. */
  broken: Broken[];
}

/** @throws TdaemonError (`invalid`) `FILE:LINE: [section] key: what is wrong`, if it concerns more than one program */
export function readConfig(file: string, options: ReadOptions = {}): Reread {
  const { environment = process.env, overrides = {}, cwd = resolve(absolutePath('.')) } = options;
  const warnings = new Map<string, Warning>();
  const warn: Warn = (message, place) => {
    const warning = { ...place, message };
    warnings.set(JSON.stringify(warning), warning);
  };
  const path = resolve(cwd, file);
  const globals = Scope.ofEnvironment(environment, new Scope([['host_node_name', hostname()]]));
  const reading = readSource(path, new Surroundings(environment, cwd), globals, warn);
  const found = readAll(reading, path, globals, overrides);
  // A copy: the strings of this one are windows into the text of the files, and would keep all of it in memory.
  return structuredClone({ ...found, warnings: [...warnings.values()] });
}

function readAll(
  reading: Reading,
  file: string,
  globals: Scope,
  overrides: Overrides,
): Omit<Reread, 'warnings'> {
  const { ini, surroundings } = reading;
  inspect(reading);
  const section = ini.sections.get('supervisord');
  if (!section) throw invalid(`${file}: there is no section [supervisord]`);
  const values = reading.values(section, SUPERVISORD, globals, overrides);
  const supervisord = supervisordOf(values, surroundings.temporaryDirectory());
  const scope = Scope.ofEnvironment(values.environment, globals);
  const ctl = readCtl(reading, globals);
  const servers = {
    unixServers: readUnixServers(reading, scope),
    inetServers: readInetServers(reading, scope),
  };
  // Where the supervisor will be by the time that they are used.
  if (supervisord.directory !== undefined && !supervisord.nodaemon) surroundings.cwd = supervisord.directory;
  const { groups, broken } = readGroups(reading, scope, values.environment);
  const unknown = checkDependencies(groups, broken);
  return {
    config: {
      file,
      supervisord,
      ...servers,
      ctl,
      hasRpcInterface: ini.sections.has('rpcinterface:supervisor'),
      groups: without(groups, unknown),
    },
    broken: [...broken, ...unknown],
  };
}

/** A group that has nobody left goes too. */
function without(groups: GroupConfig[], broken: readonly Broken[]): GroupConfig[] {
  return groups.flatMap((group) => {
    const gone = new Set(broken.filter((each) => each.group === group.name).map(({ program }) => program));
    if (gone.size === 0) return group;
    const processes = group.processes.filter(({ program }) => !gone.has(program));
    return processes.length === 0 ? [] : { ...group, processes };
  });
}

function supervisordOf(values: Values<typeof SUPERVISORD>, temporary: string): SupervisordConfig {
  const { user, directory } = values;
  return {
    logfile: values.logfile,
    maxBytes: values.logfile_maxbytes,
    backups: values.logfile_backups,
    logLevel: values.loglevel,
    pidfile: values.pidfile,
    umask: values.umask,
    nodaemon: values.nodaemon,
    silent: values.silent,
    minfds: values.minfds,
    minprocs: values.minprocs,
    nocleanup: values.nocleanup,
    childLogDir: values.childlogdir ?? temporary,
    ...(user && { user: { name: user.name, uid: user.uid } }),
    ...(directory !== undefined && { directory }),
    stripAnsi: values.strip_ansi,
    environment: values.environment,
    identifier: values.identifier,
    exitOnFatal: values.exit_on_fatal,
  };
}
