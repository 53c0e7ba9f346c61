/** A fault of XML-RPC, for somebody who reads it on a page. */
import type { Supervisor } from '../../supervisor/supervisor';
import { FAULTS, Fault, type FaultName } from '../faults';
import { findProcess } from '../names';

const WORDS: Partial<Record<FaultName, string>> = {
  UNKNOWN_METHOD: 'the configuration has no [rpcinterface:supervisor]',
  SHUTDOWN_STATE: 'the supervisor is shutting down',
  BAD_NAME: 'there is no such program any more',
  ALREADY_STARTED: 'it is running already',
  NOT_RUNNING: 'it is not running',
  STILL_RUNNING: 'something of it is still running',
  NO_FILE: 'there is no such file',
};

/** Why it did not come up: it knows best itself. */
function whyNot(supervisor: Supervisor, name: string): string | undefined {
  try {
    const { spawnError, state } = findProcess(supervisor, name);
    return spawnError || (state === 'STOPPED' ? 'it was stopped meanwhile' : `it is ${state}`);
  } catch (error) {
    if (error instanceof Fault) return undefined;
    throw error;
  }
}

/** @param name of the process, as it is shown */
export function failureWords(fault: Fault, supervisor: Supervisor, name: string): string {
  const [kind] = Object.entries(FAULTS).find(([, code]) => code === fault.code) ?? [];
  const detail = fault.message.replace(/^[A-Z_]+(?:: )?/, '');
  if (kind === 'SPAWN_ERROR' || kind === 'ABNORMAL_TERMINATION')
    return whyNot(supervisor, name) ?? 'it did not come up';
  if (kind === 'NO_FILE' && detail.includes(' ')) return detail;
  return WORDS[kind as FaultName] ?? (detail || fault.message);
}
