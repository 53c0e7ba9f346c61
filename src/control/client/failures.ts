/** How a call to a supervisor can fail. Who shows it decides on the words and the status. */
import { invalid } from '../../errors';
import type { RpcValue } from '../values';

/** It has answered that it does not do it. */
export class RpcFault extends Error {
  override readonly name = 'RpcFault';
  readonly code: number;

  constructor(code: number, text: string) {
    super(text);
    this.code = code;
  }

  /** @param value what came in the place of a result */
  static of(value: RpcValue): RpcFault {
    const { faultCode, faultString } = (value ?? {}) as { faultCode?: unknown; faultString?: unknown };
    if (typeof faultCode !== 'number' || typeof faultString !== 'string')
      throw invalid('a fault without its number');
    return new RpcFault(faultCode, faultString);
  }
}

/** Its server has answered with something else than 200. */
export class HttpFailure extends Error {
  override readonly name = 'HttpFailure';
  readonly status: number;

  constructor(status: number, reason: string) {
    super(`${status} ${reason}`);
    this.status = status;
  }
}

/** Nobody is there, or nobody any more. */
export class ConnectionFailure extends Error {
  override readonly name = 'ConnectionFailure';
  /** ENOENT, ECONNREFUSED, ECONNRESET, … */
  readonly code: string;

  constructor(cause: NodeJS.ErrnoException) {
    super(cause.message, { cause });
    this.code = cause.code ?? '';
  }
}
