/** A process as the web page's table shows it. */
import { canRoll } from '../../supervisor/rolling_restart';
import type { SupervisedProcess } from '../../supervisor/supervised_process';
import type { Supervisor } from '../../supervisor/supervisor';
import type { ProgramRow } from './messages';

const CHANNELS = ['stdout', 'stderr'] as const;
/** Of a command that is shown. */
const LONGEST = 1000;

export function rowOf(process: SupervisedProcess, supervisor: Supervisor): ProgramRow {
  const { config, channels } = process;
  return {
    key: process.fullName,
    group: process.group,
    name: process.name,
    kind: config.kind,
    state: process.state,
    waitingFor: process.waitingFor,
    pid: process.pid,
    pidBeside: supervisor.pidBeside(process),
    startedAt: process.startedAt,
    stoppedAt: process.stoppedAt,
    exitStatus: process.exitStatus ?? null,
    error: process.spawnError,
    restarts: process.restarts,
    rolls: canRoll(process),
    logs: CHANNELS.filter((channel) => channels.logFile(channel) !== undefined),
    command: config.commandText.slice(0, LONGEST),
  };
}
