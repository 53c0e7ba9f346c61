/** One action on many processes: all at once, and how it went with each, in the order in which they were done. */
import { TdaemonError } from '../errors';
import type { SupervisedProcess } from '../supervisor/supervised_process';
import { FAULTS, Fault } from './faults';
import type { RpcStruct, RpcValue } from './values';

async function outcome(
  act: () => RpcValue | Promise<RpcValue>,
): Promise<{ status: number; description: string }> {
  try {
    await act();
    return { status: FAULTS.SUCCESS, description: 'OK' };
  } catch (error) {
    if (error instanceof Fault) return { status: error.code, description: error.message };
    if (error instanceof TdaemonError)
      return { status: FAULTS.FAILED, description: `FAILED: ${error.message}` };
    throw error;
  }
}

/** @param applies whether it concerns a process */
export async function batch(
  processes: readonly SupervisedProcess[],
  applies: (process: SupervisedProcess) => boolean,
  act: (process: SupervisedProcess) => RpcValue | Promise<RpcValue>,
): Promise<RpcStruct[]> {
  // In their order, whoever is done first: supervisord too looks at them in turn.
  return Promise.all(
    processes.filter(applies).map(async (process) => {
      const { name, group } = process;
      return { name, group, ...(await outcome(() => act(process))) };
    }),
  );
}
