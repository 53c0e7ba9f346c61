/**
 * What the add-on must take as a SpawnPlan, said a second time and independently of native/marshal.cc: the test of random
 * plans asks both.
 */
import { types } from 'node:util';

export type Path = readonly (string | number)[];
/** Paths of what is wrong in a value: the add-on must name one of them, or what contains it. */
export type Check = (value: unknown, path: Path) => Path[];

const MOST_INT = 2 ** 31 - 1;
/** (uid_t) -1 means "unchanged" to the kernel. */
const MOST_ID = 2 ** 32 - 2;

const when = (right: (value: unknown) => boolean): Check => {
  return (value, path) => (right(value) ? [] : [path]);
};

const isObject = (value: unknown): value is Record<string, unknown> =>
  (typeof value === 'object' && value !== null) || typeof value === 'function';

const integer = (least: number, most: number) =>
  when(
    (value) =>
      typeof value === 'number' &&
      value >= least &&
      value <= most &&
      (Number.isInteger(value) || value === Number.POSITIVE_INFINITY),
  );

function isBytes(value: unknown): value is string | Uint8Array {
  if (typeof value === 'string') return !value.includes('\0');
  // Not `instanceof`: a Proxy of one is none. Not its own `includes`: bytes whose memory was taken away are empty.
  return (
    Object.prototype.toString.call(value) === '[object Uint8Array]' &&
    ArrayBuffer.isView(value) &&
    !Array.prototype.includes.call(value, 0)
  );
}

const bytes = when(isBytes);

function startsWithSlash(value: string | Uint8Array): boolean {
  return typeof value === 'string' ? value.startsWith('/') : value[0] === 0x2f;
}

const absolute = when((value) => isBytes(value) && startsWithSlash(value));
const boolean = when((value) => value === undefined || value === null || typeof value === 'boolean');

const optional =
  (check: Check): Check =>
  (value, path) =>
    value === undefined || value === null ? [] : check(value, path);

const record =
  (fields: Record<string, Check>): Check =>
  (value, path) =>
    isObject(value)
      ? Object.entries(fields).flatMap(([name, check]) => check(value[name], [...path, name]))
      : [path];

interface Lengths {
  least?: number;
  most?: number;
}

const list =
  (check: (at: number) => Check, { least = 0, most = Number.POSITIVE_INFINITY }: Lengths = {}): Check =>
  (value, path) => {
    if (!Array.isArray(value) || types.isProxy(value)) return [path];
    const own = value.length < least || value.length > most ? [path] : [];
    // Each, also where there is none: a hole is undefined, which is nowhere right. The first are enough.
    const looked = Math.min(value.length, 10_000);
    return [
      ...own,
      ...Array.from({ length: looked }, (_, at) => at).flatMap((at) => check(at)(value[at], [...path, at])),
    ];
  };

const limit = record({
  resource: integer(0, 63),
  soft: integer(0, Number.POSITIVE_INFINITY),
  hard: optional(integer(0, Number.POSITIVE_INFINITY)),
});

const KINDS: Record<string, (number: number) => Record<string, Check>> = {
  null: () => ({}),
  inherit: () => ({ descriptor: integer(0, MOST_INT) }),
  same: (number) => ({ as: integer(0, number - 1) }),
  file: () => ({ path: absolute, truncate: boolean }),
};

const stdio =
  (number: number): Check =>
  (value, path) => {
    if (!isObject(value)) return [path];
    const { kind } = value;
    const name = isBytes(kind) ? Buffer.from(kind as string).toString('utf8') : '';
    const fields = Object.hasOwn(KINDS, name) ? KINDS[name] : undefined;
    return fields ? record(fields(number))(value, path) : [[...path, 'kind']];
  };

const pass = record({ from: integer(3, MOST_INT), to: integer(3, MOST_INT) });

export const checkPlan = record({
  candidates: list(() => bytes, { least: 1 }),
  argv: list(() => bytes, { least: 1 }),
  env: list(() => bytes),
  nice: optional(integer(-20, 19)),
  ionice: optional(integer(0, 65_535)),
  sched: optional(record({ policy: integer(0, MOST_INT), priority: integer(0, 99) })),
  oomScoreAdj: optional(integer(-1000, 1000)),
  umask: optional(integer(0, 0o777)),
  lock: optional(absolute),
  pidfile: optional(absolute),
  bootId: optional(bytes),
  highDescriptor: integer(3, MOST_INT),
  stdio: list(stdio, { least: 3, most: 3 }),
  chroot: optional(bytes),
  limits: list(() => limit),
  ids: optional(
    record({
      uid: integer(0, MOST_ID),
      gid: integer(0, MOST_ID),
      groups: list(() => integer(0, MOST_ID)),
    }),
  ),
  chdir: bytes,
  keep: list(() => integer(3, MOST_INT)),
  passes: optional(list(() => pass)),
  cgroup: optional(integer(3, MOST_INT)),
  record: optional(integer(3, MOST_INT)),
  listenPid: boolean,
  tellOutputs: boolean,
  noNewPrivs: boolean,
  foreground: boolean,
});

/** As the add-on's messages have it: `limits[0].soft`. */
export function nameOf(path: Path): string {
  return path.reduce<string>((name, step) => {
    if (typeof step === 'number') return `${name}[${step}]`;
    return name === '' ? step : `${name}.${step}`;
  }, '');
}
