/** stopProcess, signalProcess and their like. */
import { TdaemonError } from '../errors';
import { signalNumber } from '../process/signals';
import { RUNNING_STATES, SIGNALLABLE_STATES, STOPPED_STATES } from '../supervisor/states';
import { SupervisedProcess } from '../supervisor/supervised_process';
import { batch } from './batch';
import { Fault } from './faults';
import { type Call, type Methods, method } from './method';
import { allByPriority, byPriority, findGroup, findNamed, shownName } from './names';
import { whenever } from './waiting';

/** Also one that waits for others before it is started. */
const canBeStopped = ({ state, waitingFor }: SupervisedProcess) =>
  RUNNING_STATES.has(state) || waitingFor.length > 0;
const canBeSignalled = ({ state }: SupervisedProcess) => SIGNALLABLE_STATES.has(state);

function stopOne(call: Call, process: SupervisedProcess, wait: boolean, name = shownName(process)) {
  if (!canBeStopped(process)) throw new Fault('NOT_RUNNING', name);
  call.supervisor.dependencies.forget(process);
  process.stop();
  if (!wait) return true;
  return whenever(process, () => STOPPED_STATES.has(process.state) || undefined, call.signal);
}

const stopMany = (call: Call, processes: readonly SupervisedProcess[], wait: boolean) =>
  batch(processes, canBeStopped, (process) => stopOne(call, process, wait));

/** @throws Fault (BAD_SIGNAL) */
function signalOf(text: string): number {
  try {
    return signalNumber(text.trim());
  } catch {
    throw new Fault('BAD_SIGNAL', text);
  }
}

function signalOne(process: SupervisedProcess, text: string, name = shownName(process)): boolean {
  const signal = signalOf(text);
  if (!canBeSignalled(process)) throw new Fault('NOT_RUNNING', name);
  try {
    // One that has just ended got it too late: nobody could have known.
    process.signal(signal);
    return true;
  } catch (error) {
    if (error instanceof TdaemonError) throw new Fault('FAILED', error.message);
    throw error;
  }
}

const signalMany = (processes: readonly SupervisedProcess[], signal: string) =>
  batch(processes, canBeSignalled, (process) => signalOne(process, signal));

export const STOP_METHODS: Methods = {
  stopProcess: method(
    {
      returns: 'boolean',
      takes: ['string', 'boolean'],
      defaults: [true],
      help: 'Stops a process, or all of a group (`group:*`). With wait, answers when it has ended.',
    },
    (call, name, wait) => {
      const named = findNamed(call.supervisor, name);
      if (named instanceof SupervisedProcess) return stopOne(call, named, wait, name);
      return stopMany(call, byPriority(named), wait);
    },
  ),
  stopProcessGroup: method(
    {
      returns: 'array',
      takes: ['string', 'boolean'],
      defaults: [true],
      help: 'Stops all processes of a group. With wait, answers when they have ended.',
    },
    (call, name, wait) => stopMany(call, byPriority(findGroup(call.supervisor, name)), wait),
  ),
  stopAllProcesses: method(
    {
      returns: 'array',
      takes: ['boolean'],
      defaults: [true],
      help: 'Stops all processes. With wait, answers when they have ended.',
    },
    (call, wait) => stopMany(call, allByPriority(call.supervisor), wait),
  ),
  signalProcess: method(
    {
      returns: 'boolean',
      takes: ['string', 'signal'],
      help: 'Sends a signal, by name or number, to a process or to all of a group (`group:*`).',
    },
    ({ supervisor }, name, signal) => {
      const named = findNamed(supervisor, name);
      if (named instanceof SupervisedProcess) return signalOne(named, signal, name);
      return signalMany(byPriority(named), signal);
    },
  ),
  signalProcessGroup: method(
    { returns: 'array', takes: ['string', 'signal'], help: 'Sends a signal to all processes of a group.' },
    ({ supervisor }, name, signal) => signalMany(byPriority(findGroup(supervisor, name)), signal),
  ),
  signalAllProcesses: method(
    { returns: 'array', takes: ['signal'], help: 'Sends a signal to all processes.' },
    ({ supervisor }, signal) => signalMany(allByPriority(supervisor), signal),
  ),
};
