/** startProcess and its like. */
import { statSync } from 'node:fs';
import { TdaemonError } from '../errors';
import { type Bytes, toBuffer, toText } from '../process/bytes';
import { planProgram } from '../supervisor/program_plan';
import { RUNNING_STATES } from '../supervisor/states';
import { SupervisedProcess } from '../supervisor/supervised_process';
import { batch } from './batch';
import { Fault } from './faults';
import { type Call, type Methods, method } from './method';
import { allByPriority, byPriority, findGroup, findNamed, shownName } from './names';
import { whenever } from './waiting';

const isNotRunning = ({ state }: SupervisedProcess) => !RUNNING_STATES.has(state);

function candidatesOf(call: Call, { config, group }: SupervisedProcess): readonly Bytes[] {
  try {
    const plan = config.plan ?? planProgram(config, group, call.supervisor.surroundings, []);
    return plan.spawn.candidates;
  } catch (error) {
    if (!(error instanceof TdaemonError)) throw error;
    // The start will say it.
    return [];
  }
}

/** What would fail later fails at once. @throws Fault */
function checkCommand(call: Call, process: SupervisedProcess): void {
  const candidates = candidatesOf(call, process);
  if (candidates.length === 0) return;
  const [command = ''] = process.config.command;
  for (const candidate of candidates) {
    const found = statSync(toBuffer(candidate), { throwIfNoEntry: false });
    if (!found) continue;
    const name = command.includes('/') ? command : toText(candidate);
    if (found.isDirectory()) throw new Fault('NOT_EXECUTABLE', `command at '${name}' is a directory`);
    if ((found.mode & 0o111) === 0)
      throw new Fault('NOT_EXECUTABLE', `command at '${name}' is not executable`);
    return;
  }
  throw new Fault('NO_FILE', `can't find command '${command}'`);
}

function startOne(call: Call, process: SupervisedProcess, wait: boolean, name = shownName(process)) {
  checkCommand(call, process);
  if (RUNNING_STATES.has(process.state)) throw new Fault('ALREADY_STARTED', name);
  if (process.state === 'UNKNOWN') throw new Fault('FAILED', `${name} is in an unknown process state`);
  call.supervisor.dependencies.start(process);
  const look = () => {
    const { state, waitingFor } = process;
    if (state === 'RUNNING') return true;
    if (state === 'STARTING' || waitingFor.length > 0) return wait ? undefined : true;
    throw new Fault(process.spawnError === '' ? 'ABNORMAL_TERMINATION' : 'SPAWN_ERROR', name);
  };
  return whenever(process, look, call.signal);
}

const startMany = (call: Call, processes: readonly SupervisedProcess[], wait: boolean) =>
  batch(processes, isNotRunning, (process) => startOne(call, process, wait));

export const START_METHODS: Methods = {
  startProcess: method(
    {
      returns: 'boolean',
      takes: ['string', 'boolean'],
      defaults: [true],
      help: 'Starts a process, or all of a group (`group:*`). With wait, answers when it is up.',
    },
    (call, name, wait) => {
      const named = findNamed(call.supervisor, name);
      if (named instanceof SupervisedProcess) return startOne(call, named, wait, name);
      return startMany(call, byPriority(named), wait);
    },
  ),
  startProcessGroup: method(
    {
      returns: 'array',
      takes: ['string', 'boolean'],
      defaults: [true],
      help: 'Starts all processes of a group. With wait, answers when they are up.',
    },
    (call, name, wait) => startMany(call, byPriority(findGroup(call.supervisor, name)), wait),
  ),
  startAllProcesses: method(
    {
      returns: 'array',
      takes: ['boolean'],
      defaults: [true],
      help: 'Starts all processes. With wait, answers when they are up.',
    },
    (call, wait) => startMany(call, allByPriority(call.supervisor), wait),
  ),
};
