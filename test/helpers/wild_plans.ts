/** SpawnPlans that are right, and what may be put into one in the place of something right. */
import fc from 'fast-check';
import type { SpawnPlan } from '../../src/native';
import type { Path } from './right_plan';

/** Every field is there, so that each can be exchanged. What it executes does not exist. @param open a descriptor above 20 */
export function fullPlan(directory: string, keep: readonly number[], open: number): SpawnPlan {
  return {
    candidates: [`${directory}/missing`, `${directory}/missing too`],
    argv: ['command', Buffer.from([0x61, 0xff])],
    env: ['NAME=value', Buffer.from('BYTES=\xfe', 'latin1')],
    nice: 5,
    ionice: (2 << 13) | 7,
    sched: { policy: 3, priority: 0 },
    oomScoreAdj: 500,
    umask: 0o027,
    lock: `${directory}/lock`,
    pidfile: `${directory}/pid`,
    bootId: '00000000-0000-4000-8000-000000000000',
    highDescriptor: 255,
    stdio: [
      { kind: 'null' },
      { kind: 'file', path: `${directory}/log`, truncate: true },
      { kind: 'same', as: 1 },
    ],
    chroot: directory,
    limits: [
      { resource: 4, soft: 0 },
      { resource: 7, soft: 512, hard: 1024 },
    ],
    ids: { uid: 61_001, gid: 61_001, groups: [61_001, 61_002] },
    chdir: '/',
    keep: [...keep],
    passes: [
      { from: open, to: 8 },
      { from: open, to: 20 },
    ],
    tellOutputs: true,
    noNewPrivs: true,
    foreground: false,
  };
}

/** The paths of all fields and elements of a value, itself excepted. */
function pathsIn(value: unknown, path: Path = []): Path[] {
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return [];
  return Object.entries(value).flatMap(([name, inner]) => {
    const own = [...path, Array.isArray(value) ? Number(name) : name];
    return [own, ...pathsIn(inner, own)];
  });
}

const NUMBERS = [-1, 0, 1, 2, 3, 19, 20, 63, 64, 99, 100, 255, 256, 0o777, 0o1000, 65_535, 65_536];
const EDGES = [31, 32, 53, 63, 64].flatMap((bits) => [2 ** bits - 2, 2 ** bits - 1, 2 ** bits, -(2 ** bits)]);
const ODD_NUMBERS = [-0, 0.5, 1.5, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 5e-324];

function detached(): Uint8Array {
  const array = new Uint8Array(8).fill(0x61);
  structuredClone(array, { transfer: [array.buffer] });
  return array;
}

const SHAPES: Record<string, () => unknown> = {
  'a function': () => () => '/',
  'a symbol': () => Symbol('x'),
  'a boxed number': () => Object(5),
  'a boxed string': () => Object('/x'),
  'detached bytes': detached,
  'shared bytes': () => new Uint8Array(new SharedArrayBuffer(4)).fill(0x61),
  'bytes of another kind': () => new Uint8ClampedArray([0x61]),
  'numbers of 16 bits': () => new Uint16Array([0x61]),
  'a DataView': () => new DataView(new ArrayBuffer(4)),
  'a Proxy of bytes': () => new Proxy(Buffer.from('a'), {}),
  'a Proxy of an array': () => new Proxy(['a'], {}),
  'half a character': () => '\ud800',
  'a megabyte': () => 'a'.repeat(1_000_000),
  'a megabyte of bytes': () => Buffer.alloc(1_000_000, 0x61),
  'an endless sparse array': () => new Array(2 ** 32 - 1),
  'an array that is mostly holes': () => Object.assign(new Array(2 ** 31), { 0: 'a', 5: 3 }),
  'ten thousand strings': () => new Array(10_000).fill('a'),
  'ten thousand numbers': () => new Array(10_000).fill(4),
  'what has only a length': () => ({ length: 3 }),
  'a stranger to Object': () => Object.assign(Object.create(null), { kind: 'null', policy: 0, priority: 0 }),
  'an object that is all there is': () => ({
    uid: 1,
    gid: 1,
    groups: [],
    policy: 0,
    priority: 0,
    kind: 'null',
    resource: 7,
    soft: 9,
    from: 9,
    to: 8,
  }),
};

const aValue = fc.oneof(
  fc.oneof(fc.constantFrom(...NUMBERS), fc.constantFrom(...EDGES), fc.constantFrom(...ODD_NUMBERS)),
  fc.constantFrom(
    '',
    '\0',
    'a\0',
    '/\0/',
    '/',
    '.',
    '/dev/null',
    'null',
    'inherit',
    'same',
    'file',
    '__proto__',
  ),
  fc.uint8Array({ maxLength: 20 }),
  fc.constantFrom(undefined, null, true, false, 1n, -1n, new Date(0)),
  fc.anything({ withBigInt: true, withNullPrototype: true, withSparseArray: true, withTypedArray: true }),
);

/** Put there as it is, or found by a getter, which may throw, or answer differently each time. */
const HOWS = ['plainly', 'plainly', 'plainly', 'by a getter', 'at the second look', 'throws'] as const;

export interface Exchange {
  path: Path;
  how: (typeof HOWS)[number];
  /** One of SHAPES, instead of the value. */
  shape: string | undefined;
  value: unknown;
}

/** Plain data, which can be shown: see `apply`. */
export function anyExchange(plan: SpawnPlan): fc.Arbitrary<Exchange> {
  return fc.record({
    path: fc.constantFrom(...pathsIn(plan)),
    how: fc.constantFrom(...HOWS),
    shape: fc.oneof(fc.constant(undefined), fc.constantFrom(...Object.keys(SHAPES))),
    value: aValue,
  });
}

/** Nothing is opened or made elsewhere than in the test's own directory. */
function keptInside(path: Path, value: unknown, directory: string): unknown {
  const isFile = ['lock', 'pidfile', 'path', 'chroot'].includes(String(path.at(-1)));
  if (!isFile) return value;
  if (typeof value === 'string')
    return value.startsWith('/') ? `${directory}/${value.replaceAll('..', '')}` : value;
  return value instanceof Uint8Array && value[0] === 0x2f ? undefined : value;
}

/** A later exchange may change what an earlier one has put there: so nothing of `exchange` itself goes into the plan. */
export function apply(plan: SpawnPlan, exchange: Exchange, directory: string, thrown: Error): void {
  const { path, how, shape } = exchange;
  const value = keptInside(
    path,
    shape === undefined ? structuredClone(exchange.value) : SHAPES[shape]?.(),
    directory,
  );
  const last = path.at(-1) as string | number;
  const holder = path.slice(0, -1).reduce<unknown>((inner, step) => {
    return (inner as Record<string | number, unknown>)[step];
  }, plan) as Record<string | number, unknown>;
  const former = holder[last];
  let looks = 0;
  const get = () => {
    if (how === 'throws') throw thrown;
    return how === 'at the second look' && looks++ === 0 ? former : value;
  };
  if (how === 'plainly') holder[last] = value;
  else Object.defineProperty(holder, last, { get, enumerable: true, configurable: true });
}
