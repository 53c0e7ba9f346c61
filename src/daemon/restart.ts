/** Stop what runs, start anew; but what cannot be started stops nothing. */
import { checkCommand } from './check_command';
import { type Daemon, daemonize, hasReadiness } from './daemonize';
import type { DaemonizeOptions } from './options';
import { makePlan } from './plan';
import { type StopOptions, stop } from './stop';

/** Those of daemonize(), with a pidfile, and how to stop what runs. */
export interface RestartOptions extends DaemonizeOptions {
  /** Of the daemon to stop, and of the one to start. */
  pidfile: string;
  /** How to stop what runs. Default as `stop`. */
  stopping?: Pick<StopOptions, 'retry' | 'signal' | 'group' | 'onWait'>;
}

/**
 * Stop the daemon of the pidfile, if it runs, then start the command.
 *
 * @throws TdaemonError as `stop` and `daemonize`. When the command cannot be found or executed, or can never
 *   be ready in the way that is asked for, nothing is stopped.
 *   `already-running` when somebody else's start came first.
 */
export async function restart({ stopping, ...options }: RestartOptions): Promise<Daemon> {
  const plan = makePlan(options);
  checkCommand(plan);
  if (hasReadiness(options)) {
    const { Readiness } = await import('./readiness');
    new Readiness(plan, options);
  }
  await stop({ ...stopping, pidfile: options.pidfile });
  return daemonize(options);
}
