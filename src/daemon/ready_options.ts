/** Options of a start that waits until the daemon is ready. */
/** What happens while a start waits. */
export type ReadinessEvent =
  /** Once at the beginning, and whenever the daemon says something new. */
  | { kind: 'waiting'; conditions: string[]; status?: string }
  | { kind: 'warning'; message: string }
  /** A line that a `cmd:` has printed. */
  | { kind: 'output'; line: string };

/** When a daemon counts as started, and how long that may take. */
export interface ReadyOptions {
  /** SPEC, or several that must all come true: `alive:2s`, `line:REGEX`, `fd:N`, `notify`, … Default: exec is enough. */
  ready?: string | readonly string[];
  /** Milliseconds. Default 30,000. */
  readyTimeout?: number;
  /** Leave it running when it is not ready in time. The call fails all the same. Default false. */
  readyKeep?: boolean;
  /** A PEM file with certificates that `https://` trusts too. */
  readyCa?: string;
  /** Milliseconds between SIGTERM and SIGKILL for a daemon that is not ready. Default 5,000. */
  readyGrace?: number;
  /** Ends the wait, and the daemon. */
  signal?: AbortSignal;
  /** Told while it waits. */
  onReadiness?: (event: ReadinessEvent) => void;
}

export const DEFAULT_READY_TIMEOUT_MS = 30_000;
export const DEFAULT_READY_GRACE_MS = 5000;
