/**
 * What supervisord has no word for, in a namespace of our own: `tdaemon.*`. A client that gets UNKNOWN_METHOD for it speaks to a
 * supervisord.
 */
import { version } from '../../package.json';
import { vitalsOf } from '../process/vitals';
import { SupervisedProcess } from '../supervisor/supervised_process';
import type { Supervisor } from '../supervisor/supervisor';
import { FAULTS, Fault } from './faults';
import { type Methods, method } from './method';
import { inSlices } from './metrics/slices';
import { allByName, allByPriority, byPriority, findNamed } from './names';
import { infoOf } from './process_info';
import type { RpcStruct, RpcValue } from './values';

/** XML-RPC has no infinity. */
const UNLIMITED = -1;

const limit = (value: number) => (Number.isFinite(value) ? value : UNLIMITED);

/** What may not be seen, or is nothing's, is not there. */
function known(facts: Record<string, RpcValue | undefined>): RpcStruct {
  const entries = Object.entries(facts).filter((pair): pair is [string, RpcValue] => pair[1] !== undefined);
  return Object.fromEntries(entries);
}

/** Samples it: `pid` is a process that we hold. */
function vitals(pid: number): RpcStruct {
  if (pid === 0) return {};
  const { openFilesLimit, ...rest } = vitalsOf(pid);
  return known({
    ...rest,
    openFilesSoftLimit: openFilesLimit && limit(openFilesLimit.soft),
    openFilesHardLimit: openFilesLimit && limit(openFilesLimit.hard),
  });
}

/** All that getProcessInfo tells, and what only we know. */
export function statusOf(supervisor: Supervisor, process: SupervisedProcess, now = Date.now()): RpcStruct {
  const { restarts, failures, waitingFor, isAdopted, isolation, pid } = process;
  return {
    ...infoOf(process, now),
    restarts,
    failures,
    waitingFor: [...waitingFor],
    adopted: isAdopted,
    isolation,
    pidBeside: supervisor.pidBeside(process),
    ...vitals(pid),
  };
}

/** Looking at a thousand takes longer than anybody may wait to be started again. */
async function statusesOf(
  supervisor: Supervisor,
  processes: readonly SupervisedProcess[],
): Promise<RpcStruct[]> {
  const statuses: RpcStruct[] = [];
  await inSlices(processes, (process) => statuses.push(statusOf(supervisor, process)));
  return statuses;
}

function named(supervisor: Supervisor, names: readonly RpcValue[]): SupervisedProcess[] {
  if (names.includes('all')) return allByPriority(supervisor);
  const found = names.flatMap((name) => {
    if (typeof name !== 'string') throw new Fault('INCORRECT_PARAMETERS');
    const process = findNamed(supervisor, name);
    return process instanceof SupervisedProcess ? process : byPriority(process);
  });
  return [...new Set(found)];
}

export const PROGRAM_METHODS: Methods = {
  getVersion: method({ returns: 'string', takes: [], help: 'The version of tdaemon.' }, () => version),
  getSupervisorInfo: method(
    {
      returns: 'struct',
      takes: [],
      help: 'The supervisor: version, pid, keeperPid, identification, statename.',
      always: true,
    },
    ({ host, supervisor }) => ({
      version,
      pid: process.pid,
      keeperPid: host.pid(),
      identification: supervisor.config.supervisord.identifier,
      statename: supervisor.state,
    }),
  ),
  getAllProcessStatus: method(
    {
      returns: 'array',
      takes: [],
      help: 'getAllProcessInfo, and of each restarts, failures, waitingFor, adopted, isolation, pidBeside, cpuSeconds, residentBytes, threads, openFiles, openFilesSoftLimit, openFilesHardLimit (-1: unlimited). What cannot be seen is absent.',
    },
    ({ supervisor }) => statusesOf(supervisor, allByName(supervisor)),
  ),
  getProcessStatus: method(
    {
      returns: 'array',
      takes: ['array'],
      help: 'The same of those that are named; `group:*` is all of a group.',
    },
    ({ supervisor }, names) => statusesOf(supervisor, named(supervisor, names)),
  ),
  rollingRestart: method(
    {
      returns: 'array',
      takes: ['array'],
      help: 'Puts another process in the place of each, one after the other, nobody who connects being refused. Returns of each name, group, status, description, and the pid that it has now.',
    },
    async ({ supervisor }, names) => {
      const processes = named(supervisor, names);
      const results = await supervisor.rollingRestart(processes);
      return results.map(({ pid, error }, at) => {
        const { name = '', group = '' } = processes[at] ?? {};
        const status = error === undefined ? FAULTS.SUCCESS : FAULTS.FAILED;
        return { name, group, status, description: error ?? 'OK', pid };
      });
    },
  ),
  handover: method(
    {
      returns: 'boolean',
      takes: ['boolean'],
      defaults: [true],
      help: 'Another supervisor process, of the version that is installed now, takes over all programs as they run. With wait, who gets an answer has learnt that it failed: the connection ends with this process.',
    },
    async ({ host }, wait) => {
      const failure = host.handover();
      if (!wait) return true;
      throw new Fault('FAILED', `the new supervisor ended (wait status ${await failure})`);
    },
  ),
};
