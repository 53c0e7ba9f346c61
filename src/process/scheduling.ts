/** Scheduling classes and policies by the names of ionice(1) and chrt(1). */

/** A class of ioprio_set(2), as ionice(1) calls it. */
export type IoClass = 'none' | 'realtime' | 'best-effort' | 'idle';

export const IO_CLASSES: Readonly<Record<IoClass, number>> = {
  none: 0,
  realtime: 1,
  'best-effort': 2,
  idle: 3,
};

/** A policy of sched(7), as chrt(1) calls it. */
export type Policy = 'other' | 'fifo' | 'rr' | 'batch' | 'idle';

/** The values are Linux's. */
export const POLICIES: Readonly<Record<Policy, number>> = { other: 0, fifo: 1, rr: 2, batch: 3, idle: 5 };

/** ioprio_set(2). */
export interface IoPriority {
  /** Whether its turn comes before, with or after that of others. */
  class: IoClass;
  /** 0 (first) to 7 (last). Default 4. Meaningless for `none` and `idle`. */
  level?: number;
}

/** sched_setscheduler(2). */
export interface Scheduling {
  /** How it shares the processors with others. */
  policy: Policy;
  /** 1 to 99 for `fifo` and `rr`, else 0. Default: the lowest allowed. */
  priority?: number;
}

/** ioprio_set(2): the class in the bits from 13 up. */
export function ioPriorityNumber({ class: name, level }: IoPriority): number {
  const takesLevel = name === 'realtime' || name === 'best-effort';
  return (IO_CLASSES[name] << 13) | (takesLevel ? (level ?? 4) : 0);
}

export function isRealTime(policy: Policy): boolean {
  return policy === 'fifo' || policy === 'rr';
}
