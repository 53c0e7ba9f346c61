/** Scheduling classes and policies by the names of ionice(1) and chrt(1). */
export const IO_CLASSES = { none: 0, realtime: 1, 'best-effort': 2, idle: 3 } as const;
export type IoClass = keyof typeof IO_CLASSES;

/** sched(7); the values are Linux's. */
export const POLICIES = { other: 0, fifo: 1, rr: 2, batch: 3, idle: 5 } as const;
export type Policy = keyof typeof POLICIES;

export interface IoPriority {
  class: IoClass;
  /** 0 (first) to 7 (last). Default 4. Meaningless for `none` and `idle`. */
  level?: number;
}

export interface Scheduling {
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
