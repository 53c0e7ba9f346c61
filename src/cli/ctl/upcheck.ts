/** Whether there is a supervisor that we can speak with: supervisorctl asks first, and has a word and a status for each answer. */
import { ConnectionFailure, RpcFault } from '../../control/client/failures';
import { FAULTS } from '../../control/faults';
import { oneLine } from '../output';
import { type Session, STATUS } from './session';

const API_VERSION = '3.0';

/** @returns false: it has been said why not. @throws what is no such answer; the status is set */
export async function upcheck(session: Session): Promise<boolean> {
  try {
    const api = await session.call('supervisor.getVersion');
    if (api === API_VERSION) return true;
    session.refuse(
      `Sorry, this version of supervisorctl expects to talk to a server with API version ${API_VERSION}, but the remote version is ${oneLine(String(api))}.`,
      STATUS.notInstalled,
    );
  } catch (error) {
    session.exitStatus = STATUS.generic;
    if (error instanceof RpcFault && error.code === FAULTS.UNKNOWN_METHOD)
      session.refuse(
        'Sorry, supervisord responded but did not recognize the supervisor namespace commands that supervisorctl uses to control it.  Please check that the [rpcinterface:supervisor] section is enabled in the configuration file (see sample.conf).',
        STATUS.unimplemented,
      );
    else if (error instanceof ConnectionFailure && error.code === 'ECONNREFUSED')
      session.refuse(`${session.url} refused connection`, STATUS.insufficientPrivileges);
    else if (error instanceof ConnectionFailure && error.code === 'ENOENT')
      session.refuse(`${session.url} no such file`, STATUS.notRunning);
    else throw error;
  }
  return false;
}
