/** What is there, and how it stands. */
import { configInfoOf } from './config_info';
import { type Methods, method } from './method';
import { allByName, findProcess } from './names';
import { infoOf } from './process_info';

/** Of the interface, not of the program. */
const API_VERSION = '3.0';
/** The supervisord that this interface is the one of: clients decide by it what they may ask for. */
const SUPERVISOR_VERSION = '4.2.5';

const STATE_CODES = { RUNNING: 1, RESTARTING: 0, SHUTDOWN: -1 } as const;

const apiVersion = method(
  { returns: 'string', takes: [], help: 'The version of this interface.' },
  () => API_VERSION,
);

export const INFO_METHODS: Methods = {
  getAPIVersion: apiVersion,
  getVersion: apiVersion,
  getSupervisorVersion: method(
    { returns: 'string', takes: [], help: 'The version of supervisord whose interface this is.' },
    () => SUPERVISOR_VERSION,
  ),
  getIdentification: method(
    { returns: 'string', takes: [], help: 'The identifier of the supervisor, as configured.' },
    ({ supervisor }) => supervisor.config.supervisord.identifier,
  ),
  getState: method(
    { returns: 'struct', takes: [], help: 'The state of the supervisor: statecode and statename.' },
    ({ supervisor }) => ({ statecode: STATE_CODES[supervisor.state], statename: supervisor.state }),
  ),
  getPID: method(
    { returns: 'int', takes: [], help: 'The process that the pidfile names, which takes signals.' },
    ({ host }) => host.pid(),
  ),
  getProcessInfo: method(
    { returns: 'struct', takes: ['string'], help: 'How one process stands.' },
    ({ supervisor }, name) => infoOf(findProcess(supervisor, name)),
  ),
  getAllProcessInfo: method(
    { returns: 'array', takes: [], help: 'How all processes stand, by group and name.' },
    ({ supervisor }) => {
      const now = Date.now();
      return allByName(supervisor).map((process) => infoOf(process, now));
    },
  ),
  getAllConfigInfo: method(
    { returns: 'array', takes: [], help: 'What the configuration says of each process, by name.' },
    ({ supervisor }) =>
      supervisor.config.groups
        .flatMap((group) => {
          const inuse = supervisor.group(group.name) !== undefined;
          return group.processes.map((config) => configInfoOf(group, config, inuse));
        })
        .sort((one, other) => (one.name < other.name ? -1 : one.name > other.name ? 1 : 0)),
  ),
};
