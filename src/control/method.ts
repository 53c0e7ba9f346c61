/** What a method of XML-RPC is: what it takes and returns, and what it does. */
import type { Supervisor } from '../supervisor/supervisor';
import { Fault } from './faults';
import type { RpcValue } from './values';

/** What methods act on. */
export interface ControlHost {
  readonly supervisor: Supervisor;
  /** Of the process that the pidfile names. */
  pid(): number;
  /** Of tdaemon's own processes; 0: there is none just now. */
  pids(): { supervisor: number; keeper: number; logger: number };
  shutdown(): void;
  restart(): void;
  /** Another supervisor process takes over. Resolves if it cannot, with its wait status; if it can, this process ends. */
  handover(): Promise<string>;
}

/** One call of a client. */
export interface Call {
  readonly host: ControlHost;
  readonly supervisor: Supervisor;
  /** Aborted when nobody waits for the answer any more. */
  readonly signal: AbortSignal;
}

function text(value: RpcValue): string {
  if (typeof value === 'string') return value;
  if (value instanceof Uint8Array) return Buffer.from(value).toString();
  throw new Fault('INCORRECT_PARAMETERS');
}

function integer(value: RpcValue): number {
  const number = typeof value === 'string' && /^\s*[+-]?\d{1,15}\s*$/.test(value) ? Number(value) : value;
  if (typeof number !== 'number' && typeof number !== 'boolean') throw new Fault('INCORRECT_PARAMETERS');
  return Math.trunc(Number(number));
}

/** What a client may give for a parameter: as much as supervisord, which is written in Python, takes. */
const READERS = {
  string: text,
  int: integer,
  boolean: (value: RpcValue): boolean => Boolean(value),
  /** A name or a number. */
  signal: (value: RpcValue): string => (typeof value === 'number' ? String(value) : text(value)),
  bytes(value: RpcValue): Uint8Array {
    return value instanceof Uint8Array ? value : Buffer.from(text(value));
  },
  array(value: RpcValue): RpcValue[] {
    if (Array.isArray(value)) return value;
    throw new Fault('INCORRECT_PARAMETERS');
  },
} as const;

export type ParameterType = keyof typeof READERS;
type Read<Type extends ParameterType> = ReturnType<(typeof READERS)[Type]>;

/** As methodSignature tells them. */
const SHOWN: Record<ParameterType, string> = {
  string: 'string',
  int: 'int',
  boolean: 'boolean',
  signal: 'string',
  bytes: 'string',
  array: 'array',
};

export interface Method {
  /** The type of what it returns, then those of the parameters. */
  readonly signature: readonly string[];
  readonly help: string;
  /** Also while all is being shut down. */
  readonly always: boolean;
  /** @throws Fault */
  call(call: Call, params: readonly RpcValue[]): RpcValue | Promise<RpcValue>;
}

interface Description<Types extends readonly ParameterType[]> {
  returns: 'string' | 'int' | 'boolean' | 'array' | 'struct';
  takes: Types;
  /** Values of the last parameters where they are not given. */
  defaults?: readonly RpcValue[];
  help: string;
  always?: boolean;
}

/** A row of the table of methods. */
export function method<const Types extends readonly ParameterType[]>(
  { returns, takes, defaults = [], help, always = false }: Description<Types>,
  act: (call: Call, ...params: { [At in keyof Types]: Read<Types[At]> }) => RpcValue | Promise<RpcValue>,
): Method {
  const required = takes.length - defaults.length;
  return {
    signature: [returns, ...takes.map((type) => SHOWN[type])],
    help,
    always,
    call(call, params) {
      if (params.length < required || params.length > takes.length) throw new Fault('INCORRECT_PARAMETERS');
      const given = [...params, ...defaults.slice(params.length - required)];
      const read = takes.map((type, at) => READERS[type](given[at] ?? null));
      return act(call, ...(read as { [At in keyof Types]: Read<Types[At]> }));
    },
  };
}

export type Methods = Readonly<Record<string, Method>>;
