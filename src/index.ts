/** The public API. */
export { type Daemon, daemonize } from './daemon/daemonize';
export { daemonizeSelf, type Self, type SelfOptions } from './daemon/daemonize_self';
export type { DaemonizeOptions, StdioTarget } from './daemon/options';
export { type FailureReason, TdaemonError } from './errors';
export type { Stage } from './native';
export type { Bytes } from './process/bytes';
export type { Limit, LimitName, Limits } from './process/limits';
export type { IoClass, IoPriority, Policy, Scheduling } from './process/scheduling';
