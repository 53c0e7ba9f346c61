/** Where an output of a process goes, and what supervisord's users should know of it. */
import type { Values } from './key';
import type { PROCESS } from './keys';
import type { ChannelConfig } from './model';

type Doubt = (key: string, what: string) => void;

export function channelOf(
  values: Values<typeof PROCESS>,
  name: 'stdout' | 'stderr',
  doubt: Doubt,
): ChannelConfig {
  const logfile = values[`${name}_logfile`];
  const maxBytes = values[`${name}_logfile_maxbytes`];
  if (logfile.kind === 'syslog')
    doubt(`${name}_logfile`, `'syslog' is an old way to write NONE and ${name}_syslog=true`);
  if (logfile.kind === 'auto' && maxBytes === 0)
    doubt(`${name}_logfile_maxbytes`, 'an AUTO log that is never rotated can fill the disk');
  return {
    target: logfile.kind === 'syslog' ? { kind: 'none' } : logfile,
    maxBytes,
    backups: values[`${name}_logfile_backups`],
    captureMaxBytes: values[`${name}_capture_maxbytes`],
    eventsEnabled: values[`${name}_events_enabled`],
    syslog: logfile.kind === 'syslog' || values[`${name}_syslog`],
    compress: values[`${name}_logfile_compress`],
    timestamps: values[`${name}_log_timestamps`],
    interval: values[`${name}_logfile_interval`],
    direct: name === 'stdout' && values.stdout_log_direct,
  };
}

/** Between the program and the log that it opens itself stands nobody. */
export function checkDirect(
  { direct, target, timestamps, compress, interval }: ChannelConfig,
  doubt: Doubt,
  wrong: (key: string, what: string) => Error,
): void {
  if (!direct) return;
  if (target.kind !== 'file') throw wrong('stdout_log_direct', 'it needs a stdout_logfile that is a path');
  const needUs = { log_timestamps: timestamps, logfile_compress: compress, logfile_interval: interval > 0 };
  for (const [key, wanted] of Object.entries(needUs))
    if (wanted) doubt(`stdout_${key}`, 'it has no effect with stdout_log_direct');
}

/** Standard error that goes where standard output goes has no log of its own. */
export function redirected(channel: ChannelConfig, doubt: Doubt): ChannelConfig {
  if (channel.target.kind === 'file')
    doubt('stderr_logfile', 'it is ignored, because redirect_stderr is true');
  return { ...channel, target: { kind: 'none' } };
}
