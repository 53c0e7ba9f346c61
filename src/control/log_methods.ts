/** Log files: of the supervisor, and of processes. */
import { existsSync } from 'node:fs';
import { TdaemonError } from '../errors';
import type { ChannelName } from '../supervisor/channels';
import type { SupervisedProcess } from '../supervisor/supervised_process';
import { batch } from './batch';
import { Fault } from './faults';
import { readLog, tailLog } from './log_reading';
import { type Methods, method } from './method';
import { allByPriority, findProcess } from './names';

const readMain = method(
  { returns: 'string', takes: ['int', 'int'], help: "Reads the supervisor's own log: offset, length." },
  ({ supervisor }, offset, length) => readLog(supervisor.log.file, offset, length),
);

const readOf = (channel: ChannelName) =>
  method(
    {
      returns: 'string',
      takes: ['string', 'int', 'int'],
      help: `Reads the log of a process's ${channel}: name, offset (negative: from the end), length (0: all).`,
    },
    ({ supervisor }, name, offset, length) =>
      readLog(findProcess(supervisor, name).channels.logFile(channel), offset, length),
  );

const tailOf = (channel: ChannelName) =>
  method(
    {
      returns: 'array',
      takes: ['string', 'int', 'int'],
      help: `Follows the log of a process's ${channel}: name, offset, length. Returns [text, size of the log, whether more had been written].`,
    },
    ({ supervisor }, name, offset, length) =>
      tailLog(findProcess(supervisor, name).channels.logFile(channel), offset, length),
  );

async function clear(process: SupervisedProcess, name: string): Promise<boolean> {
  try {
    await process.channels.clear();
    return true;
  } catch (error) {
    if (error instanceof TdaemonError) throw new Fault('FAILED', name);
    throw error;
  }
}

const clearOf = method(
  { returns: 'boolean', takes: ['string'], help: 'Empties the logs of a process.' },
  ({ supervisor }, name) => clear(findProcess(supervisor, name), name),
);

const readStdout = readOf('stdout');
const tailStdout = tailOf('stdout');

export const LOG_METHODS: Methods = {
  readLog: readMain,
  readMainLog: readMain,
  clearLog: method(
    { returns: 'boolean', takes: [], help: "Empties the supervisor's own log." },
    async ({ supervisor: { log } }) => {
      if (log.file === undefined || !existsSync(log.file)) throw new Fault('NO_FILE');
      await log.clear().catch(() => {
        throw new Fault('FAILED');
      });
      log.say('info', 'reopening log file');
      return true;
    },
  ),
  readProcessStdoutLog: readStdout,
  readProcessLog: readStdout,
  readProcessStderrLog: readOf('stderr'),
  tailProcessStdoutLog: tailStdout,
  tailProcessLog: tailStdout,
  tailProcessStderrLog: tailOf('stderr'),
  clearProcessLogs: clearOf,
  clearProcessLog: clearOf,
  clearAllProcessLogs: method(
    { returns: 'array', takes: [], help: 'Empties the logs of all processes.' },
    ({ supervisor }) =>
      batch(
        allByPriority(supervisor),
        () => true,
        (process) => clear(process, process.fullName),
      ),
  ),
};
