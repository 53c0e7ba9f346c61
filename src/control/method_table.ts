/** All methods by their full names, and what calls them: a look-up in a table, nothing else. */
import { setImmediate } from 'node:timers/promises';
import { TdaemonError } from '../errors';
import { Fault } from './faults';
import { INFO_METHODS } from './info_methods';
import { INPUT_METHODS } from './input_methods';
import { LOG_METHODS } from './log_methods';
import { type Call, type Method, method } from './method';
import { PROGRAM_METHODS } from './program_methods';
import { START_METHODS } from './start_methods';
import { STOP_METHODS } from './stop_methods';
import { SUPERVISOR_METHODS } from './supervisor_methods';
import type { RpcStruct, RpcValue } from './values';

const SUPERVISOR = {
  ...INFO_METHODS,
  ...SUPERVISOR_METHODS,
  ...START_METHODS,
  ...STOP_METHODS,
  ...LOG_METHODS,
  ...INPUT_METHODS,
};

/** What went wrong, as an answer. @throws what is no answer */
export function faultOf(error: unknown): Fault {
  if (error instanceof Fault) return error;
  if (error instanceof TdaemonError) return new Fault('FAILED', error.message);
  throw error;
}

export class MethodTable {
  readonly #methods = new Map<string, Method>();

  /** @param withSupervisor whether the configuration has [rpcinterface:supervisor] */
  constructor(withSupervisor: boolean) {
    if (withSupervisor) {
      this.#add('supervisor', SUPERVISOR);
      this.#add('tdaemon', PROGRAM_METHODS);
    }
    this.#add('system', this.#system());
  }

  #add(namespace: string, methods: Readonly<Record<string, Method>>): void {
    for (const [name, each] of Object.entries(methods)) this.#methods.set(`${namespace}.${name}`, each);
  }

  /** @throws Fault, or what must not happen */
  call(call: Call, name: string, params: readonly RpcValue[]): RpcValue | Promise<RpcValue> {
    const found = this.#methods.get(name);
    if (!found) throw new Fault('UNKNOWN_METHOD');
    if (call.supervisor.isEnding && !found.always) throw new Fault('SHUTDOWN_STATE');
    return found.call(call, params);
  }

  #named(name: string): Method {
    const found = this.#methods.get(name);
    if (!found) throw new Fault('SIGNATURE_UNSUPPORTED');
    return found;
  }

  #system(): Record<string, Method> {
    return {
      listMethods: method(
        { returns: 'array', takes: [], help: 'The names of all methods.', always: true },
        () => [...this.#methods.keys()].sort(),
      ),
      methodHelp: method(
        { returns: 'string', takes: ['string'], help: 'What a method does.', always: true },
        (_, name) => this.#named(name).help,
      ),
      methodSignature: method(
        {
          returns: 'array',
          takes: ['string'],
          help: 'The type of what a method returns, and those of its parameters.',
          always: true,
        },
        (_, name) => [...this.#named(name).signature],
      ),
      multicall: method(
        {
          returns: 'array',
          takes: ['array'],
          help: 'Calls one method after the other, each {methodName, params}. Returns what each returns, or {faultCode, faultString}.',
          always: true,
        },
        (call, calls) => this.#callAll(call, calls),
      ),
    };
  }

  async #callAll(call: Call, calls: readonly RpcValue[]): Promise<RpcValue[]> {
    const results: RpcValue[] = [];
    for (const each of calls) {
      // Between two of them others have their turn, and it is heard when nobody waits any more.
      await setImmediate();
      if (call.signal.aborted) break;
      try {
        results.push(await this.#callOne(call, each));
      } catch (error) {
        const { code, message } = faultOf(error);
        results.push({ faultCode: code, faultString: message });
      }
    }
    return results;
  }

  #callOne(call: Call, described: RpcValue): RpcValue | Promise<RpcValue> {
    const { methodName, params = [] } = structOf(described);
    if (typeof methodName !== 'string') throw new Fault('INCORRECT_PARAMETERS', 'No methodName');
    if (methodName === 'system.multicall')
      throw new Fault('INCORRECT_PARAMETERS', 'Recursive system.multicall forbidden');
    if (!Array.isArray(params)) throw new Fault('INCORRECT_PARAMETERS');
    return this.call(call, methodName, params);
  }
}

function structOf(value: RpcValue): RpcStruct {
  const isStruct =
    value !== null &&
    typeof value === 'object' &&
    !Array.isArray(value) &&
    !(value instanceof Date) &&
    !(value instanceof Uint8Array);
  if (!isStruct) throw new Fault('INCORRECT_PARAMETERS', 'No methodName');
  return value;
}
