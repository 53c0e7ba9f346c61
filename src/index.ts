/** The public API. */
export { type Daemon, daemonize } from './daemon/daemonize';
export { daemonizeSelf, type Self, type SelfOptions } from './daemon/daemonize_self';
export type { Selector } from './daemon/find_daemons';
export type { DaemonizeOptions, StdioTarget } from './daemon/options';
export type { ReadinessEvent, ReadyOptions } from './daemon/ready_options';
export { type RestartOptions, restart } from './daemon/restart';
export { type SignalOptions, signalDaemon } from './daemon/signal';
export { type DaemonStatus, statusOf } from './daemon/status';
export { type StopOptions, type Stopped, stop } from './daemon/stop';
export { type FailureReason, TdaemonError } from './errors';
export type { Stage } from './native';
export type { Bytes } from './process/bytes';
export type { ProcessDescription } from './process/describe';
export type { Limit, LimitName, Limits } from './process/limits';
export type { IoClass, IoPriority, Policy, Scheduling } from './process/scheduling';
