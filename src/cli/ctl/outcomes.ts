/** What start, stop, restart, signal and clear say of each process, in supervisorctl's words, and the status that it makes. */
import { RpcFault } from '../../control/client/failures';
import { FAULTS } from '../../control/faults';
import { shownName, splitName } from '../../control/names';
import type { RpcValue } from '../../control/values';
import { invalid } from '../../errors';
import { oneLine } from '../output';
import { type Session, STATUS } from './session';

export interface Outcome {
  group: string;
  name: string;
  /** A fault's number, or SUCCESS. */
  status: number;
  description: string;
}

/** One action on processes. */
export interface Deed {
  /** As it is asked for: start, stop, … */
  action: string;
  /** `a: started` */
  done: string;
  /** In brackets after ERROR, by the number of the fault. */
  words: Readonly<Record<number, string>>;
  /** A fault that is no failure: what was wanted is so already. */
  harmless?: number;
  /** The description of this one is all that is said. */
  inFull?: number;
}

const DEAD = new Set<number>([FAULTS.SPAWN_ERROR, FAULTS.ABNORMAL_TERMINATION, FAULTS.NOT_RUNNING]);

export function outcomesOf(value: RpcValue): Outcome[] {
  if (!Array.isArray(value)) throw invalid('no list of outcomes');
  return value.map((each) => {
    const { group, name, status, description } = (each ?? {}) as Record<string, unknown>;
    if (typeof group !== 'string' || typeof name !== 'string' || typeof status !== 'number')
      throw invalid('an outcome of no process');
    return { group, name, status, description: typeof description === 'string' ? description : '' };
  });
}

export function outcomeOf(name: string, fault: RpcFault | undefined): Outcome {
  const { group, process = '*' } = splitName(name);
  const { code = FAULTS.SUCCESS, message = 'OK' } = fault ?? {};
  return { group, name: process, status: code, description: message };
}

function words(deed: Deed, { status, description, ...named }: Outcome): string {
  const name = shownName(named);
  if (status === FAULTS.SUCCESS) return `${name}: ${deed.done}`;
  if (status === deed.inFull) return description;
  // supervisorctl has no word for it, and fails.
  return `${name}: ERROR (${deed.words[status] ?? (description || `fault ${status}`)})`;
}

export function tellOutcome(session: Session, deed: Deed, outcome: Outcome): void {
  const { status, description } = outcome;
  const ok = status === FAULTS.SUCCESS;
  session.tell(oneLine(words(deed, outcome)), {
    action: deed.action,
    name: shownName(outcome),
    ok,
    ...(!ok && { fault: status, message: description }),
  });
  if (ok || status === deed.harmless) return;
  session.exitStatus = DEAD.has(status) ? STATUS.notRunning : STATUS.generic;
}

/** @returns the fault, or nothing. @throws what is no fault */
export async function faultOf(call: Promise<RpcValue>): Promise<RpcFault | undefined> {
  try {
    await call;
    return undefined;
  } catch (error) {
    if (error instanceof RpcFault) return error;
    throw error;
  }
}
