/** What clients say to processes: by their standard input, and by events. */
import { Fault } from './faults';
import { type Methods, method } from './method';
import { findProcess } from './names';
import { writeToStdin } from './stdin_writer';

export const INPUT_METHODS: Methods = {
  sendProcessStdin: method(
    { returns: 'boolean', takes: ['string', 'bytes'], help: 'Writes to the standard input of a process.' },
    ({ supervisor }, name, bytes) => {
      const process = findProcess(supervisor, name);
      if (process.pid === 0 || process.state === 'STOPPING') throw new Fault('NOT_RUNNING', name);
      writeToStdin(process, bytes, name);
      return true;
    },
  ),
  sendRemoteCommEvent: method(
    {
      returns: 'boolean',
      takes: ['string', 'string'],
      help: 'Sends a REMOTE_COMMUNICATION event to the event listeners: type, data.',
      always: true,
    },
    ({ supervisor }, type, data) => {
      supervisor.emit('remote-communication', type, data);
      return true;
    },
  ),
};
