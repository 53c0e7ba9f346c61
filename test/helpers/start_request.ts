/** Starts with every option that there is, and the plan that each must become. */
import fs from 'node:fs';
import fc from 'fast-check';
import { expect } from 'vitest';
import { START_OPTIONS } from '../../src/cli/option_table';
import { anyText } from './any_text';

const text = anyText().filter((word) => !word.includes('\0'));
const path = text.map((word) => `/${word}`);
/** One that is there means perhaps a descriptor, or is a directory. */
const outputPath = path.filter((file) => !/^\/(dev|proc)\//.test(file) && !fs.existsSync(file));
const optional = <Value>(arbitrary: fc.Arbitrary<Value>) => fc.option(arbitrary, { nil: undefined });
const target = fc.oneof({ weight: 3, arbitrary: outputPath }, fc.constant('inherit'));
const variableName = text.filter((name) => name !== '' && !name.includes('='));

/** What is typed, and what the plan has: I/O priorities and policies as ioprio_set(2) and sched(7) number them. */
const IO_PRIORITIES = { idle: 24_576, '2:0': 16_384, 'best-effort:7': 16_391, realtime: 8196, none: 0 };
const POLICIES: Record<'batch' | 'other' | 'idle:0' | 'fifo:99' | 'rr', [number, number]> = {
  batch: [3, 0],
  other: [0, 0],
  'idle:0': [5, 0],
  'fifo:99': [1, 99],
  rr: [2, 1],
};
const AMOUNTS = { 0: 0, 64: 64, 100000: 100_000, unlimited: 'unlimited', infinity: 'unlimited' };
const SECONDS = { '2s': 2, '2.5': 2.5, '1500ms': 1.5, '1m': 60, '1h': 3600, '40': 40 };
const keyOf = <Table extends object>(table: Table) =>
  fc.constantFrom(...(Object.keys(table) as `${keyof Table & (string | number)}`[]));

const CONDITIONS = [
  'alive:1s',
  'fd:200',
  'fd:201',
  'notify',
  'tcp:[::1]:80',
  'tcp:localhost:1',
  'unix:@a b',
  'unix:x',
];
const MORE_CONDITIONS = [
  'http://localhost/x?y',
  'https://localhost:8443',
  'file:a b',
  'file:/x',
  'cmd:exit 1; :',
];

type IoPriority = keyof typeof IO_PRIORITIES;
type Amount = `${keyof typeof AMOUNTS}`;
type File = string | undefined;

export interface StartRequest {
  command: string[];
  pidfile: File;
  lock: File;
  chdir: File;
  chroot: File;
  user: { uid: number; gid: number } | undefined;
  umask: number | undefined;
  argv0: string | undefined;
  stdin: File;
  outputs: { log: File } | { stdout: File; stderr: File };
  writing: 'append' | 'truncate' | undefined;
  env: Record<string, string>;
  envFile: boolean;
  limits: Record<string, { soft: Amount; hard: Amount | undefined }>;
  nice: number | undefined;
  ionice: IoPriority | undefined;
  sched: keyof typeof POLICIES | undefined;
  oom: number | undefined;
  noNewPrivs: boolean;
  keep: number[];
  ready: string[];
  /** `line:` and its REGEX. */
  line: string | undefined;
  readyTimeout: keyof typeof SECONDS | undefined;
  readyKeep: boolean;
  readyCa: File;
  foreground: boolean;
  oknodo: boolean;
  verbose: boolean;
  /** How an option and its value are written. */
  form: '--name=value' | '--name value' | '-n value';
  /** Of the files that the request may name. */
  directory: string;
}

/** @param directory of files that the request may name and that must be there @param open descriptors from 3 up */
export function anyStartRequest(directory: string, open: readonly number[]): fc.Arbitrary<StartRequest> {
  const existing = (name: string) => fc.constant(`${directory}/${name}`);
  const size = (amount: Amount) =>
    AMOUNTS[amount] === 'unlimited' ? Number.POSITIVE_INFINITY : Number(amount);
  const limit = fc
    .record({ soft: keyOf(AMOUNTS), hard: optional(keyOf(AMOUNTS)) })
    .filter(({ soft, hard }) => hard === undefined || size(soft) <= size(hard));
  const any: fc.Arbitrary<StartRequest> = fc.record({
    command: fc.array(text, { minLength: 1, maxLength: 4 }).filter(([first]) => first !== ''),
    pidfile: optional(path),
    lock: optional(path),
    chdir: optional(path),
    chroot: optional(path),
    user: optional(
      fc.record({ uid: fc.integer({ min: 800_000_000, max: 900_000_000 }), gid: fc.nat(900_000_000) }),
    ),
    umask: optional(fc.integer({ min: 0, max: 0o777 })),
    argv0: optional(text),
    stdin: optional(target),
    outputs: fc.oneof(
      fc.record({ log: optional(outputPath) }),
      fc.record({ stdout: optional(target), stderr: optional(target) }),
    ),
    writing: fc.constantFrom('append', 'truncate', undefined),
    env: fc.dictionary(variableName, text, { maxKeys: 3 }),
    envFile: fc.boolean(),
    limits: fc.dictionary(fc.constantFrom('core', 'nofile', 'stack', 'nproc', 'as'), limit, { maxKeys: 3 }),
    nice: optional(fc.integer({ min: -20, max: 19 })),
    ionice: optional(keyOf(IO_PRIORITIES)),
    sched: optional(keyOf(POLICIES)),
    oom: optional(fc.integer({ min: -1000, max: 1000 })),
    noNewPrivs: fc.boolean(),
    keep: fc.subarray([...open]),
    ready: fc.subarray([...CONDITIONS, ...MORE_CONDITIONS]),
    line: optional(fc.constantFrom('^listening on', 'a:b', '\\d+$')),
    readyTimeout: optional(keyOf(SECONDS)),
    readyKeep: fc.boolean(),
    readyCa: optional(existing('certificates')),
    foreground: fc.boolean(),
    oknodo: fc.boolean(),
    verbose: fc.boolean(),
    form: fc.constantFrom('--name=value', '--name value', '-n value'),
    directory: fc.constant(directory),
  });
  return any.filter(isPossible);
}

function outputsOf({ outputs }: StartRequest): File[] {
  return 'log' in outputs ? [outputs.log, outputs.log] : [outputs.stdout, outputs.stderr];
}

function conditionsOf(request: StartRequest): string[] {
  // In place there is nobody to wait.
  if (request.foreground) return [];
  const isFile = (output: string | undefined) => output !== undefined && output !== 'inherit';
  const lines = request.line !== undefined && outputsOf(request).some(isFile) ? [`line:${request.line}`] : [];
  // In another root there is no shell.
  return [...request.ready, ...lines].filter(
    (spec) => request.chroot === undefined || !spec.startsWith('cmd:'),
  );
}

/** One file cannot be two of these. */
function isPossible({ pidfile, lock, stdin, outputs }: StartRequest): boolean {
  const given = [pidfile, lock, stdin, ...Object.values(outputs)].filter(
    (file) => file !== undefined && file !== 'inherit',
  );
  return new Set(given).size === given.length;
}

/** Of the environment file. */
export const FROM_FILE = { FROM_FILE: 'a value', SECOND: '2' };

export function words(request: StartRequest): string[] {
  const { outputs, form } = request;
  const value = (name: string, given: unknown): string[] => {
    if (given === undefined) return [];
    const short = START_OPTIONS.find((option) => option.name === name)?.short;
    if (form === '-n value' && short) return [`-${short}`, String(given)];
    return form === '--name value' ? [`--${name}`, String(given)] : [`--${name}=${given}`];
  };
  const flag = (name: string, given: boolean) => (given ? [`--${name}`] : []);
  const { user } = request;
  const together = user && form !== '--name value';
  const conditions = conditionsOf(request);
  const waits = conditions.length > 0;
  return [
    ...['pidfile', 'lock', 'chdir', 'chroot', 'argv0', 'stdin', 'nice', 'ionice', 'sched'].flatMap((name) =>
      value(name, request[name as keyof StartRequest]),
    ),
    ...value('user', together ? `${user.uid}:${user.gid}` : user?.uid),
    ...value('group', together ? undefined : user?.gid),
    ...value('umask', request.umask?.toString(8)),
    ...Object.entries(outputs).flatMap(([name, file]) => value(name, file)),
    ...(request.writing ? [`--${request.writing}`] : []),
    ...Object.entries(request.env).flatMap(([name, given]) => value('env', `${name}=${given}`)),
    ...(request.envFile ? value('env-file', `${request.directory}/environment`) : []),
    ...Object.entries(request.limits).flatMap(([name, { soft, hard }]) =>
      value('limit', `${name}=${soft}${hard === undefined ? '' : `:${hard}`}`),
    ),
    ...value('oom-score-adj', request.oom),
    ...request.keep.flatMap((descriptor) => value('keep-fd', descriptor)),
    ...conditions.flatMap((spec) => value('ready', spec)),
    ...(waits ? value('ready-timeout', request.readyTimeout) : []),
    ...flag('ready-keep', waits && request.readyKeep),
    ...(waits ? value('ready-ca', request.readyCa) : []),
    ...flag('no-new-privs', request.noNewPrivs),
    ...flag('foreground', request.foreground),
    ...flag('oknodo', request.oknodo),
    ...flag('verbose', request.verbose),
    '--clear-env',
    '--dry-run',
    '--json',
    '--',
    ...request.command,
  ];
}

function stdioOf(request: StartRequest): object[] {
  const truncate = request.writing === 'truncate';
  return [request.stdin, ...outputsOf(request)].map((given, number) => {
    const wanted = given ?? (request.foreground ? 'inherit' : undefined);
    if (wanted === undefined) return { kind: 'null' };
    if (wanted === 'inherit') return { kind: 'inherit', descriptor: number };
    if (number === 2 && 'log' in request.outputs) return { kind: 'same', as: 1 };
    return { kind: 'file', path: wanted, truncate: truncate && number > 0 };
  });
}

function environmentOf({ user, chdir = '/', env, envFile }: StartRequest): string[] {
  const all = { ...(user && { HOME: '/' }), PWD: chdir, ...(envFile && FROM_FILE), ...env };
  return Object.entries(all)
    .map(([name, value]) => `${name}=${value}`)
    .sort();
}

export function expectPlan(plan: Record<string, unknown>, request: StartRequest): void {
  const { command, argv0, user, ionice, sched, readyTimeout } = request;
  const [stdin, stdout, stderr] = stdioOf(request);
  const conditions = conditionsOf(request);
  const [policy, priority] = sched === undefined ? [] : POLICIES[sched];
  const { nice, limits, candidates, ...rest } = plan;
  expect(rest).toEqual({
    command: [argv0 ?? command[0], ...command.slice(1)],
    chdir: request.chdir ?? '/',
    chroot: request.chroot,
    umask: (request.umask ?? 0o022).toString(8).padStart(3, '0'),
    pidfile: request.pidfile,
    lock: request.lock,
    stdin,
    stdout,
    stderr,
    user: user && { uid: user.uid, gid: user.gid, groups: [user.gid] },
    ionice: ionice && IO_PRIORITIES[ionice],
    sched: sched && { policy, priority },
    oomScoreAdj: request.oom,
    noNewPrivs: request.noNewPrivs,
    keepFds: request.keep,
    foreground: request.foreground,
    ready:
      conditions.length === 0
        ? undefined
        : {
            conditions,
            timeout: readyTimeout === undefined ? 30 : SECONDS[readyTimeout],
            keep: request.readyKeep,
            ca: request.readyCa,
          },
    env: environmentOf(request),
  });
  // JSON has no -0, toEqual has.
  expect((nice as number | undefined) === request.nice).toBe(true);
  expect((candidates as string[]).at(-1)).toContain(command[0]);
  for (const [name, { soft, hard }] of Object.entries(request.limits))
    expect((limits as Record<string, unknown>)[name]).toEqual({
      soft: AMOUNTS[soft],
      ...(hard !== undefined && { hard: AMOUNTS[hard] }),
    });
}
