/** Resource limits by their names in setrlimit(2). */
import { invalid } from '../errors';
import { type LimitPlan, native } from '../native';

/** A resource of setrlimit(2), without `RLIMIT_` and in small letters. */
export type LimitName =
  | 'as'
  | 'core'
  | 'cpu'
  | 'data'
  | 'fsize'
  | 'locks'
  | 'memlock'
  | 'msgqueue'
  | 'nice'
  | 'nofile'
  | 'nproc'
  | 'rss'
  | 'rtprio'
  | 'rttime'
  | 'sigpending'
  | 'stack';

/** Counted in bytes, so that a size like `64KB` makes sense. */
export const LIMITS_IN_BYTES: readonly LimitName[] = [
  'as',
  'core',
  'data',
  'fsize',
  'memlock',
  'msgqueue',
  'rss',
  'stack',
];

/** Of one resource. */
export interface Limit {
  /** In the unit of setrlimit(2): bytes, seconds (`cpu`), microseconds (`rttime`) or a count. `Infinity`: unlimited. */
  soft: number;
  /** Default: the hard limit stays, and is raised where `soft` lies above it. */
  hard?: number;
}

/** Of some resources; the others stay as they are. */
export type Limits = Partial<Record<LimitName, Limit>>;

export function isLimitName(name: string): name is LimitName {
  return Object.hasOwn(native.limitResources, name);
}

export function limitNames(): string[] {
  return Object.keys(native.limitResources).sort();
}

function check(name: string, value: number): number {
  if (value === Number.POSITIVE_INFINITY || (Number.isSafeInteger(value) && value >= 0)) return value;
  throw invalid(`limit ${name}: ${value} is neither a whole number nor Infinity`);
}

export function planLimits(limits: Limits): { name: string; plan: LimitPlan }[] {
  return Object.entries(limits).map(([name, limit]) => {
    if (!isLimitName(name)) throw invalid(`unknown limit '${name}' (known: ${limitNames().join(', ')})`);
    const resource = native.limitResources[name] as number;
    const soft = check(name, limit.soft);
    if (limit.hard === undefined) return { name, plan: { resource, soft } };
    const hard = check(name, limit.hard);
    if (soft > hard) throw invalid(`limit ${name}: the soft limit ${soft} is above the hard limit ${hard}`);
    return { name, plan: { resource, soft, hard } };
  });
}

/**
 * The soft limit of open files for a daemon whose caller's own is not known: Node raised it at its start
 * and does not say what it was. 1024 is what select(2) can bear and what systems begin with.
 */
export function defaultOpenFiles(): number {
  const now = native.getLimit(native.limitResources.nofile as number);
  return Math.min(1024, now?.hard ?? 1024);
}

/** The caller's soft limit as bin/tdaemon noted it, never above what is allowed. */
export function clampOpenFiles(soft: number): number {
  const now = native.getLimit(native.limitResources.nofile as number);
  return Math.min(soft, now?.hard ?? soft);
}
