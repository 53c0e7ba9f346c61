/** The supervisor itself: its end, and its configuration. */
import { TdaemonError } from '../errors';
import { Fault } from './faults';
import { type Methods, method } from './method';
import { findGroup } from './names';

/** @throws Fault (CANT_REREAD) */
function reading<Result>(read: () => Result): Result {
  try {
    return read();
  } catch (error) {
    if (error instanceof TdaemonError) throw new Fault('CANT_REREAD', error.message);
    throw error;
  }
}

export const SUPERVISOR_METHODS: Methods = {
  shutdown: method({ returns: 'boolean', takes: [], help: 'Stops all, and ends.' }, ({ host }) => {
    host.shutdown();
    return true;
  }),
  restart: method(
    { returns: 'boolean', takes: [], help: 'Stops all, reads the configuration, and starts anew.' },
    ({ host, supervisor }) => {
      // Better a word now than a supervisor that does not come back.
      reading(() => supervisor.readConfig());
      host.restart();
      return true;
    },
  ),
  reloadConfig: method(
    {
      returns: 'array',
      takes: [],
      help: 'Reads the configuration. Returns [[added, changed, removed]], the names of groups; nothing is started or stopped.',
    },
    ({ supervisor }) => {
      const { added, changed, removed } = reading(() => supervisor.reread());
      return [[added, changed, removed]];
    },
  ),
  addProcessGroup: method(
    { returns: 'boolean', takes: ['string'], help: 'Takes a group of the configuration into use.' },
    async ({ supervisor }, name) => {
      if (!supervisor.config.groups.some((group) => group.name === name)) throw new Fault('BAD_NAME', name);
      if (!(await supervisor.addGroup(name))) throw new Fault('ALREADY_ADDED', name);
      return true;
    },
  ),
  removeProcessGroup: method(
    { returns: 'boolean', takes: ['string'], help: 'Takes a stopped group out of use.' },
    async ({ supervisor }, name) => {
      findGroup(supervisor, name);
      if (!(await supervisor.removeGroup(name))) throw new Fault('STILL_RUNNING', name);
      return true;
    },
  ),
};
