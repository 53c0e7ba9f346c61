/** A supervisor is started, and waited for as a start is: a progress line, and ^C, which ends what was started. */
import type { Config } from '../config/model';
import { type Launched, launchedName, launchSupervisor } from '../supervisor/launch';
import type { LaunchOptions } from '../supervisor/launch_options';
import type { Voice } from './output';
import { whileWaiting } from './waiting';

/**
 * @param conditions what is waited for besides the supervisor's own start
 * @throws TdaemonError as `launchSupervisor`, which it does not return from in the foreground
 */
export async function launchWaiting(
  voice: Voice,
  config: Config,
  options: LaunchOptions,
  conditions: readonly string[] = [],
): Promise<Launched> {
  if (options.foreground) return launchSupervisor(config, options);
  const begin: Parameters<typeof whileWaiting<Launched>>[1] = ({ signal, onReadiness }) => {
    if (conditions.length > 0) onReadiness({ kind: 'waiting', conditions: [...conditions] });
    return launchSupervisor(config, options, signal);
  };
  return whileWaiting(voice, begin, launchedName(config, options));
}
