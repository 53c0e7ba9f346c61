/** What a method of XML-RPC can answer instead of a value: supervisord's numbers and words. */

export const FAULTS = {
  UNKNOWN_METHOD: 1,
  INCORRECT_PARAMETERS: 2,
  BAD_ARGUMENTS: 3,
  SIGNATURE_UNSUPPORTED: 4,
  SHUTDOWN_STATE: 6,
  BAD_NAME: 10,
  BAD_SIGNAL: 11,
  NO_FILE: 20,
  NOT_EXECUTABLE: 21,
  FAILED: 30,
  ABNORMAL_TERMINATION: 40,
  SPAWN_ERROR: 50,
  ALREADY_STARTED: 60,
  NOT_RUNNING: 70,
  SUCCESS: 80,
  ALREADY_ADDED: 90,
  STILL_RUNNING: 91,
  CANT_REREAD: 92,
} as const;

export type FaultName = keyof typeof FAULTS;

/** An answer: it never leaves src/control as an error. */
export class Fault extends Error {
  override readonly name = 'Fault';
  readonly code: number;

  /** @param detail follows the name of the fault */
  constructor(fault: FaultName, detail?: string) {
    super(detail === undefined ? fault : `${fault}: ${detail}`);
    this.code = FAULTS[fault];
  }
}
