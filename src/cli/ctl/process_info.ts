/** What a supervisor says of its processes, checked: it may be another's, and another version. */
import { RpcFault } from '../../control/client/failures';
import { FAULTS } from '../../control/faults';
import { splitName } from '../../control/names';
import type { RpcValue } from '../../control/values';
import { invalid } from '../../errors';
import { STATES, STOPPED_STATES } from '../../supervisor/states';
import type { Session } from './session';

/** getProcessInfo, and with tdaemon more: getProcessStatus. */
export interface ProcessInfo {
  name: string;
  group: string;
  state: number;
  statename: string;
  description: string;
  pid: number;
  start: number;
  stop: number;
  now: number;
  spawnerr: string;
  exitstatus: number;
  stdout_logfile: string;
  stderr_logfile: string;
  // Of tdaemon alone.
  restarts?: number;
  waitingFor?: string[];
  cpuSeconds?: number;
  residentBytes?: number;
  openFiles?: number;
  openFilesSoftLimit?: number;
}

const STOPPED = new Set<number>([...STOPPED_STATES].map((state) => STATES[state]));

export const isStopped = ({ state }: ProcessInfo) => STOPPED.has(state);

const TEXTS = ['name', 'group', 'statename', 'description', 'spawnerr'] as const;
const NUMBERS = ['state', 'pid', 'start', 'now'] as const;

/** @throws TdaemonError (`invalid`) */
export function infoOf(value: RpcValue): ProcessInfo {
  const info = (value ?? {}) as Record<string, unknown>;
  for (const key of TEXTS) if (typeof info[key] !== 'string') throw invalid(`a process without '${key}'`);
  for (const key of NUMBERS) if (typeof info[key] !== 'number') throw invalid(`a process without '${key}'`);
  return info as unknown as ProcessInfo;
}

function infosOf(value: RpcValue): ProcessInfo[] {
  if (!Array.isArray(value)) throw invalid('no list of processes');
  return value.map(infoOf);
}

export async function allInfos(session: Session): Promise<ProcessInfo[]> {
  return infosOf(await session.call('supervisor.getAllProcessInfo'));
}

/** With all that tdaemon knows of them: it looks at each now. */
export async function allStatuses(session: Session): Promise<ProcessInfo[]> {
  const ours = await session.callOurs('tdaemon.getAllProcessStatus');
  return ours === undefined ? allInfos(session) : infosOf(ours);
}

/** @returns undefined where there is none of that name */
export async function infoNamed(session: Session, name: string): Promise<ProcessInfo | undefined> {
  try {
    return infoOf(await session.call('supervisor.getProcessInfo', name));
  } catch (error) {
    if (error instanceof RpcFault && error.code === FAULTS.BAD_NAME) return undefined;
    throw error;
  }
}

/** Those that names mean, in their order, also twice. @param unknown is told of a name that means none */
export function matching(
  infos: readonly ProcessInfo[],
  names: readonly string[],
  unknown: (name: string, group: string | undefined) => void,
): ProcessInfo[] {
  if (names.length === 0 || names.includes('all')) return [...infos];
  return names.flatMap((name) => {
    const { group, process } = splitName(name);
    const found = infos.filter(
      (info) => info.group === group && (process === undefined || info.name === process),
    );
    if (found.length === 0) unknown(name, process === undefined ? group : undefined);
    return found;
  });
}
