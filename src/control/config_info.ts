/** A process as the configuration has it, as getAllConfigInfo tells it. */
import type { ChannelConfig, GroupConfig, LogTarget, ProcessConfig } from '../config/model';

const logfile = (target: LogTarget) => (target.kind === 'file' ? target.path : target.kind);

function channelInfo(name: 'stdout' | 'stderr', config: ChannelConfig) {
  return {
    [`${name}_logfile`]: logfile(config.target),
    [`${name}_logfile_backups`]: config.backups,
    [`${name}_logfile_maxbytes`]: config.maxBytes,
    [`${name}_capture_maxbytes`]: config.captureMaxBytes,
    [`${name}_events_enabled`]: config.eventsEnabled,
    [`${name}_syslog`]: config.syslog,
  };
}

const AUTORESTART = { always: true, unexpected: 'auto', never: false } as const;

export function configInfoOf(group: GroupConfig, config: ProcessConfig, inuse: boolean) {
  return {
    autostart: config.autostart,
    autorestart: AUTORESTART[config.autorestart],
    directory: config.directory ?? 'none',
    uid: config.user?.uid ?? 'none',
    command: config.commandText,
    exitcodes: config.exitCodes,
    group: group.name,
    group_prio: group.priority,
    inuse,
    killasgroup: config.killAsGroup,
    name: config.name,
    process_prio: config.priority,
    redirect_stderr: config.redirectStderr,
    startretries: config.startRetries,
    startsecs: config.startSecs,
    stopsignal: config.stopSignal,
    stopwaitsecs: config.stopWaitSecs,
    serverurl: config.serverUrl ?? 'none',
    ...channelInfo('stdout', config.stdout),
    ...channelInfo('stderr', config.stderr),
  };
}
