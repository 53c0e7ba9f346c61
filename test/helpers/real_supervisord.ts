/** The real supervisord's parser (Debian's package), and our result in its words. */
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import type { Config, ProcessConfig } from '../../src/config/model';
import { CORPUS } from './config_cases';

export interface Question {
  file: string;
  cwd: string;
  args: string[];
  environment: Record<string, string>;
}

export interface Meaning {
  error?: string;
  supervisord?: Record<string, unknown>;
  groups?: { name: string; processes: { name: string }[] }[];
  servers?: unknown[];
  ctl?: Record<string, unknown>;
}

/** All at once: a Python takes long to start. */
export function askSupervisord(questions: Question[]): Meaning[] {
  const { stdout, stderr } = spawnSync(
    '/usr/bin/python3',
    ['-W', 'ignore', path.join(CORPUS, 'supervisord.py')],
    {
      input: JSON.stringify(questions),
      encoding: 'utf8',
      env: { PYTHONUTF8: '1', PATH: '/usr/bin:/bin' },
      maxBuffer: 2 ** 28,
    },
  );
  if (stdout === '') throw new Error(stderr);
  return (JSON.parse(stdout) as Meaning[]).map(asItRuns);
}

/** Of groups of one name it takes the first, of processes the last. */
function asItRuns(meaning: Meaning): Meaning {
  if (!meaning.groups) return meaning;
  const { groups } = meaning;
  const first = groups.filter((group, at) => groups.findIndex(({ name }) => name === group.name) === at);
  return {
    ...meaning,
    groups: first.map((group) => ({
      ...group,
      processes: group.processes.filter(
        ({ name }, at) => group.processes.findLastIndex((each) => each.name === name) === at,
      ),
    })),
  };
}

const LEVELS = { critical: 50, error: 40, warn: 30, info: 20, debug: 10, trace: 5, blather: 3 };

function channelIn(name: string, { target, ...channel }: ProcessConfig['stdout']) {
  return {
    [`${name}_logfile`]: target.kind === 'file' ? target.path : target.kind,
    [`${name}_logfile_maxbytes`]: channel.maxBytes,
    [`${name}_logfile_backups`]: channel.backups,
    [`${name}_capture_maxbytes`]: channel.captureMaxBytes,
    [`${name}_events_enabled`]: channel.eventsEnabled,
    [`${name}_syslog`]: channel.syslog,
  };
}

function processIn(process: ProcessConfig) {
  return {
    name: process.name,
    command: process.commandText,
    argv: process.command,
    priority: process.priority,
    autostart: process.autostart,
    autorestart: process.autorestart,
    startsecs: process.startSecs,
    startretries: process.startRetries,
    exitcodes: process.exitCodes,
    stopsignal: process.stopSignal,
    stopwaitsecs: process.stopWaitSecs,
    stopasgroup: process.stopAsGroup,
    killasgroup: process.killAsGroup,
    redirect_stderr: process.redirectStderr,
    umask: process.umask ?? null,
    uid: process.user?.uid ?? null,
    environment: process.environment,
    directory: process.directory ?? null,
    serverurl: process.serverUrl,
    ...channelIn('stdout', process.stdout),
    ...channelIn('stderr', process.stderr),
  };
}

function groupIn({ name, priority, processes, kind }: Config['groups'][number]) {
  const { listener, fcgi } = processes[0] ?? {};
  const socket = fcgi && {
    url:
      fcgi.address.kind === 'unix'
        ? `unix://${fcgi.address.path}`
        : `tcp://${fcgi.address.host}:${fcgi.address.port}`,
    backlog: fcgi.backlog ?? null,
    ...(fcgi.address.kind === 'unix' && {
      mode: fcgi.mode,
      owner: fcgi.owner ? [fcgi.owner.uid, fcgi.owner.gid] : null,
    }),
  };
  return {
    name,
    priority,
    processes: processes.map(processIn),
    ...(listener && { events: listener.events.toSorted(), buffer_size: listener.bufferSize }),
    ...(kind === 'fcgi-program' && { socket }),
  };
}

/** What supervisord would call it. */
export function inItsWords({ supervisord: main, unixServers, inetServers, groups, ctl }: Config): Meaning {
  const credentials = (each?: { username: string; password: string }) => ({
    username: each?.username ?? null,
    password: each?.password ?? null,
  });
  return {
    supervisord: {
      logfile: main.logfile,
      logfile_maxbytes: main.maxBytes,
      logfile_backups: main.backups,
      loglevel: LEVELS[main.logLevel],
      pidfile: main.pidfile,
      umask: main.umask,
      nodaemon: main.nodaemon,
      silent: main.silent,
      minfds: main.minfds,
      minprocs: main.minprocs,
      nocleanup: main.nocleanup,
      childlogdir: main.childLogDir,
      uid: main.user?.uid ?? null,
      directory: main.directory ?? null,
      strip_ansi: main.stripAnsi,
      environment: main.environment,
      identifier: main.identifier,
    },
    groups: groups.map(groupIn),
    servers: [
      ...inetServers.map(({ host, port, credentials: each }) => ({ host, port, ...credentials(each) })),
      ...unixServers.map(({ file, mode, owner, credentials: each }) => ({
        file,
        chmod: mode,
        chown: owner ? [owner.uid, owner.gid] : [-1, -1],
        ...credentials(each),
      })),
    ],
    ctl: {
      serverurl: ctl.serverUrl,
      username: ctl.username ?? null,
      password: ctl.password ?? null,
      prompt: ctl.prompt,
      history_file: ctl.historyFile ?? null,
    },
  };
}
